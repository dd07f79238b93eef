"""A problem is noted under a short name; a call is asked for in one text; neither more often than a day allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import ANA, ANAS, BEN, NUMBER, TUESDAY, ana
from flows import care
from flows.care import MOST_A_DAY, Called, CareAsked
from flows.effects import RecordAudit, SendSms
from flows.texts import Voice
from flows.values import Purpose, SubscriptionId
from locales.catalogues import load_catalogues

VOICE = Voice(load_catalogues(), "en")
ASKED = CareAsked(TUESDAY, ana(), "u1", date(2026, 11, 24), 0, NUMBER)
CALLED = Called(BEN, SubscriptionId("01BEN"), VOICE)


def test_a_report_is_noted_and_its_reference_texted() -> None:
    """The same reference in both; the note holds no number."""
    noted, told = care.report(ASKED, "charged", VOICE)
    assert isinstance(noted, RecordAudit)
    assert isinstance(told, SendSms)
    name = care.reference("u1")
    assert (noted.action, noted.subscription, noted.detail) == (
        "care.reported",
        ANAS,
        {"kind": "charged", "reference": name},
    )
    assert (told.msisdn, told.purpose, told.source) == (ANA, Purpose.REPLY, NUMBER)
    assert f"reference is {name}:" in told.text


def test_whoever_shall_call_gets_one_text_with_the_whole_number() -> None:
    """It is not repeated, and is pointless after some hours; the note names nobody."""
    noted, told = care.ask_for_call(ASKED, CALLED)
    assert isinstance(noted, RecordAudit)
    assert isinstance(told, SendSms)
    assert (noted.action, noted.subscription, noted.detail) == ("care.call_asked", ANAS, {})
    assert (told.msisdn, told.subscription, told.text) == (BEN, "01BEN", f"+{ANA} asks you to call them back.")
    assert (told.repeat_text, told.expires_at) == ("", TUESDAY + timedelta(hours=6))


@pytest.mark.parametrize("so_far", range(MOST_A_DAY + 2))
def test_a_day_has_room_for_three(so_far: int) -> None:
    """The fourth is too many."""
    assert replace(ASKED, so_far=so_far).too_many == (so_far >= 3)


def test_two_sessions_at_once_cannot_both_be_the_third() -> None:
    """Their texts have the same key, which the outbox takes once; another day or kind has another."""
    keys = [
        effect.key
        for asked in (
            replace(ASKED, so_far=2),
            replace(ASKED, so_far=2, key="u2"),
            replace(ASKED, so_far=1),
            replace(ASKED, so_far=2, day=date(2026, 11, 25)),
        )
        for effect in (*care.report(asked, "other", VOICE), *care.ask_for_call(asked, CALLED))
        if isinstance(effect, SendSms)
    ]
    assert len(set(keys)) == len(keys) - 2
    assert all(len(key) <= 80 for key in keys)


@given(st.text(max_size=40))
def test_a_reference_can_be_read_out(key: str) -> None:
    """Six signs, none of which is taken for another; the same turn has the same."""
    name = care.reference(key)
    assert len(name) == 6
    assert not set(name) - set("23456789ABCDEFGHJKLMNPQRSTUVWXYZ")
    assert care.reference(key) == name
