"""What comes in by SMS is durable before it is acknowledged, and is one thing however often it comes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from fakes import ANA, FakeClock, House
from flows.values import Msisdn
from gateway.core.intake import Intake
from gateway.core.ports import DeliveryReceipt, MobileOriginated, MobilePart
from gateway.core.pump import Pump
from gateway.core.receipts import ReceiptDesk
from gateway.errors import StoreUnavailable
from gateway.smpp.incoming import join
from store import inbox
from store.engine import open_engine
from store.reader import Reader
from store.writer import Writer

TEXT = MobileOriginated("smsc-a", ANA, "12345", "1", id="m-1")
FIRST = MobilePart("smsc-a", ANA, "12345", 7, wide=False, total=3, number=1, data_coding=0, octets=b"one ")
SECOND = replace(FIRST, number=2, octets=b"two ")
THIRD = replace(FIRST, number=3, octets=b"three")


class Queue(Pump[Any]):
    """A pump that only notes what it is given."""

    def __init__(self) -> None:
        self.given: list[Any] = []

    def put(self, item: Any) -> None:
        """See ``Pump``."""
        self.given.append(item)


class Door:
    """An intake, and the queue of texts behind it."""

    def __init__(self, house: House) -> None:
        self.replies = Queue()
        self.intake = Intake(house.context, Queue(), self.replies, ReceiptDesk(house.context), join)


@asynccontextmanager
async def running(house: House) -> AsyncIterator[Door]:
    """A process that has started."""
    door = Door(house)
    await door.intake.recover()
    try:
        yield door
    finally:
        await door.intake.stop()


async def texts(house: House) -> list[str]:
    """What is in the inbox, in no order."""
    return sorted(json.loads(entry.body)["text"] for entry in await inbox.waiting(house.reader))


async def test_a_text_that_its_peer_names_is_taken_in_once(house: House) -> None:
    """A redelivery is acknowledged and does nothing, also much later and after a restart."""
    for _ in range(2):
        async with running(house) as door:
            assert await door.intake.take([TEXT, TEXT]) == [None, None]
    assert await texts(house) == ["1"]


@pytest.mark.parametrize(
    "other",
    [
        replace(TEXT, id="m-2"),
        replace(TEXT, smsc="smsc-b"),
        replace(TEXT, id="m" * 5_000),
        replace(TEXT, id=""),
    ],
)
async def test_another_name_is_another_text(house: House, other: MobileOriginated) -> None:
    """Of the same words even; so is the same name of another SMSC, and every text without a name."""
    async with running(house) as door:
        assert await door.intake.take([TEXT, other]) == [None, None]
        assert await texts(house) == ["1", "1"]
        assert len(door.replies.given) == 2


async def test_texts_parts_and_receipts_that_come_together_are_answered_each(house: House) -> None:
    """In the order in which they came."""
    async with running(house) as door:
        nobody = replace(TEXT, source=Msisdn("PROMO"), id="m-3")
        receipt = DeliveryReceipt("smsc-a", "x1", "delivered")
        assert await door.intake.take([FIRST, receipt, TEXT, THIRD, nobody, SECOND]) == [None] * 6
        assert await texts(house) == ["1", "one two three"]
        assert len(door.replies.given) == 2


async def test_while_the_store_is_away_nothing_is_acknowledged(house: House) -> None:
    """The bind answers with a temporary error, and the SMSC keeps it."""
    async with running(house) as door:
        await house.writer.stop()
        outcomes = await door.intake.take([TEXT, FIRST, SECOND, THIRD])
        assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 4


@asynccontextmanager
async def reopened(path: Path, house: House) -> AsyncIterator[House]:
    """The same database as another process finds it."""
    engine = open_engine(f"sqlite+aiosqlite:///{path}", path.parent)
    writer, reader = Writer(engine), Reader(engine)
    writer.start()
    await reader.start()
    context = replace(house.context, writer=writer, reader=reader)
    try:
        yield replace(house, context=context, writer=writer, reader=reader)
    finally:
        await writer.stop()
        await reader.stop()
        await engine.dispose()


async def test_a_process_that_is_killed_between_parts_has_lost_none_of_them(
    house: House, engine: AsyncEngine, clock: FakeClock
) -> None:
    """Nothing but the file goes from one to the next: no goodbye is said, and the SMSC repeats what it likes."""
    path = Path(engine.url.database or "")
    for parts in ((SECOND,), (SECOND, FIRST), (THIRD,), (THIRD, FIRST)):
        async with reopened(path, house) as other:
            door = Door(other)
            await door.intake.recover()
            assert await door.intake.take(parts) == [None] * len(parts)
            await door.intake.stop()  # its timer alone
        clock.advance(minutes=2)
    assert await texts(house) == ["one two three"]


async def test_half_a_surrogate_pair_is_taken_in_as_a_question_mark(house: House) -> None:
    """What could never be kept would come again for ever."""
    async with running(house) as door:
        texts = [replace(TEXT, text="hola \ud83d"), replace(TEXT, destination="1\udc00", id="m-2\ud800")]
        assert await door.intake.take(texts) == [None, None]
        assert [json.loads(entry.body)["text"] for entry in door.replies.given] == ["hola ?", "1"]
