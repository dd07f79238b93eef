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


async def run(folder: Path, rounds: int, scale: float) -> list[Row]:
    """Every event is a new subscriber's, its wallet is asked for, and the alert carries an offer."""
    events, count = itertools.count(573_000_000_000), int(1000 * scale)
    database = folder / "triggers.db"
    written = 0

    async with (
        Peer("ocs") as ocs,
        Peer("smsc") as smsc,
        Peer("http") as bare,
        Peer("gateway", database=str(database), ocs=ocs.told["url"], smsc=smsc.told["port"]) as gateway,
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

        async def singly() -> Sample:
            requests = [load.request(json.dumps(_event(next(events))).encode(), _ONE) for _ in range(count)]
            return await through_the_gateway(requests, 64)

        async def in_batches() -> Sample:
            batches = [[_event(next(events)) for _ in range(_BATCH)] for _ in range(count // _BATCH)]
            return await through_the_gateway([load.request(json.dumps(one).encode(), _MANY) for one in batches], 4)

        cases = {
            "bare aiohttp, the same POST, nothing behind": nothing_behind,
            "trigger → text with offer queued, one a request, 64 in flight": singly,
            "the same, 100 a request": in_batches,
        }
        await singly()  # warm
        names = list(cases)
        return rows(await interleave(cases, rounds), {names[1]: 1000.0, names[2]: 1000.0})


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
