"""A hundred thousand live sessions: what one weighs, and how long a hop takes beside them at seventy percent load."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from benchmarks import load
from benchmarks.dialogues import AT_ONCE, PEOPLE, PURCHASE, Dialogues, everybody_known, hop
from benchmarks.evenly import cpu_us, even_row, row_of
from benchmarks.measure import Goal, Row, Sample, Stopwatch
from benchmarks.process import Peer

_LIVE = 100_000
_LOAD, _PROBE = 0.7, 0.5
"""Of one core; and of what it takes at once, where the cost of a hop that comes evenly is measured."""
_SECONDS = 6.0
_MOST_P99_MS, _MOST_BYTES = 50.0, 2_048.0
_KEPT = 24 * 3600
"""Seconds: no session ends while it is measured."""


async def run(folder: Path, rounds: int, scale: float) -> list[Row]:
    """Each session is another person's, on its second screen; then purchase dialogues of a thousand others.

    A quick run has fewer sessions, says so, and is held against no target.
    """
    live, seconds = int(_LIVE * scale), _SECONDS * scale
    async with (
        Peer("ocs") as ocs,
        Peer("smsc") as smsc,
        Peer(
            "gateway",
            database=str(folder / "live.db"),
            ocs=ocs.told["url"],
            smsc=smsc.told["port"],
            dry=True,
            idle_seconds=_KEPT,
        ) as peer,
    ):
        await everybody_known(peer)
        dialogues = Dialogues(peer, PURCHASE, "d")
        few = await dialogues.at_once(int(1_000 * scale))
        opened, each, opening = await _opened(peer, live)
        probe, _ = await dialogues.evenly(_PROBE * few.operations / few.seconds, lambda: asyncio.sleep(seconds))
        rate = _LOAD * probe.operations / probe.cpu
        await peer.do("pauses")
        measured = [await dialogues.evenly(rate, lambda: asyncio.sleep(seconds)) for _ in range(rounds)]
        pauses = _told(await peer.do("pauses"))
    base = cpu_us(few)
    weight = Goal(each, _MOST_BYTES, "bytes a live session")
    found = [
        Row("hops of purchase dialogues, 64 at once", base, few.operations / few.seconds, 1.0),
        row_of(f"{live:,} sessions opened, two hops each", opened, base, f"{each:,.0f} bytes each; {opening}", weight),
        even_row(f"hops that come evenly, {live:,} live sessions", measured, base, _MOST_P99_MS, pauses),
    ]
    return [_without_verdict(row, live) for row in found] if scale < 1 else found


def _without_verdict(row: Row, live: int) -> Row:
    """Of a run that is too short and too small to hold its figures against anything."""
    if not row.goals:
        return row
    return replace(row, goals=(), note=f"{row.note}; quick: {live:,} sessions instead of {_LIVE:,}, no verdict")


async def _opened(peer: Peer, count: int) -> tuple[Sample, float, str]:
    """So many sessions that stand on their second screen: what it took, bytes of memory each, the pauses meanwhile."""
    before = float((await peer.do("rss"))["rss"])
    await peer.do("pauses")
    watch = Stopwatch(peer)
    await watch.start()
    opening = ([hop(f"l-{number}", PEOPLE + number, text) for text in PURCHASE[:2]] for number in range(count))
    await load.converse(peer.told["port"], opening, AT_ONCE)
    sample = await watch.stop(2 * count)
    each = (float((await peer.do("rss"))["rss"]) - before) / count
    return sample, each, _told(await peer.do("pauses"))


def _told(answer: dict[str, dict[str, tuple[int, float]]]) -> str:
    """The collector's pauses in words."""
    found = [f"{n} × ≤ {s * 1e3:.0f} ms" for n, s in answer["pauses"].values()]
    return f"garbage collector, young to old: {', '.join(found) or 'none'}"
