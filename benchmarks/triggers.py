"""From an event of the charging system to an alert in the outbox."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import load
from benchmarks.database import until_rows
from benchmarks.measure import Row, Sample, Stopwatch, interleave, rows
from benchmarks.process import Peer

_ALERTS = "SELECT count(*) FROM outbox WHERE kind = 'sms'"
_ONE, _MANY = "application/cloudevents+json", "application/cloudevents-batch+json"
_BATCH = 100
_SHORT, _LONG = 0.05, 60.0
"""Seconds for which alerts are held: hardly, and longer than it is measured how fast they are acknowledged."""

_MOST = (667.0, 200.0, 667.0, 667.0)
"""µs of processor time: 1,500 a second one by one, 5,000 in batches, 1,500 to the text."""


async def run(folder: Path, rounds: int, scale: float) -> list[Row]:
    """Every event is a new subscriber's, its wallet is asked for, and the alert carries an offer.

    What is only acknowledged goes to a gateway of its own, which holds its alerts until it is stopped.
    """
    events, count = itertools.count(573_000_000_000), int(1000 * scale)
    database, taking = folder / "triggers.db", folder / "taking.db"
    written = 0

    async with (
        Peer("ocs") as ocs,
        Peer("smsc") as smsc,
        Peer("http") as bare,
        Peer("gateway", database=str(database), ocs=ocs.told["url"], smsc=smsc.told["port"], gap=_SHORT) as gateway,
        Peer("gateway", database=str(taking), ocs=ocs.told["url"], smsc=smsc.told["port"], gap=_LONG) as taker,
    ):

        async def nothing_behind() -> Sample:
            requests = [load.request(json.dumps(_event(next(events))).encode(), _ONE) for _ in range(2 * count)]
            watch = Stopwatch(bare)
            await watch.start()
            await load.post(bare.told["port"], requests)
            return await watch.stop(2 * count)

        async def through_the_gateway(requests: Sequence[bytes], connections: int) -> Sample:
            nonlocal written
            written += count
            watch = Stopwatch(gateway)
            await watch.start()
            await load.post(gateway.told["port"], requests, connections)
            await until_rows(database, _ALERTS, written)
            return await watch.stop(count)

        async def acknowledged(requests: Sequence[bytes], number: int, connections: int) -> Sample:
            watch = Stopwatch(taker)
            await watch.start()
            await load.post(taker.told["port"], requests, connections)
            return await watch.stop(number)

        def one_by_one(number: int) -> Sequence[bytes]:
            return [load.request(json.dumps(_event(next(events))).encode(), _ONE) for _ in range(number)]

        async def taken_singly() -> Sample:
            return await acknowledged(one_by_one(2 * count), 2 * count, 64)

        async def taken_in_batches() -> Sample:
            return await acknowledged(by_the_hundred(list(itertools.islice(events, 4 * count))), 4 * count, 4)

        async def singly() -> Sample:
            return await through_the_gateway(one_by_one(count), 64)

        async def in_batches() -> Sample:
            return await through_the_gateway(by_the_hundred(list(itertools.islice(events, count))), 4)

        cases = {
            "bare aiohttp, the same POST, nothing behind": nothing_behind,
            "trigger durably accepted, one a request, 64 in flight": taken_singly,
            "the same, 100 a request": taken_in_batches,
            "trigger → text with offer queued, one a request, 64 in flight": singly,
            "trigger → text, 100 a request": in_batches,
        }
        for case in (taken_singly, taken_in_batches, singly):
            await case()  # warm
        names = list(cases)
        return rows(await interleave(cases, rounds), dict(zip(names[1:], _MOST, strict=True)))


def by_the_hundred(numbers: Sequence[int]) -> Sequence[bytes]:
    """Requests of a hundred events each, one of each of these subscribers."""
    batches = [numbers[first : first + _BATCH] for first in range(0, len(numbers), _BATCH)]
    return [load.request(json.dumps(list(map(_event, one))).encode(), _MANY) for one in batches]


def _event(number: int) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": f"e-{number}",
        "source": "ocs/bench",
        "type": "bundle.depleting",
        "time": datetime.now(UTC).isoformat(),
        "subject": f"+{number}",
        "data": {
            "bundle": {"id": f"b-{number}", "unit": "byte", "initial": 1_073_741_824, "remaining": 96_636_764},
            "threshold": 0.1,
        },
    }
