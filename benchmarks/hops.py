"""USSD hops: a purchase dialogue of four, every hop durable before it is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from benchmarks.dialogues import PURCHASE, Dialogues, everybody_known
from benchmarks.measure import Case, Goal, Row, interleave, rows
from benchmarks.npm import Absent, menu_builder
from benchmarks.process import Child, Peer

_BARE = "bare aiohttp, the same form POST, nothing behind"
_NPM = "npm ussd-menu-builder on Express, sessions in memory"
_DURABLE = "hop of a purchase dialogue, durable; charging withheld"
_TIMES = 2.0
"""The bare form POST."""


async def run(folder: Path, rounds: int, scale: float) -> list[Row]:
    """Dialogues of people known before, 64 at once, beside a form POST with nothing behind it and another's menu."""
    count = int(500 * scale)
    async with (
        Peer("ocs") as ocs,
        Peer("smsc") as smsc,
        Peer("http") as bare,
        Peer("rows", database=str(folder / "rows.db")) as floor,
        Peer("gateway", database=str(folder / "dry.db"), ocs=ocs.told["url"], smsc=smsc.told["port"], dry=True) as dry,
        Peer("gateway", database=str(folder / "full.db"), ocs=ocs.told["url"], smsc=smsc.told["port"]) as full,
        AsyncExitStack() as stack,
    ):
        others, without = await _others(stack)
        cases: dict[str, tuple[Child, Sequence[str]]] = {
            _BARE: (bare, PURCHASE),
            **{name: (peer, PURCHASE) for name, peer in others.items()},
            "the same form POST, and one turn's row committed": (floor, PURCHASE),
            "hop that buys nothing, durable": (dry, PURCHASE[:-1]),
            _DURABLE: (dry, PURCHASE),
            "the same, charged over TM Forum while the person waits": (full, PURCHASE),
        }
        for peer in (dry, full, *others.values()):
            await everybody_known(peer)
        timed = {name: _case(*case, count) for name, case in cases.items()}
        await interleave(timed, 1)  # what compiles as it runs has compiled
        measured = rows(await interleave(timed, rounds), {})
    return [_held(row, measured, without) if row.name == _DURABLE else row for row in measured]


async def _others(stack: AsyncExitStack) -> tuple[Mapping[str, Child], str]:
    """The menu that others wrote, or why it is left out."""
    try:
        return {_NPM: await stack.enter_async_context(menu_builder())}, ""
    except Absent as absent:
        return {}, f"no row of ussd-menu-builder: {absent}"


def _case(peer: Child, texts: Sequence[str], count: int) -> Case:
    dialogues = Dialogues(peer, texts, f"b{len(texts)}")
    return lambda: dialogues.at_once(count)


def _held(row: Row, measured: Sequence[Row], without: str) -> Row:
    """The row with what it is held against: processor time of the others in the same run."""
    figures = {one.name: one.cpu_us for one in measured}
    goals = [Goal(row.cpu_us, figures[_BARE] * _TIMES, f"{_TIMES:.0f} × bare")]
    if _NPM in figures:
        goals.append(Goal(row.cpu_us, figures[_NPM], "npm"))
    return replace(row, note=without, goals=tuple(goals))
