"""Whether a person may be contacted now, and if not, why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from flows.contact_policy import Allowed, ContactSwitches, Decision, Denied, Reason, decide
from flows.market import MarketRules, load_market
from flows.records import Subscriber
from flows.values import Channel, Msisdn, Purpose, SubscriptionId

DAY = date(2026, 11, 24)
NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
"""Noon of a Tuesday in Bogotá."""
NIGHT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
"""Ten in the evening of that Tuesday in Bogotá."""
PERSON = Subscriber(id=SubscriptionId("s1"), msisdn=Msisdn("573001112233"), language="es")
MARKET = ContactSwitches()


def rules(code: str) -> MarketRules:
    """A market's rules on the day of these tests."""
    return load_market(code).at(DAY)


def ask(
    person: Subscriber = PERSON,
    *,
    market: str = "co",
    purpose: Purpose = Purpose.MARKETING,
    at: datetime = NOON,
    channel: Channel = Channel.SMS,
    switches: ContactSwitches = MARKET,
) -> Decision:
    """The decision on marketing by SMS at noon in Colombia, or on what is said otherwise."""
    return decide(rules=rules(market), purpose=purpose, subscriber=person, at=at, channel=channel, switches=switches)


@pytest.mark.parametrize("purpose", [Purpose.CONFIRMATION, Purpose.REPLY])
def test_nothing_silences_what_a_person_asked_for(purpose: Purpose) -> None:
    """Confirmations and replies go out by night, after every opt-out and over every cap."""
    person = replace(PERSON, alerts=False, marketing=False, marketing_at=NIGHT, marketing_count=9)
    assert ask(person, purpose=purpose, at=NIGHT) == Allowed()


def test_only_its_own_opt_out_silences_an_alert() -> None:
    """Quiet hours, caps and a marketing opt-out leave an alert alone; ``alerts`` off does not."""
    person = replace(PERSON, marketing=False, marketing_at=NIGHT, marketing_count=9)
    assert ask(person, purpose=Purpose.ALERT, at=NIGHT) == Allowed()
    assert ask(replace(person, alerts=False), purpose=Purpose.ALERT) == Denied(Reason.ALERTS_OFF)


def test_an_alert_opt_out_is_no_marketing_opt_out() -> None:
    """The two switches do not touch each other."""
    assert ask(replace(PERSON, alerts=False)) == Allowed()


@pytest.mark.parametrize(
    ("market", "answer", "assume", "expected"),
    [
        ("co", None, "market", Allowed()),
        ("co", True, "market", Allowed()),
        ("co", False, "market", Denied(Reason.MARKETING_OFF)),
        ("br", None, "market", Denied(Reason.NO_OPT_IN)),
        ("mx", None, "market", Denied(Reason.NO_OPT_IN)),
        ("br", True, "market", Allowed()),
        ("br", None, "yes", Allowed()),
        ("br", False, "yes", Denied(Reason.MARKETING_OFF)),
    ],
)
def test_consent_to_marketing(market: str, answer: bool | None, assume: str, expected: Decision) -> None:
    """A no always counts; never asked is a no where the law wants prior opt-in, unless staging assumes a yes."""
    switches = ContactSwitches(assume_opt_in="yes" if assume == "yes" else "market")
    assert ask(replace(PERSON, marketing=answer), market=market, switches=switches) == expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 11, 24, 11, 59, tzinfo=UTC), Denied(Reason.QUIET_HOURS)),
        (datetime(2026, 11, 24, 12, 0, tzinfo=UTC), Allowed()),
        (datetime(2026, 11, 24, 23, 59, tzinfo=UTC), Allowed()),
        (datetime(2026, 11, 25, 0, 0, tzinfo=UTC), Denied(Reason.QUIET_HOURS)),
        (datetime(2026, 11, 29, 17, 0, tzinfo=UTC), Denied(Reason.QUIET_HOURS)),
        (datetime(2026, 12, 8, 17, 0, tzinfo=UTC), Denied(Reason.QUIET_HOURS)),
    ],
    ids=["before seven", "seven", "before nineteen", "nineteen", "sunday", "holiday"],
)
def test_marketing_keeps_local_hours(at: datetime, expected: Decision) -> None:
    """Seven to nineteen in Bogotá is twelve to midnight UTC; Sundays and holidays are quiet."""
    assert ask(at=at) == expected


def test_staging_may_switch_hours_off_but_no_other_rule() -> None:
    """``quiet_hours = off`` opens the night; the daily cap stays."""
    off = ContactSwitches(quiet_hours="off")
    assert ask(at=NIGHT, switches=off) == Allowed()
    again = replace(PERSON, marketing_at=NOON, marketing_count=1)
    assert ask(again, at=NIGHT, switches=off) == Denied(Reason.DAILY_CAP)


def test_offers_that_are_stopped_go_to_nobody() -> None:
    """Whatever a person has said; alerts and answers go on."""
    stopped = ContactSwitches(offers="stopped")
    assert ask(replace(PERSON, marketing=True), switches=stopped) == Denied(Reason.STOPPED)
    for purpose in (Purpose.ALERT, Purpose.REPLY, Purpose.CONFIRMATION):
        assert ask(purpose=purpose, switches=stopped) == Allowed()


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("America/Bogota", Allowed()),
        ("America/Tijuana", Denied(Reason.QUIET_HOURS)),
        (None, Denied(Reason.QUIET_HOURS)),
    ],
)
def test_an_unknown_zone_must_be_allowed_in_every_zone(zone: str | None, expected: Decision) -> None:
    """Eight in the morning in one zone of the market is five in another."""
    wide = replace(rules("co"), time_zones=rules("mx").time_zones)
    decision = decide(
        rules=wide,
        purpose=Purpose.MARKETING,
        subscriber=replace(PERSON, time_zone=zone),
        at=datetime(2026, 11, 24, 13, 0, tzinfo=UTC),
        channel=Channel.SMS,
        switches=MARKET,
    )
    assert decision == expected


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (datetime(2026, 11, 24, 12, 0, tzinfo=UTC), Denied(Reason.DAILY_CAP)),
        (datetime(2026, 11, 24, 5, 0, tzinfo=UTC), Denied(Reason.DAILY_CAP)),
        (datetime(2026, 11, 24, 4, 59, tzinfo=UTC), Allowed()),
    ],
    ids=["this morning", "local midnight", "a minute before local midnight"],
)
def test_the_daily_cap_counts_local_days(last: datetime, expected: Decision) -> None:
    """One a day, and the day begins at local midnight."""
    assert ask(replace(PERSON, marketing_at=last, marketing_count=1)) == expected


def test_an_allowed_contact_tells_the_count_of_the_day() -> None:
    """Where no cap stops it, the count so far comes with the answer and starts anew each day."""
    person = replace(PERSON, marketing_at=NOON - timedelta(hours=1), marketing_count=3)
    assert ask(person, market="za") == Allowed(count_today=3)
    assert ask(person, market="za", at=NOON + timedelta(days=1)) == Allowed(count_today=0)


@pytest.mark.parametrize(
    ("days", "last_channel", "expected"),
    [
        (2, "ussd", Denied(Reason.OTHER_CHANNEL_THIS_WEEK)),
        (2, "sms", Allowed()),
        (7, "ussd", Allowed()),
        (2, None, Allowed()),
    ],
)
def test_a_week_has_one_channel(days: int, last_channel: str | None, expected: Decision) -> None:
    """Marketing came by USSD: no SMS before seven days are over."""
    last = NOON - timedelta(days=days)
    person = replace(PERSON, marketing_at=last, marketing_count=1, marketing_channel=last_channel)
    assert ask(person) == expected


def test_reasons_are_stable_codes() -> None:
    """What is logged and stored does not change with names in the code."""
    assert {reason.value for reason in Reason} == {
        "alerts_off", "marketing_off", "no_opt_in", "quiet_hours", "daily_cap", "other_channel_this_week", "stopped",
    }  # fmt: skip
