"""Which way an alert goes: what hinders a screen, what speaks for one way, what the operator prefers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from fakes import TUESDAY, ana
from flows.channel_choice import Answers, ChannelFacts, ChannelPolicy, Chosen, choose
from flows.market import load_market
from flows.market_rules import Window
from flows.values import Channel

SMS, USSD = Channel.SMS, Channel.USSD
BOTH = ChannelPolicy(order=(USSD, SMS))
TEXTS_FIRST = replace(BOTH, order=(SMS, USSD))
NIGHT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
MEXICO = load_market("mx").at(TUESDAY.date())


def facts(**changes: object) -> ChannelFacts:
    """Ana on a Tuesday morning in Colombia; screens first; nothing is known of her."""
    known = ChannelFacts(at=TUESDAY, subscriber=ana(), rules=load_market("co").at(TUESDAY.date()), policy=BOTH)
    return replace(known, **changes)  # type: ignore[arg-type]


def ended(accepted: int = 0, declined: int = 0, expired: int = 0) -> Answers:
    """What became of offers on one channel."""
    return Answers(accepted, declined, expired)


CASES: dict[str, tuple[dict[str, object], Channel, str]] = {
    "nothing is known": ({}, USSD, "preferred"),
    "texts are preferred": ({"policy": TEXTS_FIRST}, SMS, "preferred"),
    "texts alone": ({"policy": ChannelPolicy()}, SMS, "policy"),
    "screens alone": ({"policy": replace(BOTH, order=(USSD,))}, USSD, "policy"),
    "no wire": ({"hindered": "no_pusher"}, SMS, "no_pusher"),
    "in a session": ({"in_session": True, "last_answer": TUESDAY}, SMS, "in_session"),
    "at night": ({"at": NIGHT}, SMS, "push_hours"),
    "at night, where phones may light up always": (
        {"at": NIGHT, "policy": replace(BOTH, hours=None)},
        USSD,
        "preferred",
    ),
    "at the first minute": ({"policy": replace(BOTH, hours=Window(time(10), time(11)))}, USSD, "preferred"),
    "at the last": ({"policy": replace(BOTH, hours=Window(time(9), time(10)))}, SMS, "push_hours"),
    "in one zone of the market it is too early": ({"rules": MEXICO}, SMS, "push_hours"),
    "her own zone is known": ({"rules": MEXICO, "subscriber": ana(time_zone="America/Mexico_City")}, USSD, "preferred"),
    "another circle": ({"policy": replace(BOTH, circles=frozenset({"north"}))}, SMS, "region"),
    "the circle": (
        {"policy": replace(BOTH, circles=frozenset({"north"})), "subscriber": ana(circle="north")},
        USSD,
        "preferred",
    ),
    "a phone that nobody told of": ({"policy": replace(BOTH, handsets=frozenset({"feature"}))}, SMS, "handset"),
    "the phone": (
        {"policy": replace(BOTH, handsets=frozenset({"feature"})), "subscriber": ana(handset="feature")},
        USSD,
        "preferred",
    ),
    "texts were answered": (
        {"answers": {SMS: ended(accepted=3), USSD: ended(expired=3)}},
        SMS,
        "answered_before",
    ),
    "screens were answered": (
        {"policy": TEXTS_FIRST, "answers": {SMS: ended(expired=4), USSD: ended(accepted=2, declined=1)}},
        USSD,
        "answered_before",
    ),
    "three screens without an answer": ({"answers": {USSD: ended(expired=3)}}, SMS, "answered_before"),
    "two say nothing": ({"answers": {USSD: ended(expired=2)}}, USSD, "preferred"),
    "both alike": (
        {"answers": {SMS: ended(accepted=5, expired=5), USSD: ended(accepted=5, expired=4)}},
        USSD,
        "preferred",
    ),
    "a phone in the hand": ({"policy": TEXTS_FIRST, "last_answer": TUESDAY - timedelta(minutes=9)}, USSD, "present"),
    "put away since": ({"policy": TEXTS_FIRST, "last_answer": TUESDAY - timedelta(minutes=11)}, SMS, "preferred"),
    "a week's offer came by text": (
        {"subscriber": ana(marketing_at=TUESDAY - timedelta(days=2), marketing_channel="sms")},
        SMS,
        "one_channel_a_week",
    ),
    "a week's offer came on a screen": (
        {
            "policy": TEXTS_FIRST,
            "subscriber": ana(marketing_at=TUESDAY - timedelta(days=2), marketing_channel="ussd"),
        },
        USSD,
        "one_channel_a_week",
    ),
    "a week ago": (
        {"subscriber": ana(marketing_at=TUESDAY - timedelta(days=7), marketing_channel="sms")},
        USSD,
        "preferred",
    ),
    "where the law does not mind": (
        {
            "rules": MEXICO,
            "subscriber": ana(
                time_zone="America/Mexico_City", marketing_at=TUESDAY - timedelta(days=2), marketing_channel="sms"
            ),
        },
        USSD,
        "preferred",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_way_is_chosen_and_the_choice_has_a_reason(name: str) -> None:
    """The first that stands against a screen, then what speaks for one way."""
    known, channel, reason = CASES[name]
    assert choose(facts(**known)) == Chosen(channel, reason)
