"""What is counted and read of the audit: once a query, by an index."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from fakes import ANA, ANAS, TUESDAY
from flows.effects import RecordAudit
from flows.records import Subscriber
from flows.values import SubscriptionId
from store import audit, subscriptions
from store.reader import Reader
from store.unit import Unit
from store.writer import Writer

BENS = SubscriptionId("01BEN")


async def report(writer: Writer, number: int, at: datetime = TUESDAY, who: SubscriptionId = ANAS) -> None:
    """A reported problem."""
    detail = {"kind": "other", "reference": f"R{number}"}
    noted = RecordAudit(actor="ussd", action="care.reported", subscription=who, at=at, detail=detail)
    await writer.commit(Unit(ops=(audit.note(noted),)))


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ((ANAS, "care.reported", TUESDAY), 2),
        ((ANAS, "care.reported", TUESDAY - timedelta(days=1)), 3),
        ((ANAS, "care.call_asked", TUESDAY), 0),
        ((BENS, "care.reported", TUESDAY), 0),
    ],
)
async def test_what_somebody_did_is_counted_from_an_instant_on(
    writer: Writer, reader: Reader, asked: tuple[SubscriptionId, str, datetime], count: int
) -> None:
    """Theirs alone, of this kind alone, that instant included."""
    for number, at in enumerate((TUESDAY - timedelta(seconds=1), TUESDAY, TUESDAY + timedelta(hours=1))):
        await report(writer, number, at)
    assert await audit.count_since(reader, *asked) == count


async def test_reports_are_read_oldest_first_page_by_page(writer: Writer, reader: Reader) -> None:
    """With the number of whoever reported, for a call back."""
    await writer.commit(subscriptions.create(Subscriber(ANAS, ANA, "es"), TUESDAY))
    for number in range(3):
        await report(writer, number, TUESDAY + timedelta(minutes=number))
    later = TUESDAY + timedelta(minutes=2, seconds=1)
    first = await audit.reports(reader, 2, None, later)
    rest = await audit.reports(reader, 2, first[-1].id, later)
    assert [one.reference for one in (*first, *rest)] == ["R0", "R1", "R2"]
    assert [one.reference for one in await audit.reports(reader, 9, None, TUESDAY + timedelta(minutes=1))] == ["R0"]
    assert {(one.msisdn, one.subscription, one.kind) for one in first} == {(ANA, ANAS, "other")}


@pytest.mark.parametrize(("query", "index"), [(audit._REPORTS, "audit_reports"), (audit._SINCE, "audit_subscription")])
async def test_an_index_serves_each_query(engine: AsyncEngine, query: object, index: str) -> None:
    """However long the audit grows."""
    written = str(query.compile(dialect=sqlite.dialect()))  # type: ignore[attr-defined]
    async with engine.connect() as connection:
        plan = await connection.execute(text(f"EXPLAIN QUERY PLAN {written.replace('?', ':x')}"), {"x": "1"})
        assert any(index in row.detail for row in plan)
