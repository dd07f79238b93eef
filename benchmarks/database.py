"""Looking into the gateway's database from outside, and filling one before the gateway starts."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

from flows.effects import SendSms
from flows.values import Msisdn, Purpose, SubscriptionId
from store import sms_rows, subscriptions
from store.engine import open_engine, upgrade
from store.prepared import Statements
from store.writer import Writer

_POLL = 0.02
_POLL_EACH = 1e-6
"""A count takes the longer the more there are."""
_LONGEST_WAIT = 60.0


async def until_rows(path: Path, query: str, wanted: int) -> None:
    """Wait until ``query`` counts ``wanted`` rows. Raises TimeoutError when a minute brings none."""
    pause, loop, before = max(_POLL, wanted * _POLL_EACH), asyncio.get_running_loop(), 0
    with closing(sqlite3.connect(path)) as connection:
        async with asyncio.timeout(_LONGEST_WAIT) as limit:
            while (found := connection.execute(query).fetchone()[0]) < wanted:
                if found > before:
                    before = found
                    limit.reschedule(loop.time() + _LONGEST_WAIT)
                await asyncio.sleep(pause)


async def fill_outbox(path: Path, first: int, count: int, text: str) -> None:
    """A database with ``count`` texts that wait, each to a number of its own."""
    engine = open_engine(f"sqlite+aiosqlite:///{path}", path.parent)
    await upgrade(engine)
    statements = Statements(engine.dialect)
    await engine.dispose()
    ops = (sms_rows.put(sms_rows.sms_row(effect)) for effect in _texts(first, count, text))
    op = next(ops)
    prepared = statements.one(op.statement, op.values)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(prepared.sql, (prepared.row(one.values) for one in chain((op,), ops)))


async def fill_people(path: Path, first: int, count: int) -> None:
    """A database that knows ``count`` people, who have said nothing yet."""
    engine = open_engine(f"sqlite+aiosqlite:///{path}", path.parent)
    await upgrade(engine)
    writer, at = Writer(engine), datetime.now(UTC)
    writer.start()
    people = (subscriptions.begin(Msisdn(str(msisdn)), "es", at) for msisdn in range(first, first + count))
    await writer.commit_all(subscriptions.create(one, at) for one in people)
    await writer.stop()
    await engine.dispose()


def _texts(first: int, count: int, text: str) -> Iterator[SendSms]:
    at = datetime.now(UTC)
    for msisdn in range(first, first + count):
        yield SendSms(
            key=f"bench:{msisdn}",
            subscription=SubscriptionId(f"s{msisdn}"),
            msisdn=Msisdn(str(msisdn)),
            source="12345",
            text=text,
            purpose=Purpose.ALERT,
            at=at,
            expires_at=at + timedelta(hours=1),
        )
