"""Texts that wait by the thousand and by the million: what one costs, and how much memory they take."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.database import fill_outbox, until_rows
from benchmarks.measure import Goal, Row, Sample, Stopwatch
from benchmarks.process import Peer
from benchmarks.rivals import TEXT
from benchmarks.texts import DELIVERED, SOON

MILLION: Final = 1_000_000
_QUEUED: Final = (1_000, 10_000, 100_000)
_ROUNDS: Final = 3
_MOST_TIMES: Final = 1.25
_MOST_GROWN_MB: Final = 100.0
_FIRST: Final = 573_000_000_000
_LOOK: Final = 0.25


@dataclass(frozen=True, slots=True)
class _Drained:
    """waiting, most: MB resident while nobody is bound, and at most until the last is delivered."""

    sample: Sample
    waiting: float
    most: float


async def run(folder: Path, rounds: int, scale: float) -> list[Row]:
    """From 1,000, 10,000 and 100,000 texts in the store to none."""
    return await _run(folder, scale, dict.fromkeys(_QUEUED, min(rounds, _ROUNDS)))


async def run_million(folder: Path, rounds: int, scale: float) -> list[Row]:
    """The same, and once with a million."""
    return await _run(folder, scale, {**dict.fromkeys(_QUEUED, min(rounds, _ROUNDS)), MILLION: 1})


async def _run(folder: Path, scale: float, rounds: Mapping[int, int]) -> list[Row]:
    """rounds: of each number of texts."""
    found: dict[int, list[_Drained]] = {}
    async with Peer("ocs") as ocs, Peer("smsc") as smsc:
        for number in range(max(rounds.values())):
            for queued in (int(queued * scale) for queued, times in rounds.items() if number < times):
                database = folder / f"queued-{queued}-{number}.db"
                await fill_outbox(database, _FIRST, queued, TEXT)
                found.setdefault(queued, []).append(await _drain(database, ocs, smsc, queued))
                database.unlink()  # the gateway has stopped, and with it what SQLite has beside the file
    return _rows(found)


async def _drain(database: Path, ocs: Peer, smsc: Peer, count: int) -> _Drained:
    """A gateway that comes up on this database, is bound, and has delivered all of it."""
    async with Peer("gateway", database=str(database), ocs=ocs.told["url"], smsc=smsc.told["port"], **SOON) as gateway:
        waiting = most = await _megabytes(gateway)
        watch = Stopwatch(gateway)
        await watch.start()
        await smsc.do("accept")
        all_delivered = asyncio.create_task(until_rows(database, DELIVERED, count))
        while not all_delivered.done():
            await asyncio.wait([all_delivered], timeout=_LOOK)
            most = max(most, await _megabytes(gateway))
        await all_delivered
        sample = await watch.stop(count)
        await smsc.do("refuse")
    return _Drained(sample, waiting, most)


async def _megabytes(peer: Peer) -> float:
    return float((await peer.do("rss"))["rss"]) / 1e6


def _rows(found: Mapping[int, Sequence[_Drained]]) -> list[Row]:
    """The first is the baseline of the others."""
    figures = {count: _cpu_us(drained) for count, drained in found.items()}
    least = min(found)
    usual = max(one.most for one in found[least])
    return [
        Row(
            f"{count:,} queued → delivered",
            figures[count],
            median(one.sample.operations / one.sample.seconds for one in drained),
            figures[count] / figures[least],
            f"{drained[0].waiting:,.0f} MB resident as they wait, {max(one.most for one in drained):,.0f} at most",
            ()
            if count == least
            else (
                Goal(figures[count], figures[least] * _MOST_TIMES, f"{_MOST_TIMES} × {least:,} queued"),
                Goal(max(one.most for one in drained), usual + _MOST_GROWN_MB, "memory", "MB"),
            ),
        )
        for count, drained in found.items()
    ]


def _cpu_us(drained: Sequence[_Drained]) -> float:
    return median(one.sample.cpu / one.sample.operations for one in drained) * 1e6
