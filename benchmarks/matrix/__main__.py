"""python -m benchmarks.matrix: every fault at every moment of a purchase, a top-up …, for each adapter.

One charge an order at most, every order settled, whoever bought told once: ends with 1 if it is not so.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.matrix.cells import POSSIBLE, Fault, Moment, cells
from benchmarks.matrix.deeds import CAN, DEEDS
from benchmarks.matrix.run import Outcome, run
from benchmarks.matrix.wires import WIRES

_ALL_WELL = "done once an order at most, all settled, all told once"


def main(arguments: Sequence[str]) -> int:
    """Run once and tell."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.matrix", description=__doc__)
    parser.add_argument("--adapter", choices=list(WIRES), action="append", help="this one alone (may be repeated)")
    parser.add_argument("--repeats", type=int, default=8, help="orders a cell (default: %(default)s)")
    parser.add_argument("--deed", choices=list(DEEDS), action="append", help="this one alone (may be repeated)")
    options = parser.parse_args(arguments)
    broken = False
    chosen = [(kind, deed) for deed in options.deed or DEEDS for kind in options.adapter or CAN[deed]]
    for kind, deed in chosen:
        with tempfile.TemporaryDirectory(prefix="chasqui-matrix-") as folder:
            outcome = asyncio.run(run(Path(folder), WIRES[kind], cells(options.repeats), DEEDS[deed]))
        print(f"{kind}, {deed}: {len(outcome.cases)} orders in {outcome.seconds:.0f} s\n{table(outcome)}\n", flush=True)
        broken = broken or bool(outcome.findings)
    return 1 if broken else 0


def table(outcome: Outcome) -> str:
    """States by cell, and what does not hold."""
    width = max(map(len, Fault))
    lines = [f"{'':<{width}}  " + "  ".join(f"{moment:<22}" for moment in Moment)]
    for fault in Fault:
        row = [_states(outcome, fault, moment) if moment in POSSIBLE[fault] else "" for moment in Moment]
        lines.append(f"{fault:<{width}}  " + "  ".join(f"{one:<22}" for one in row).rstrip())
    verdict = [f"NOT SO: {one}" for one in outcome.findings] or [_ALL_WELL]
    return "\n".join([*lines, *verdict])


def _states(outcome: Outcome, fault: Fault, moment: Moment) -> str:
    found = Counter(
        str(order["state"])
        for case in outcome.cases
        if case.cell.fault is fault and case.cell.moment is moment
        for order in case.orders
    )
    return ", ".join(f"{count} {state}" for state, count in sorted(found.items()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
