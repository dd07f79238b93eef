"""Texts out, with their receipts, and texts in: with the store, the bare bind beside it, and what others run."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks.database import fill_outbox, fill_people, until_rows
from benchmarks.measure import Case, Row, Sample, Stopwatch, interleave, rows
from benchmarks.process import Peer
from benchmarks.rivals import ANSWER, TEXT, compared, noted, rivals

_KNOWN: Final = 576_000_000_000
DELIVERED: Final = "SELECT count(*) FROM parts WHERE state = 'delivered'"
SOON: Final[Mapping[str, Any]] = {"reconnect_max": 0.1}
MOST_US: Final = 125.0
"""8,000 a second on one core."""
_PROCESSED: Final = "SELECT count(*) FROM inbox WHERE processed_at IS NOT NULL"
_BARE_OUT: Final = "bare SMPP client, submit and receipt, nothing stored"
_BARE_IN: Final = "bare SMPP client, deliver_sm, nothing stored"
_OUT: Final = "MT queued → delivered, every step stored"
_TWO: Final = "the same, shared out over two SMSCs"
_IN: Final = "MO deliver_sm → processed, answer queued"
_IN_NEW: Final = "the same, each from a number never seen"


async def run_out(folder: Path, rounds: int, scale: float) -> list[Row]:
    """From texts that wait in the outbox to all of them delivered: claim, submit, part, receipt, each stored."""
    numbers, count = itertools.count(573_000_000_000, 100_000), int(5000 * scale)
    async with (
        Peer("ocs") as ocs,
        Peer("smsc") as bare_smsc,
        Peer("smsc") as first_smsc,
        Peer("smsc") as second_smsc,
        Peer("esme", smsc=bare_smsc.told["port"]) as bare,
        AsyncExitStack() as stack,
    ):
        await bare_smsc.do("accept")
        others, absent = await rivals(stack, folder)

        async def bare_bind() -> Sample:
            watch = Stopwatch(bare)
            await watch.start()
            await bare.do("send", first=next(numbers), count=count, text=TEXT)
            return await watch.stop(count)

        def gateway(*smscs: Peer) -> Case:
            async def send() -> Sample:
                database = folder / f"texts-{next(numbers)}.db"
                await fill_outbox(database, next(numbers), count, TEXT)
                return await delivered(database, ocs, smscs, count)

            return send

        async def other(which: int) -> Sample:
            return await others[which].send(next(numbers), count)

        cases: dict[str, Case] = {
            _BARE_OUT: bare_bind,
            **{one.sends: partial(other, at) for at, one in enumerate(others)},
            _OUT: gateway(first_smsc),
            _TWO: gateway(first_smsc, second_smsc),
        }
        await interleave({one.sends: cases[one.sends] for one in others}, 1)  # what compiles as it runs has compiled
        measured = rows(await interleave(cases, rounds), {_OUT: MOST_US})
    notes = [compared(measured, _OUT, others), absent]
    return noted(measured, _OUT, "; ".join(filter(None, notes)))


async def delivered(database: Path, ocs: Peer, smscs: tuple[Peer, ...], count: int) -> Sample:
    """A gateway on this database until all ``count`` texts in it are delivered."""
    ports = [one.told["port"] for one in smscs]
    async with Peer("gateway", database=str(database), ocs=ocs.told["url"], smsc=ports, **SOON) as running:
        watch = Stopwatch(running)
        await watch.start()
        await asyncio.gather(*(one.do("accept") for one in smscs))
        await until_rows(database, DELIVERED, count)
        sample = await watch.stop(count)
        for one in smscs:
            await one.do("refuse")
    return sample


async def run_in(folder: Path, rounds: int, scale: float) -> list[Row]:
    """Texts that say yes to nothing: inbox, meaning, answer queued; from people who are known, and from new ones."""
    numbers, count = itertools.count(574_000_000_000, 100_000), int(2000 * scale)
    database = folder / "replies.db"
    await fill_people(database, _KNOWN, (rounds + 1) * count)
    known = itertools.count(_KNOWN, count)
    texts = processed = 0
    async with (
        Peer("ocs") as ocs,
        Peer("smsc") as bare_smsc,
        Peer("smsc") as smsc,
        Peer("esme", smsc=bare_smsc.told["port"]) as bare,
        Peer(
            "gateway",
            database=str(database),
            ocs=ocs.told["url"],
            smsc=[smsc.told["port"]],
            bind="receiver",
            **SOON,
        ) as gateway,
        AsyncExitStack() as stack,
    ):
        await bare_smsc.do("accept")
        await smsc.do("accept")
        others, absent = await rivals(stack, folder)

        async def bare_bind() -> Sample:
            nonlocal texts
            texts += count
            watch = Stopwatch(bare)
            await watch.start()
            await bare_smsc.do("deliver", first=next(numbers), count=count, text=ANSWER)
            await bare.do("await_texts", count=texts)
            return await watch.stop(count)

        async def with_gateway(first: Callable[[], int]) -> Sample:
            nonlocal processed
            processed += count
            watch = Stopwatch(gateway)
            await watch.start()
            await smsc.do("deliver", first=first(), count=count, text=ANSWER)
            await until_rows(database, _PROCESSED, processed)
            return await watch.stop(count)

        async def other(which: int) -> Sample:
            return await others[which].receive(next(numbers), count)

        cases: dict[str, Case] = {
            _BARE_IN: bare_bind,
            **{one.receives: partial(other, at) for at, one in enumerate(others)},
            _IN: partial(with_gateway, partial(next, known)),
            _IN_NEW: partial(with_gateway, partial(next, numbers)),
        }
        await interleave({name: case for name, case in cases.items() if name != _BARE_IN}, 1)  # warm
        measured = rows(await interleave(cases, rounds), {_IN: MOST_US})
    notes = [compared(measured, _IN, others), absent]
    return noted(measured, _IN, "; ".join(filter(None, notes)))
