"""Looking into the gateway's database from outside, and filling one before the gateway starts."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flows.effects import SendSms
from flows.values import Msisdn, Purpose, SubscriptionId
from store import outbox
from store.engine import open_engine, upgrade
from store.unit import Unit
from store.writer import Writer

_POLL = 0.02
_LONGEST_WAIT = 60.0


async def until_rows(path: Path, query: str, wanted: int) -> None:
    """Wait until ``query`` counts ``wanted`` rows. Raises TimeoutError."""
    with closing(sqlite3.connect(path)) as connection:
        async with asyncio.timeout(_LONGEST_WAIT):
            while connection.execute(query).fetchone()[0] < wanted:  # noqa: ASYNC110 - the writer is another process
                await asyncio.sleep(_POLL)


async def fill_outbox(path: Path, first: int, count: int, text: str) -> None:
    """A database with ``count`` texts that wait, each to a number of its own."""
    engine = open_engine(f"sqlite+aiosqlite:///{path}", path.parent)
    await upgrade(engine)
    writer = Writer(engine)
    writer.start()
    at = datetime.now(UTC)
    effects = (
        SendSms(
            key=f"bench:{msisdn}",
            subscription=SubscriptionId(f"s{msisdn}"),
            msisdn=Msisdn(str(msisdn)),
            source="12345",
            text=text,
            purpose=Purpose.ALERT,
            at=at,
            expires_at=at + timedelta(hours=1),
        )
        for msisdn in range(first, first + count)
    )
    await writer.commit_all(Unit(ops=(outbox.put_sms(outbox.sms_row(effect)),)) for effect in effects)
    await writer.stop()
    await engine.dispose()
