"""One step of a menu: the compiled table beside the machine it was compiled from."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

from benchmarks.measure import Goal, Row
from menus import routes
from menus.loader import load_menu
from menus.machine import build
from menus.table import compile_menu
from menus.values import Moved, Place, Vocabulary

_SIZES = (5, 50, 500)
_TARGET_US = 10.0
_WORDS = Vocabulary(facts={}, commands={}, languages=("en",))
_HEAD = """\
menu: bench
start: p0
unavailable: sorry
navigation: {back: {en: Back}, home: {en: Home}, more: {en: More}}
texts: {wrong: {en: Not a choice.}, goodbye: {en: Good-bye.}}
pages:
  sorry: {text: {en: Not now.}}
"""


async def run(folder: Path, rounds: int, scale: float) -> list[Row]:
    """µs of processor time a hop; the baseline is one shared instance of python-statemachine, 5 pages."""
    times = int(20_000 * scale)
    cases: dict[str, tuple[Callable[[int], None], int]] = {}
    for size in _SIZES:
        menu = load_menu(_menu(size), "bench.yaml", _WORDS)
        machine, table = build(menu)(), compile_menu(menu)

        def follow(n: int, follow: Callable[[str, str], str] = machine.follow) -> None:
            page = "p0"
            for _ in range(n):
                page = follow(page, routes.option_event("1"))

        def step(n: int, table_step: Callable[[Place, str], object] = table.step, start: Place = table.start) -> None:
            place = start
            for _ in range(n):
                found = table_step(place, "1")
                assert isinstance(found, Moved)
                place = found.place if len(found.place.trail) < 8 else start

        cases[f"python-statemachine, shared instance, {size} pages"] = (follow, times // 20)
        cases[f"table, {size} pages"] = (step, times)
    return _rows(_measured(cases, rounds))


def _menu(size: int) -> str:
    """``size`` pages in a ring, each with a shortcut seven pages on."""
    pages = "".join(
        f"  p{at}: {{text: {{en: Page {at}}}, options: [{{text: {{en: Next}}, goto: p{(at + 1) % size}}},"
        f" {{text: {{en: Far}}, goto: {'sorry' if at == 0 else f'p{(at + 7) % size}'}}}]}}\n"
        for at in range(size)
    )
    return _HEAD + pages


def _measured(cases: Mapping[str, tuple[Callable[[int], None], int]], rounds: int) -> Mapping[str, tuple[float, float]]:
    """Median µs of processor time, and of wall clock time, of one operation; the cases take turns."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, (call, times) in cases.items():
            cpu, wall = time.process_time(), time.perf_counter()
            call(times)
            spent = time.process_time() - cpu, time.perf_counter() - wall
            taken[name].append((spent[0] / times * 1e6, spent[1] / times * 1e6))
    return {name: (median(cpu for cpu, _ in found), median(wall for _, wall in found)) for name, found in taken.items()}


def _rows(measured: Mapping[str, tuple[float, float]]) -> list[Row]:
    baseline = next(iter(measured.values()))[0]
    return [
        Row(name, cpu, 1e6 / wall, cpu / baseline, goals=(Goal(cpu, _TARGET_US),) if name.startswith("table") else ())
        for name, (cpu, wall) in measured.items()
    ]
