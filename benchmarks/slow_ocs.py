"""Purchase dialogues with a charging system that takes 300 ms for everything, also while a flood of triggers waits."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import load
from benchmarks.dialogues import PURCHASE, Dialogues, everybody_known
from benchmarks.evenly import cpu_us, even_row, row_of
from benchmarks.measure import Row
from benchmarks.process import Peer
from benchmarks.triggers import by_the_hundred

_SLOW: Mapping[str, Any] = {"delay": 0.3, "balance_delay": 0.3}
_HOPS_A_SECOND = 100.0
_MOST_P99_MS, _MOST_P99_FLOODED_MS = 1_000.0, 1_500.0
_SECONDS = 6.0
_WAITING = 20_000
"""More than are worked on in the time, sixty wallets at once of 300 ms each."""
_FLOODED_FROM = 573_500_000_000
_CONNECTIONS = 4


async def run(folder: Path, rounds: int, scale: float) -> list[Row]:
    """Hops of whole purchases: decision, order, charge and verdict within the last of them."""
    quick = await _hops(folder / "quick.db", rounds, scale, {})
    slow = await _hops(folder / "slow.db", rounds, scale, _SLOW)
    flooded = await _hops(folder / "flooded.db", rounds, scale, _SLOW, waiting=int(_WAITING * scale))
    base = cpu_us(quick[0][0])
    return [
        row_of("hops of purchases, the charging system answers at once", quick[0][0], base, ""),
        even_row("the same, it answers after 300 ms", slow, base, _MOST_P99_MS),
        even_row("the same, while thousands of triggers wait", flooded, base, _MOST_P99_FLOODED_MS),
    ]


async def _hops(database: Path, rounds: int, scale: float, faults: Mapping[str, Any], *, waiting: int = 0) -> list[Any]:
    """waiting: events, each a new subscriber's, that were taken before and are worked on all the while."""
    async with (
        Peer("ocs", faults=dict(faults)) as ocs,
        Peer("smsc") as smsc,
        Peer("gateway", database=str(database), ocs=ocs.told["url"], smsc=smsc.told["port"]) as peer,
    ):
        await everybody_known(peer)
        await load.post(peer.told["port"], by_the_hundred(range(_FLOODED_FROM, _FLOODED_FROM + waiting)), _CONNECTIONS)
        dialogues = Dialogues(peer, PURCHASE, "s")
        return [await dialogues.evenly(_HOPS_A_SECOND, lambda: asyncio.sleep(_SECONDS * scale)) for _ in range(rounds)]
