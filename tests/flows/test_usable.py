"""What of a wallet can be used here and now, in which order, and until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from fakes import TUESDAY
from flows.events import BundleChange, BundleReported
from flows.usable import Place, can_be_used, ends_at, in_order, lasting, pool_of
from flows.values import Bucket, Money, Unit, Wallet

BOGOTA = ZoneInfo("America/Bogota")
TEN = Place(TUESDAY, (BOGOTA,))  # ten in the morning there
DATA = Bucket("b", Unit.BYTE, 100)
EVENT = BundleReported(BundleChange.DEPLETING, Bucket("b-1", Unit.BYTE, 10, 100))


@pytest.mark.parametrize(
    ("bucket", "place", "usable"),
    [
        (DATA, TEN, True),
        (replace(DATA, remaining=0), TEN, False),
        (replace(DATA, unit=Unit.SECOND), TEN, False),
        (replace(DATA, expires_at=TUESDAY), TEN, False),
        (replace(DATA, expires_at=TUESDAY + timedelta(seconds=1)), TEN, True),
        (replace(DATA, zone="north"), TEN, False),
        (replace(DATA, zone="north"), replace(TEN, circle="south"), False),
        (replace(DATA, zone="north"), replace(TEN, circle="north"), True),
        (replace(DATA, service="chat"), TEN, False),
        (replace(DATA, roaming=True), TEN, False),
        (replace(DATA, roaming=True), replace(TEN, roaming=True), True),
        (DATA, replace(TEN, roaming=True), False),
        (replace(DATA, window="09:00-11:00"), TEN, True),
        (replace(DATA, window="10:00-10:01"), TEN, True),
        (replace(DATA, window="09:00-10:00"), TEN, False),
        (replace(DATA, window="22:00-10:00"), TEN, False),
        (replace(DATA, window="22:00-10:01"), TEN, True),
        (replace(DATA, window="00:00-24:00"), TEN, True),
        (replace(DATA, window="09:00-11:00"), Place(TUESDAY), False),
        (replace(DATA, window="09:00-11:00"), Place(TUESDAY, (BOGOTA, ZoneInfo("America/Noronha"))), False),
        (replace(DATA, window="never"), TEN, False),
        (replace(DATA, shared=True, bonus=True, renews=True), TEN, True),
    ],
)
def test_a_bucket_counts_only_where_and_when_it_can_be_used(bucket: Bucket, place: Place, *, usable: bool) -> None:
    """Where the circle, the zone or the hours are not known, it does not count."""
    assert can_be_used(bucket, Unit.BYTE, "", place) is usable


def test_a_bucket_for_one_service_counts_for_that_service_alone() -> None:
    """And one for all counts for it too."""
    chat = replace(DATA, service="chat")
    assert [can_be_used(one, Unit.BYTE, "chat", TEN) for one in (chat, DATA, replace(DATA, service="music"))] == [
        True,
        True,
        False,
    ]


def test_the_order_of_use_is_the_charging_systems_else_what_expires_first() -> None:
    """As the South African charter wants it where nobody says otherwise."""
    soon, later = TUESDAY + timedelta(hours=1), TUESDAY + timedelta(days=9)
    buckets = [
        Bucket("never", Unit.BYTE, 1),
        Bucket("later", Unit.BYTE, 1, expires_at=later),
        Bucket("soon", Unit.BYTE, 1, expires_at=soon),
        Bucket("second", Unit.BYTE, 1, expires_at=later, priority=2),
        Bucket("first", Unit.BYTE, 1, priority=1),
    ]
    assert [one.id for one in in_order(buckets)] == ["first", "second", "soon", "later", "never"]


@pytest.mark.parametrize(
    ("window", "expires", "ends"),
    [
        ("", None, None),
        ("", TUESDAY, TUESDAY),
        ("09:00-11:00", None, datetime(2026, 11, 24, 16, tzinfo=UTC)),
        ("09:00-11:00", TUESDAY + timedelta(minutes=5), TUESDAY + timedelta(minutes=5)),
        ("22:00-06:00", None, datetime(2026, 11, 25, 11, tzinfo=UTC)),
        ("09:00-24:00", None, datetime(2026, 11, 25, 5, tzinfo=UTC)),
    ],
)
def test_the_clock_ends_a_bucket_at_its_expiry_or_at_the_end_of_its_hours(
    window: str, expires: datetime | None, ends: datetime | None
) -> None:
    """Whichever is first."""
    assert ends_at(replace(DATA, window=window, expires_at=expires), TEN) == ends


def test_what_lasts_is_nobody_elses_and_runs_long_enough() -> None:
    """Night data is gone by the morning, and a shared bundle by whoever is quicker."""
    day = timedelta(hours=24)
    buckets = [
        replace(DATA, remaining=1),
        replace(DATA, remaining=2, expires_at=TUESDAY + day),
        replace(DATA, remaining=4, expires_at=TUESDAY + day - timedelta(seconds=1)),
        replace(DATA, remaining=8, shared=True),
        replace(DATA, remaining=16, window="00:00-06:00"),
    ]
    assert lasting(buckets, TUESDAY, day) == 1 + 2


def test_a_reading_counts_before_what_the_event_says() -> None:
    """Of the bundle itself, and of the others; what was read is as old as the reading."""
    earlier = TUESDAY - timedelta(minutes=30)
    event = replace(EVENT, others=(Bucket("b-2", Unit.BYTE, 50), Bucket("b-3", Unit.BYTE, 7)), as_of=earlier)
    told = pool_of(event, None, TEN)
    assert (told.told, told.remaining, told.others_remaining, told.as_of) == ("event", 67, 57, earlier)
    read = pool_of(event, Wallet(None, (Bucket("b-1", Unit.BYTE, 9), Bucket("b-2", Unit.BYTE, 40))), TEN)
    assert (read.told, read.remaining, read.others_remaining) == ("wallet", 56, 47)
    assert (read.ending.initial, read.ending_as_of, read.as_of) == (100, TUESDAY, earlier)


@pytest.mark.parametrize(
    ("change", "remaining", "expires"),
    [
        (BundleChange.DEPLETED, 0, TUESDAY + timedelta(days=1)),
        (BundleChange.EXPIRED, 10, TUESDAY),
        (BundleChange.EXPIRING, 10, TUESDAY + timedelta(days=1)),
    ],
)
def test_an_event_about_an_end_says_that_it_has_come(change: BundleChange, remaining: int, expires: datetime) -> None:
    """Unless the charging system, asked now, says otherwise."""
    event = BundleReported(change, replace(EVENT.bucket, expires_at=TUESDAY + timedelta(days=1)))
    ending = pool_of(event, None, TEN).ending
    assert (ending.remaining, ending.expires_at) == (remaining, expires)
    read = Bucket("b-1", Unit.BYTE, 77, expires_at=TUESDAY + timedelta(days=30))
    ending = pool_of(event, Wallet(None, (read,)), TEN).ending
    assert (ending.remaining, ending.expires_at) == (77, read.expires_at)


@pytest.mark.parametrize(
    ("balance", "debt", "spendable"),
    [
        (None, None, None),
        (Money(500, "COP"), None, Money(500, "COP")),
        (Money(500, "COP"), Money(200, "COP"), Money(300, "COP")),
        (Money(500, "COP"), Money(900, "COP"), Money(-400, "COP")),
        (Money(500, "COP"), Money(900, "USD"), Money(500, "COP")),
    ],
)
def test_an_advance_is_taken_back_before_anything_is_bought(
    balance: Money | None, debt: Money | None, spendable: Money | None
) -> None:
    """What is left after that can be spent."""
    assert Wallet(balance, debt=debt).spendable == spendable
