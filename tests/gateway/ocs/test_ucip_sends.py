"""What is remembered of what was sent, and for how long it proves something."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flows.values import Msisdn, OrderKey
from gateway.ocs.ucip_sends import Sends

ANA, BEN = Msisdn("573001112233"), Msisdn("573009998877")
START = datetime(2026, 11, 24, tzinfo=UTC)
LATER = START + timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
FIRST, SECOND = OrderKey("k-1"), OrderKey("k-2")


def test_a_key_is_new_once() -> None:
    """And keeps the time of its first send."""
    sends = Sends(START)
    assert sends.get(FIRST) is None
    sent, fresh = sends.note(FIRST, ANA, 501, LATER)
    again = sends.note(FIRST, ANA, 501, LATER + MINUTE)
    assert (fresh, again, sends.get(FIRST)) == (True, (sent, False), sent)
    assert sent.at == LATER


def test_an_order_is_alone_until_another_for_the_same_offer_is_sent() -> None:
    """Of the same subscriber."""
    sends = Sends(START)
    sent, _ = sends.note(FIRST, ANA, 501, LATER)
    sends.note(OrderKey("k-3"), BEN, 501, LATER)
    sends.note(OrderKey("k-4"), ANA, 502, LATER)
    assert sends.was_alone(sent, LATER - MINUTE)
    sends.note(SECOND, ANA, 501, LATER)
    assert not sends.was_alone(sent, LATER - MINUTE)
    sends.forget(SECOND)
    assert sends.was_alone(sent, LATER - MINUTE)


def test_what_was_before_the_start_is_not_known() -> None:
    """Another process may have sent anything."""
    sends = Sends(START)
    sent, _ = sends.note(FIRST, ANA, 501, START + MINUTE)
    assert not sends.was_alone(sent, START)
    assert sends.was_alone(sent, START + timedelta(seconds=1))


def test_what_was_forgotten_proves_nothing_any_more() -> None:
    """An hour later, or when too many came."""
    sends = Sends(START)
    sends.note(FIRST, ANA, 501, LATER)
    sent, _ = sends.note(SECOND, ANA, 501, LATER + timedelta(hours=2))
    assert sends.get(FIRST) is None
    assert not sends.was_alone(sent, LATER)
    assert sends.was_alone(sent, LATER + MINUTE)
    few = Sends(START, most=2)
    for number in range(5):
        few.note(OrderKey(f"k-{number}"), ANA, number, LATER + number * MINUTE)
    kept, _ = few.note(OrderKey("k-4"), ANA, 4, LATER)
    assert [number for number in range(5) if few.get(OrderKey(f"k-{number}"))] == [3, 4]
    assert not few.was_alone(kept, LATER + 2 * MINUTE)
    assert few.was_alone(kept, LATER + 3 * MINUTE)
