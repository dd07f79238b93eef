"""One run: traffic and troubles side by side, quiet until all is done, then the audit."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.chaos import books
from benchmarks.chaos.audit import Finding, Owners, audit, copies, owned
from benchmarks.chaos.books import Books
from benchmarks.chaos.plan import KILL, KILL_SMSC, RESTART, SMSCS, USUAL, Trouble, plan
from benchmarks.chaos.town import Town, until
from benchmarks.chaos.traffic import Traffic

_LONGEST_DRAIN = 600.0
_LAST_RECEIPTS = 3.0
"""Seconds without one: no more will come."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """counts: the table, by what is counted. findings: the rules that did not hold."""

    counts: Mapping[str, int]
    troubles: Mapping[str, int]
    findings: Sequence[Finding]


async def run(folder: Path, seed: int, count: int, per_second: float, every: float) -> Outcome:
    """per_second: triggers; every: seconds between troubles.

    Raises TimeoutError if the gateway does not come to rest within ten minutes after the last trouble.
    """
    triggers, replies = count * 6 // 10, count * 2 // 10
    troubles = plan(seed, triggers / per_second, every)
    began = time.monotonic()
    async with Town(folder) as town:
        for smsc in SMSCS:
            await town.put_faults(smsc, {**USUAL, "seed": seed})
        traffic = Traffic(town, Random(seed), triggers, replies, per_second)
        await asyncio.gather(traffic.run(), _trouble(town, troubles))
        for smsc in SMSCS:
            await town.put_faults(smsc, USUAL)
        await _rest(town)
        acknowledged, charges = traffic.acknowledged, await town.charges()
        starts = {"gateway": town.gateway.starts, **{name: one.starts for name, one in town.smscs.items()}}
    found = books.read(town.database, town.journals, charges, frozenset(acknowledged.triggers), acknowledged.replies)
    counts = {**_counts(found, owned(found)), **{f"starts of {name}": n for name, n in starts.items()}}
    counts["seconds"] = int(time.monotonic() - began)
    return Outcome(counts, Counter(one.name for one in troubles), audit(found))


async def _trouble(town: Town, troubles: Sequence[Trouble]) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    for trouble in troubles:
        await asyncio.sleep(began + trouble.at - loop.time())
        await _cause(town, trouble)


async def _cause(town: Town, trouble: Trouble) -> None:
    if trouble.name in (KILL, RESTART):
        await town.gateway.end(signal.SIGKILL if trouble.name == KILL else signal.SIGTERM)
        await town.gateway.start()
    elif trouble.name == KILL_SMSC:
        await town.smscs[trouble.smsc].end(signal.SIGKILL)
        await asyncio.sleep(trouble.lasts)
        await town.smscs[trouble.smsc].start()
        await town.put_faults(trouble.smsc, {**USUAL, "seed": trouble.faults["seed"]})
    else:
        await town.put_faults(trouble.smsc, trouble.faults)
        await asyncio.sleep(trouble.lasts)
        await town.put_faults(trouble.smsc, {**USUAL, "seed": trouble.faults["seed"]})


async def _rest(town: Town) -> None:
    """Until nothing is open, and no receipt comes any more."""

    async def nothing_open() -> bool:
        return not books.left_open(town.database)

    awaiting, since = -1, 0.0

    async def no_receipts() -> bool:
        nonlocal awaiting, since
        now, left = time.monotonic(), books.awaiting_receipt(town.database)
        if left != awaiting:
            awaiting, since = left, now
        return now - since >= _LAST_RECEIPTS

    await until(nothing_open, _LONGEST_DRAIN, "texts, entries or orders stay open")
    await until(no_receipts, _LONGEST_DRAIN, "receipts go on and on")
    await until(nothing_open, _LONGEST_DRAIN, "texts, entries or orders stay open")


def _counts(found: Books, owners: Owners) -> Mapping[str, int]:
    states = Counter(text.state for text in found.texts)
    outcomes = Counter(entry.outcome for entry in found.inbox if entry.kind == "mo")
    return {
        "triggers acknowledged": len(found.triggers),
        "replies acknowledged": sum(found.replies.values()),
        "replies in the inbox": sum(outcomes.values()),
        "  of them the same again": outcomes["repeated"],
        "texts": len(found.texts),
        **{f"  {state}": states[state] for state in sorted(states)},
        "  repeated, and marked so": sum(text.repeats > 0 for text in found.texts),
        "accepted by SMSCs": len(found.submits),
        "phones that got a text twice": sum(copies(owners.get(text.id, ())) > 1 for text in found.texts),
        "charges": len(found.charges),
    }
