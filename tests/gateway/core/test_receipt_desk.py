"""Receipts find their text, part by part, early or late, before and after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from fakes import TUESDAY, House, sms
from gateway.core.commit import Committer
from gateway.core.ports import DeliveryReceipt
from gateway.core.receipts import ReceiptDesk
from store import inbox, outbox, parts
from store.errors import WriteFailed
from store.parts import Part
from store.queries import AnySelect
from store.reader import AnyRow, Reader
from store.sms_rows import SmsRow
from store.unit import Op, Unit
from store.writer import Writer


@pytest.fixture
def desk(house: House, committer: Committer) -> ReceiptDesk:
    """A desk that has just opened."""
    return ReceiptDesk(house.context)


def taken(row: SmsRow, *ids: str) -> tuple[Op, ...]:
    """The SMSC took these parts."""
    known = (parts.put(Part("smsc-a", name, row.id, number, "sent"), TUESDAY) for number, name in enumerate(ids))
    return (outbox.move(row.id, "sent", smsc="smsc-a", parts=len(ids)), *known)


async def sent(house: House, committer: Committer, *ids: str, desk: ReceiptDesk | None = None) -> str:
    """A text that was handed over in these parts, as the lane does it."""
    await committer.commit([sms(f"alert:{len(house.handed)}")])
    row = house.texts()[-1]
    if desk is None:
        await committer.note(*taken(row, *ids))
        return row.id
    text = desk.foresee("smsc-a", row.id, ids)
    await committer.note(*desk.rows(text))
    desk.stored([text])
    return row.id


def receipt(message_id: str, state: str = "delivered", also: tuple[str, ...] = (), error: str = "") -> DeliveryReceipt:
    """What the SMSC says of one part."""
    return DeliveryReceipt("smsc-a", message_id, state, error=error, also=also)


async def state(house: House, row_id: str) -> str:
    """What the store says of a text."""
    found = await outbox.by_id(house.reader, row_id)
    assert found is not None
    return found.state


@pytest.mark.parametrize("word", ["delivered", "failed", "expired"])
@pytest.mark.parametrize("remembered", [True, False])
async def test_a_receipt_settles_its_text(
    house: House, committer: Committer, desk: ReceiptDesk, word: str, *, remembered: bool
) -> None:
    """From memory, and after a restart from the store."""
    row = await sent(house, committer, "x1", desk=desk if remembered else None)
    await desk.receive([receipt("x1", word)])
    assert await state(house, row) == word


@pytest.mark.parametrize("word", ["enroute", "accepted", "unknown"])
async def test_what_is_not_final_settles_nothing(
    house: House, committer: Committer, desk: ReceiptDesk, word: str
) -> None:
    """The final one still finds its text."""
    row = await sent(house, committer, "x1", desk=desk)
    await desk.receive([receipt("x1", word)])
    assert await state(house, row) == "sent"
    await desk.receive([receipt("x1")])
    assert await state(house, row) == "delivered"


@pytest.mark.parametrize(
    ("words", "whole"),
    [
        (("delivered", "delivered"), "delivered"),
        (("delivered", "failed"), "failed"),
        (("expired", "delivered"), "expired"),
        (("expired", "failed"), "failed"),
    ],
)
@pytest.mark.parametrize("restart", ["never", "before", "between"])
async def test_a_text_of_many_parts_waits_for_all(
    house: House, committer: Committer, desk: ReceiptDesk, words: tuple[str, str], *, whole: str, restart: str
) -> None:
    """It is delivered when every part is, else the worst part names it; a restart forgets nothing."""
    row = await sent(house, committer, "x1", "x2", desk=None if restart == "before" else desk)
    await desk.receive([receipt("x2", words[1])])
    assert await state(house, row) == "sent"
    second = ReceiptDesk(house.context) if restart == "between" else desk
    await second.receive([receipt("x1", words[0])])
    assert await state(house, row) == whole


async def test_a_receipt_before_its_submit_is_answered_is_kept_and_matched(
    house: House, committer: Committer, desk: ReceiptDesk
) -> None:
    """Some SMSCs are that quick."""
    await desk.receive([receipt("x1")])
    assert len(await inbox.early_receipts(house.reader)) == 1
    row = await sent(house, committer, "x1", desk=desk)
    assert await state(house, row) == "delivered"
    assert await inbox.early_receipts(house.reader) == []


async def test_a_receipt_while_its_submit_is_being_written_is_not_lost(
    house: House, committer: Committer, desk: ReceiptDesk
) -> None:
    """Whichever of the two commits comes first."""
    for number in range(30):
        name = f"x{number}"
        _, row = await asyncio.gather(desk.receive([receipt(name)]), sent(house, committer, name, desk=desk))
        assert await state(house, row) == "delivered", number


async def test_an_early_receipt_survives_a_restart(house: House, committer: Committer, desk: ReceiptDesk) -> None:
    """It is in the inbox, and the next desk remembers it."""
    await desk.receive([receipt("x1", "failed", error="027")])
    second = ReceiptDesk(house.context)
    await second.recover()
    row = await sent(house, committer, "x1", desk=second)
    found = await outbox.by_id(house.reader, row)
    assert isinstance(found, SmsRow)
    assert (found.state, found.reason) == ("failed", "network error 027")


@pytest.mark.parametrize("when", ["early", "remembered", "stored"])
async def test_hexadecimal_and_decimal_are_one_id(
    house: House, committer: Committer, desk: ReceiptDesk, when: str
) -> None:
    """An SMSC that answers in hex and reports in decimal is understood."""
    reported = receipt("31", also=("1F", "1f"))
    if when == "early":
        await desk.receive([reported])
    row = await sent(house, committer, "1F", desk=None if when == "stored" else desk)
    if when != "early":
        await desk.receive([reported])
    assert await state(house, row) == "delivered"


async def test_a_receipt_for_nothing_we_know_is_kept(house: House, desk: ReceiptDesk) -> None:
    """It is durable, so that it can be acknowledged."""
    await desk.receive([receipt("nobody")])
    (kept,) = await inbox.early_receipts(house.reader)
    assert '"nobody"' in kept.body


async def test_the_same_receipt_again_changes_nothing(house: House, committer: Committer, desk: ReceiptDesk) -> None:
    """The first final word counts."""
    row = await sent(house, committer, "x1", desk=desk)
    await desk.receive([receipt("x1")])
    await desk.receive([receipt("x1", "failed")])
    assert await state(house, row) == "delivered"


@pytest.mark.parametrize("remembered", [True, False])
@pytest.mark.parametrize(
    ("first", "then", "why"),
    [
        ("delivered", "delivered", "repeated"),
        ("expired", "expired", "repeated"),
        ("delivered", "failed", "contrary"),
        ("failed", "delivered", "contrary"),
        ("expired", "delivered", "contrary"),
        ("delivered", "enroute", None),
    ],
)
async def test_the_first_final_word_counts_and_others_are_counted(
    house: House, committer: Committer, desk: ReceiptDesk, *, first: str, then: str, why: str | None, remembered: bool
) -> None:
    """Also delivered after expired: what followed from the first word cannot be called back."""
    row = await sent(house, committer, "x1", "x2", desk=desk)
    await desk.receive([receipt("x2")])
    await desk.receive([receipt("x1", first)])
    second = desk if remembered else ReceiptDesk(house.context)
    await second.receive([receipt("x1", then)])
    assert await state(house, row) == first
    registry, name = house.context.metrics.registry, "chasqui_receipts_left_total"
    counted = {one for one in ("repeated", "contrary") if registry.get_sample_value(name, {"why": one})}
    assert counted == ({why} if why else set())


async def test_a_receipt_that_names_nothing_is_kept_and_never_matched(
    house: House, committer: Committer, desk: ReceiptDesk
) -> None:
    """Not even with a text whose SMSC gave it no id."""
    row = await sent(house, committer, "", desk=desk)
    assert await desk.receive([receipt("", "failed")]) == [None]
    assert await state(house, row) == "sent"
    assert await inbox.early_receipts(house.reader) == []


@pytest.mark.parametrize("remembered", [True, False])
async def test_parts_with_one_id_are_settled_by_one_receipt(
    house: House, committer: Committer, desk: ReceiptDesk, *, remembered: bool
) -> None:
    """Some SMSCs give all parts of a text the same."""
    row = await sent(house, committer, "x1", "x1", "x1", desk=desk)
    await (desk if remembered else ReceiptDesk(house.context)).receive([receipt("x1")])
    assert await state(house, row) == "delivered"


async def test_another_smscs_id_is_another_text(house: House, committer: Committer, desk: ReceiptDesk) -> None:
    """Two SMSCs may count alike."""
    row = await sent(house, committer, "x1", desk=desk)
    await desk.receive([DeliveryReceipt("smsc-b", "x1", "failed")])
    assert await state(house, row) == "sent"


async def test_a_text_in_doubt_is_settled_by_a_receipt(house: House, committer: Committer, desk: ReceiptDesk) -> None:
    """Its SMSC knows better than our time-out."""
    row = await sent(house, committer, "x1")
    await committer.note(outbox.move(row, "in_doubt"))
    await desk.receive([receipt("x1")])
    assert await state(house, row) == "delivered"


async def test_one_part_of_two_does_not_settle_a_text_in_doubt(
    house: House, committer: Committer, desk: ReceiptDesk
) -> None:
    """Of the other part nothing is known, so nothing is said of the whole."""
    await committer.commit([sms("alert:half")])
    row = house.texts()[-1].id
    doubt = outbox.move(row, "in_doubt", smsc="smsc-a", parts=2)
    await committer.note(doubt, parts.put(Part("smsc-a", "x1", row, 0, "sent"), TUESDAY))
    await desk.receive([receipt("x1")])
    assert await state(house, row) == "in_doubt"


async def test_an_smsc_that_writes_ids_as_it_gave_them_is_taken_at_its_word(
    house: House, committer: Committer, desk: ReceiptDesk
) -> None:
    """Decimal 16 may be hexadecimal 10, but here it is another text's own name."""
    await sent(house, committer, "00000001", desk=desk)
    await desk.receive([receipt("00000001")])
    other = await sent(house, committer, "0000000a", desk=desk)
    await desk.receive([receipt("00000010", also=("0000000a",))])
    assert await state(house, other) == "sent"


async def test_receipts_of_two_parts_at_once_settle_their_text_after_a_restart(
    house: House, committer: Committer, desk: ReceiptDesk
) -> None:
    """Neither overlooks what the other wrote."""
    row = await sent(house, committer, "x1", "x2")
    await asyncio.gather(desk.receive([receipt("x1")]), desk.receive([receipt("x2")]))
    assert await state(house, row) == "delivered"


@pytest.mark.parametrize("restarted", [True, False])
async def test_an_old_receipt_is_not_for_a_text_that_gets_its_id_much_later(
    house: House, committer: Committer, desk: ReceiptDesk, *, restarted: bool
) -> None:
    """An SMSC that was set up anew counts from one again."""
    assert await desk.receive([receipt("1")]) == [None]
    house.clock.advance(days=3)
    later = ReceiptDesk(house.context) if restarted else desk
    await later.recover()
    which = await sent(house, committer, "1", desk=later)
    assert await state(house, which) == "sent"
    assert await inbox.early_receipts(house.reader) == []
    assert await later.receive([receipt("1")]) == [None]
    assert await state(house, which) == "delivered"


async def test_an_early_receipt_tells_too_that_ids_are_written_as_they_were_given(
    house: House, committer: Committer, desk: ReceiptDesk
) -> None:
    """An SMSC that is always quicker than its answer would never be believed else."""
    await desk.receive([receipt("00000001", also=("1",))])
    await sent(house, committer, "00000001", desk=desk)
    other = await sent(house, committer, "0000000a", desk=desk)
    await desk.receive([receipt("00000010", also=("0000000a",))])
    assert await state(house, other) == "sent"


async def test_a_texts_own_name_goes_before_another_spelling_of_a_later_one(
    house: House, committer: Committer, desk: ReceiptDesk
) -> None:
    """Also where its own text is from before a restart, and the other is remembered."""
    long_ago = await sent(house, committer, "00000010")
    lately = await sent(house, committer, "0000000a", desk=desk)
    await desk.receive([receipt("00000010", also=("0000000a",))])
    assert [await state(house, one) for one in (long_ago, lately)] == ["delivered", "sent"]


@pytest.mark.parametrize("first", ["00000010", "0000000a"])
async def test_early_receipts_of_like_names_each_find_their_own_text(
    house: House, committer: Committer, desk: ReceiptDesk, first: str
) -> None:
    """Whichever comes first, and whichever text is answered first."""
    both = {"00000010": ("0000000a", "16"), "0000000a": ("10", "00000010")}
    for name in sorted(both, key=lambda one: one != first):
        await desk.receive([receipt(name, also=both[name])])
    for name in sorted(both):
        assert await state(house, await sent(house, committer, name, desk=desk)) == "delivered"
    assert await inbox.early_receipts(house.reader) == []


async def test_a_receipt_that_waited_while_its_text_was_stored_counts_for_the_whole(
    house: House, committer: Committer, desk: ReceiptDesk
) -> None:
    """Its other parts are heard in memory, and must know of it."""
    async with desk._one_by_one:
        early = asyncio.ensure_future(desk.receive([receipt("x1")]))
        await asyncio.sleep(0)
        row = await sent(house, committer, "x1", "x2", desk=desk)
    await early
    await desk.receive([receipt("x2")])
    assert await state(house, row) == "delivered"


async def test_what_is_not_remembered_is_looked_for_together(
    house: House, committer: Committer, desk: ReceiptDesk
) -> None:
    """Hundreds of receipts after a restart cost a few queries and commits, and those of one text see each other."""
    rows = [await sent(house, committer, f"x{n}", f"y{n}") for n in range(50)]
    reader = CountingReader(house.reader)
    later, before = ReceiptDesk(replace(house.context, reader=reader)), house.writer.groups
    first = [receipt(f"x{n}") for n in range(50)]
    second = [receipt(f"y{n}") for n in range(50)]
    outcomes = await asyncio.gather(later.receive(first), later.receive(second))
    assert [*outcomes[0], *outcomes[1]] == [None] * 100
    assert {await state(house, row) for row in rows} == {"delivered"}
    assert reader.queries <= 2
    assert house.writer.groups - before <= 2


async def test_of_two_words_at_once_about_a_part_of_long_ago_the_first_counts(
    house: House, committer: Committer, desk: ReceiptDesk
) -> None:
    """Also within one read of the bind."""
    row = await sent(house, committer, "x1", "x2")
    await desk.receive([receipt("x1", "failed"), receipt("x1"), receipt("x2")])
    assert await state(house, row) == "failed"
    assert [one.state for one in await parts.of_rows(house.reader, [row])] == ["failed", "delivered"]
    counted = house.context.metrics.registry.get_sample_value("chasqui_receipts_left_total", {"why": "contrary"})
    assert counted == 1


@pytest.mark.parametrize("remembered", [True, False])
async def test_a_repeated_receipt_is_acknowledged_only_with_what_it_repeats(
    house: House, committer: Committer, desk: ReceiptDesk, *, remembered: bool
) -> None:
    """An SMSC that sends it on a second bind forgets the first; where that could not be written both come again."""
    row = await sent(house, committer, "x1", desk=desk if remembered else None)
    writer = FullWriter(house.writer)
    desk._writer = writer
    first, second = await asyncio.gather(desk.receive([receipt("x1")]), desk.receive([receipt("x1")]))
    assert [type(one) for one in (*first, *second)] == [WriteFailed, WriteFailed]
    writer.full = False
    assert await desk.receive([receipt("x1")]) == [None]
    assert await state(house, row) == "delivered"


async def test_a_part_of_long_ago_finds_the_try_that_it_was_of(
    house: House, committer: Committer, desk: ReceiptDesk
) -> None:
    """A text that went twice, by two SMSCs, is whole by the parts of both."""
    row = await sent(house, committer, "x1", "x2")
    await committer.note(parts.put(Part("smsc-b", "z2", row, 1, "sent"), TUESDAY))
    await desk.receive([receipt("x1"), DeliveryReceipt("smsc-b", "z2", "delivered")])
    assert await state(house, row) == "delivered"
    found = {one.message_id: one.state for one in await parts.of_rows(house.reader, [row])}
    assert found == {"x1": "delivered", "x2": "sent", "z2": "delivered"}


class CountingReader(Reader):
    """Reads as another does, and counts."""

    def __init__(self, reader: Reader) -> None:
        self._other = reader
        self.queries = 0

    async def rows(self, query: AnySelect, values: Mapping[str, Any] | None = None) -> Sequence[AnyRow]:
        self.queries += 1
        return await self._other.rows(query, values)


class FullWriter(Writer):
    """A store that takes nothing for a while."""

    def __init__(self, writer: Writer) -> None:
        self._other = writer
        self.full = True

    def submit(self, unit: Unit) -> asyncio.Future[bool]:
        if not self.full:
            return self._other.submit(unit)
        failed: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        failed.set_exception(WriteFailed("the disk is full"))
        return failed
