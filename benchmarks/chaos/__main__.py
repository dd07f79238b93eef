"""python -m benchmarks.chaos: drops, throttles, duplicates, restarts and kills; then each message is accounted for.

Ends with 1, and the ids, if a rule does not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.chaos.run import Outcome, run


def main(arguments: Sequence[str]) -> int:
    """Run once and tell."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="texts out and in together (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="what goes wrong when (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=400, help="triggers a second (default: %(default)s)")
    parser.add_argument("--every", type=float, default=2.5, help="seconds between troubles (default: %(default)s)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave database, journals and logs there")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="chasqui-chaos-") as folder:
        kept: Path = options.keep or Path(folder)
        kept.mkdir(parents=True, exist_ok=True)
        print(f"seed {options.seed}, about {options.count:,} messages", flush=True)
        outcome = asyncio.run(run(kept, options.seed, options.count, options.rate, options.every))
    print(table(outcome))
    return 1 if outcome.findings else 0


def table(outcome: Outcome) -> str:
    """Counts, troubles and findings as text."""
    both = {**outcome.counts, **{f"× {name}": times for name, times in outcome.troubles.items()}}
    width = max(map(len, both))
    lines = [f"{name:<{width}}  {number:>9,}" for name, number in both.items()]
    verdict = [f"NOT SO: {finding}" for finding in outcome.findings] or ["each message is accounted for"]
    return "\n".join([*lines, *verdict])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
