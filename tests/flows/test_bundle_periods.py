"""Events about a bundle that come late, again, or after one that says more."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from fakes import TUESDAY
from flows.bundle_periods import Told, most_telling, why_pointless
from flows.events import BundleChange, BundleReported
from flows.values import Bucket, Unit, Wallet

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BUCKET = Bucket("b-77", Unit.BYTE, 100, 1000)
LOW = BundleReported(BundleChange.DEPLETING, BUCKET, threshold=0.1)
GONE = BundleReported(BundleChange.DEPLETED, replace(BUCKET, remaining=0))
MONDAY = TUESDAY - DAY


def dated(
    event: BundleReported, activated_at: datetime | None = None, expires_at: datetime | None = None
) -> BundleReported:
    """The same event, that tells its bundle's period."""
    return replace(event, activated_at=activated_at, bucket=replace(event.bucket, expires_at=expires_at))


def pointless(event: BundleReported, *told: Told, happened_at: datetime = TUESDAY, wallet: Wallet | None = None) -> str:
    """What is said of an event at ten on Tuesday."""
    return why_pointless(event, happened_at, TUESDAY, told, wallet)


@pytest.mark.parametrize(
    ("event", "told", "outcome"),
    [
        (LOW, Told("0.1", MONDAY), "known_threshold"),
        (LOW, Told("0.25", MONDAY), ""),
        (dated(LOW, MONDAY), Told("0.1", MONDAY + HOUR, MONDAY), "known_threshold"),
        (dated(LOW, TUESDAY - HOUR), Told("0.1", MONDAY, MONDAY - DAY), ""),
        (dated(LOW, TUESDAY - HOUR), Told("0.1", MONDAY), ""),
        (dated(LOW, MONDAY - HOUR), Told("0.1", MONDAY), "known_threshold"),
        (LOW, Told("0.1", TUESDAY - HOUR, MONDAY), "known_threshold"),
        (LOW, Told("0.1", MONDAY, None, TUESDAY - HOUR), ""),
        (LOW, Told("0.1", MONDAY, None, TUESDAY + HOUR), "known_threshold"),
        (dated(LOW, None, TUESDAY + DAY), Told("0.1", MONDAY, None, TUESDAY), ""),
        (
            dated(LOW, None, TUESDAY + timedelta(seconds=2)),
            Told("0.1", MONDAY, None, TUESDAY),
            "known_threshold",
        ),
        (
            dated(LOW, TUESDAY - 4 * DAY + timedelta(seconds=2)),
            Told("0.1", MONDAY, TUESDAY - 4 * DAY),
            "known_threshold",
        ),
    ],
)
def test_a_threshold_is_told_once_in_each_period(event: BundleReported, told: Told, outcome: str) -> None:
    """By when the bundle began, by when it ends, and where neither is told once for good."""
    assert pointless(event, told) == outcome


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (dated(LOW, MONDAY - DAY), Told("0.1", TUESDAY, TUESDAY - HOUR)),
        (dated(LOW, None, TUESDAY), Told("0.25", TUESDAY, None, TUESDAY + 7 * DAY)),
        (LOW, Told("0.1", TUESDAY, TUESDAY - HOUR)),
    ],
)
def test_a_late_event_about_the_period_before_is_of_something_renewed(event: BundleReported, told: Told) -> None:
    """Whatever was told since then."""
    assert pointless(event, told, happened_at=TUESDAY - 2 * HOUR) == "renewed"


@pytest.mark.parametrize(
    ("bucket", "event", "age", "outcome"),
    [
        (replace(BUCKET, remaining=1000), LOW, HOUR, "renewed"),
        (replace(BUCKET, remaining=1000), LOW, timedelta(seconds=5), ""),
        (replace(BUCKET, remaining=90), LOW, HOUR, ""),
        (replace(BUCKET, remaining=100), LOW, HOUR, ""),
        (replace(BUCKET, remaining=500), GONE, HOUR, "renewed"),
        (replace(BUCKET, remaining=5), GONE, HOUR, ""),
        (replace(BUCKET, id="b-80", remaining=1000), LOW, HOUR, ""),
        (replace(BUCKET, remaining=1000, unit=Unit.SECOND), LOW, HOUR, ""),
        (replace(BUCKET, expires_at=TUESDAY + DAY), dated(LOW, None, TUESDAY), timedelta(), "renewed"),
        (replace(BUCKET, expires_at=TUESDAY), dated(LOW, None, TUESDAY), timedelta(), ""),
    ],
)
def test_what_the_charging_system_says_now_counts(
    bucket: Bucket, event: BundleReported, age: timedelta, outcome: str
) -> None:
    """More is left than a late event says, or it ends later; of what is left a fresh event knows best."""
    assert pointless(event, happened_at=TUESDAY - age, wallet=Wallet(None, (bucket,))) == outcome


@pytest.mark.parametrize(
    ("told", "since", "outcome"),
    [
        ("depleted", HOUR, "overtaken"),
        ("expired", HOUR, "overtaken"),
        ("0.05", HOUR, "overtaken"),
        ("0.5", HOUR, ""),
        ("expiring", HOUR, ""),
        ("depleted", -HOUR, ""),
    ],
)
def test_an_event_that_comes_after_one_that_says_more_alerts_nobody(told: str, since: timedelta, outcome: str) -> None:
    """Out of order: it happened before, and what it says is not so any more."""
    assert pointless(LOW, Told(told, TUESDAY - 2 * HOUR + since), happened_at=TUESDAY - 2 * HOUR) == outcome


@pytest.mark.parametrize(("ahead", "outcome"), [(HOUR, ""), (HOUR + timedelta(seconds=1), "from_the_future")])
def test_a_clock_may_be_off_by_an_hour(ahead: timedelta, outcome: str) -> None:
    """What happens later than that has not happened."""
    assert pointless(LOW, happened_at=TUESDAY + ahead) == outcome


def test_of_several_about_one_bundle_the_one_that_says_most_is_told() -> None:
    """The newest period first, then what is left, then when it happened."""
    half = replace(LOW, threshold=0.5)
    assert most_telling([(half, TUESDAY), (GONE, MONDAY), (LOW, TUESDAY)]) == 1
    assert most_telling([(dated(GONE, MONDAY), TUESDAY), (dated(half, TUESDAY), TUESDAY)]) == 1
