"""Texts out, with their receipts, and texts in: with the store, and the bare bind beside it."""

from __future__ import annotations

import itertools
from pathlib import Path

from benchmarks.database import fill_outbox, until_rows
from benchmarks.measure import Row, Sample, Stopwatch, interleave, rows
from benchmarks.process import Peer

_DELIVERED = "SELECT count(*) FROM outbox WHERE state = 'delivered'"
_PROCESSED = "SELECT count(*) FROM inbox WHERE processed_at IS NOT NULL"
_SOON = {"reconnect_max": 0.1}
_TEXT = "Te quedan 92 MB de tu paquete. Responde 1 y compra 1 GB por $5.000; 0 si no quieres."


async def run_out(folder: Path, rounds: int, scale: float) -> list[Row]:
    """From texts that wait in the outbox to all of them delivered: claim, submit, part, receipt, each stored."""
    numbers, count = itertools.count(573_000_000_000, 100_000), int(5000 * scale)

    async with (
        Peer("ocs") as ocs,
        Peer("smsc") as bare_smsc,
        Peer("smsc") as smsc,
        Peer("esme", smsc=bare_smsc.told["port"]) as bare,
    ):
        await bare_smsc.do("accept")

        async def bare_bind() -> Sample:
            watch = Stopwatch(bare)
            await watch.start()
            await bare.do("send", first=next(numbers), count=count, text=_TEXT)
            return await watch.stop(count)

        async def gateway() -> Sample:
            first = next(numbers)
            database = folder / f"texts-{first}.db"
            await fill_outbox(database, first, count, _TEXT)
            settings = {"database": str(database), "ocs": ocs.told["url"], "smsc": smsc.told["port"], **_SOON}
            async with Peer("gateway", **settings) as running:
                watch = Stopwatch(running)
                await watch.start()
                await smsc.do("accept")
                await until_rows(database, _DELIVERED, count)
                sample = await watch.stop(count)
                await smsc.do("refuse")
            return sample

        cases = {
            "bare SMPP client, submit and receipt, nothing stored": bare_bind,
            "MT queued → delivered, every step stored": gateway,
        }
        return rows(await interleave(cases, rounds), {list(cases)[1]: 200.0})


async def run_in(folder: Path, rounds: int, scale: float) -> list[Row]:
    """Texts that nobody waits for, each from a new subscriber: inbox, subscription, meaning, help queued."""
    numbers, count = itertools.count(574_000_000_000, 100_000), int(2000 * scale)
    database = folder / "replies.db"
    texts = processed = 0

    async with Peer("ocs") as ocs, Peer("smsc") as bare_smsc, Peer("smsc") as smsc:
        settings = {
            "database": str(database),
            "ocs": ocs.told["url"],
            "smsc": smsc.told["port"],
            "bind": "receiver",
            **_SOON,
        }
        async with Peer("esme", smsc=bare_smsc.told["port"]) as bare, Peer("gateway", **settings) as gateway:
            await bare_smsc.do("accept")
            await smsc.do("accept")

            async def bare_bind() -> Sample:
                nonlocal texts
                texts += count
                watch = Stopwatch(bare)
                await watch.start()
                await bare_smsc.do("deliver", first=next(numbers), count=count, text="1")
                await bare.do("await_texts", count=texts)
                return await watch.stop(count)

            async def with_gateway() -> Sample:
                nonlocal processed
                processed += count
                watch = Stopwatch(gateway)
                await watch.start()
                await smsc.do("deliver", first=next(numbers), count=count, text="1")
                await until_rows(database, _PROCESSED, processed)
                return await watch.stop(count)

            cases = {
                "bare SMPP client, deliver_sm, nothing stored": bare_bind,
                "MO deliver_sm → processed, answer queued": with_gateway,
            }
            await with_gateway()  # warm
            return rows(await interleave(cases, rounds), {})
