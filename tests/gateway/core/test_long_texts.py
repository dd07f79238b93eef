"""Parts of long texts: put together, kept apart, forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from fakes import ANA, TUESDAY
from flows.values import Msisdn
from gateway.core.long_texts import LongText, LongTexts
from gateway.core.ports import MobilePart

FIRST = MobilePart("smsc-a", ANA, "12345", 1, wide=False, total=2, number=1, data_coding=0, octets=b"ho")
SECOND = replace(FIRST, number=2, octets=b"la")
MINUTES = timedelta(minutes=1)


def said(text: LongText) -> bytes:
    """What is there of a text."""
    return b"".join(part.octets for part in text.in_order)


def test_more_than_nine_parts_come_back_in_number_order() -> None:
    """Part 10 follows part 9, not part 1."""
    texts = LongTexts()
    for number in range(12, 0, -1):
        text = texts.add(replace(FIRST, total=12, number=number, octets=b"%x" % number), TUESDAY)
    assert text.whole
    assert said(text) == b"123456789abc"


def test_two_senders_with_one_reference_do_not_mix() -> None:
    """The key is source, destination, reference, its width and total."""
    texts = LongTexts()
    text = texts.add(FIRST, TUESDAY)
    others = (
        replace(SECOND, source=Msisdn("57300")),
        replace(SECOND, destination="54321"),
        replace(SECOND, reference=2),
        replace(SECOND, wide=True),
        replace(SECOND, total=3),
    )
    assert all(texts.add(other, TUESDAY) is not text for other in others)
    assert texts.add(SECOND, TUESDAY) is text


def test_parts_by_two_binds_of_one_number_join() -> None:
    """An SMSC spreads what it delivers over its binds."""
    texts = LongTexts()
    assert texts.add(FIRST, TUESDAY) is texts.add(replace(SECOND, smsc="smsc-b"), TUESDAY)


def test_a_part_that_comes_again_is_known_also_once_its_text_was_taken_in() -> None:
    """For as long as a text waits for parts; with other words it is another text."""
    texts = LongTexts(timeout=10 * MINUTES)
    text = texts.add(FIRST, TUESDAY)
    assert texts.find(FIRST) is text
    texts.add(SECOND, TUESDAY)
    texts.settle(text, TUESDAY + MINUTES)
    assert texts.find(SECOND) is text
    assert texts.find(replace(SECOND, octets=b"lo")) is None
    texts.forget_old(TUESDAY + 12 * MINUTES)
    assert texts.find(SECOND) is None
    assert not texts.remembers


def test_a_reference_used_again_begins_another_text_and_the_first_waits_on() -> None:
    """Nothing of the first is lost: it is late in its time."""
    texts = LongTexts(timeout=10 * MINUTES)
    old = texts.add(replace(FIRST, octets=b"old"), TUESDAY)
    new = texts.add(FIRST, TUESDAY + MINUTES)
    assert new is not old
    assert texts.add(SECOND, TUESDAY + MINUTES) is new
    assert said(new) == b"hola"
    assert old in texts.late(TUESDAY + 10 * MINUTES)


def test_what_is_late_is_told_oldest_first() -> None:
    """The time counts from the first part that came."""
    texts = LongTexts(timeout=10 * MINUTES)
    early = texts.add(replace(FIRST, number=2), TUESDAY)
    later = texts.add(replace(FIRST, reference=2), TUESDAY + 5 * MINUTES)
    assert texts.late(TUESDAY + 9 * MINUTES) == []
    assert texts.late(TUESDAY + 10 * MINUTES) == [early]
    assert texts.late(TUESDAY + 15 * MINUTES) == [early, later]


def test_a_crowd_has_room_only_for_what_makes_a_text_whole() -> None:
    """The oldest go first then."""
    texts = LongTexts(most_texts=2)
    oldest = texts.add(FIRST, TUESDAY)
    texts.add(replace(FIRST, reference=2), TUESDAY)
    assert not texts.has_room_for(replace(FIRST, reference=3))
    assert not texts.has_room_for(replace(FIRST, reference=2, total=3))
    assert texts.has_room_for(SECOND)
    assert texts.late(TUESDAY) == [oldest]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 5), st.binary(max_size=140)), max_size=200))
def test_memory_is_bounded_whatever_comes(parts: list[tuple[int, int, bytes]]) -> None:
    """Neither the number of texts nor their octets grow past the bounds, and the sum stays true."""
    texts = LongTexts(most_texts=8, most_octets=500)
    for reference, number, octets in parts:
        part = replace(FIRST, reference=reference, total=5, number=number, octets=octets)
        if texts.find(part) is None and texts.has_room_for(part):
            texts.add(part, TUESDAY)
        assert len(texts) <= 8
        assert texts.octets <= 500 + 140
    while late := texts.late(TUESDAY + 10 * MINUTES):
        for text in late:
            texts.settle(text, TUESDAY)
    assert (len(texts), texts.octets) == (0, 0)
    texts.forget_old(TUESDAY + 11 * MINUTES)
    assert not texts.remembers


def test_a_part_taken_back_comes_as_new() -> None:
    """It did not become durable, so its sender will send it again."""
    texts = LongTexts()
    text = texts.add(FIRST, TUESDAY)
    texts.take_back(text, 1)
    assert texts.find(FIRST) is None
    assert (len(texts), texts.octets, texts.remembers) == (0, 0, False)


def test_a_clock_that_is_set_back_keeps_no_part_for_days() -> None:
    """A small step changes nothing, a large one ends the wait."""
    texts = LongTexts()
    text = texts.add(FIRST, TUESDAY)
    assert texts.late(TUESDAY - 1 * MINUTES) == []
    assert texts.late(TUESDAY - timedelta(days=1)) == [text]
