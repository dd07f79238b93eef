"""What the operator's own systems ask for goes at its time, and counts only when it goes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from fakes import NUMBER, TUESDAY, ana
from flows.contact_policy import ContactSwitches
from flows.effects import Effect, RecordAudit, RecordMarketingContact, SendSms
from flows.market import load_market
from flows.operator_text import TextAsked, send
from flows.values import Channel, Purpose

NIGHT = TUESDAY.replace(hour=3) + timedelta(days=1)
"""Ten in the evening in Bogotá."""


def asked(purpose: Purpose, at: datetime, send_at: datetime | None, count: int = 0) -> tuple[Effect, ...]:
    """What follows when a campaign asks for a text to Ana, who has had so many offers on that day."""
    person = ana(marketing=True, marketing_at=at if count else None, marketing_count=count)
    rules = load_market("co").at(at.date())
    until = at + timedelta(days=2)
    text = TextAsked(
        at, "api", "m-1", person, "Hola.", purpose, NUMBER, "xmas", True, send_at, until, rules, ContactSwitches()
    )
    return send(text)


@pytest.mark.parametrize(
    ("purpose", "at", "send_at", "suppressed", "counted"),
    [
        (Purpose.MARKETING, TUESDAY, None, "", True),
        (Purpose.MARKETING, TUESDAY, TUESDAY + timedelta(hours=1), "", False),
        (Purpose.MARKETING, TUESDAY, NIGHT, "quiet_hours", False),
        (Purpose.MARKETING, NIGHT, None, "quiet_hours", False),
        (Purpose.MARKETING, NIGHT, NIGHT + timedelta(hours=12), "", False),
        (Purpose.ALERT, NIGHT, None, "", False),
    ],
)
def test_whether_it_may_go_is_asked_of_the_time_when_it_goes(
    purpose: Purpose, at: datetime, send_at: datetime | None, suppressed: str, counted: bool
) -> None:
    """What goes later counts towards a cap when it goes, what does not go never does."""
    text, noted, *contacts = asked(purpose, at, send_at)
    assert isinstance(text, SendSms)
    assert isinstance(noted, RecordAudit)
    assert (text.suppressed, text.not_before, text.campaign, text.asks) == (suppressed, send_at, "xmas", True)
    assert text.repeat_text == ("Hola." if purpose is Purpose.ALERT else "")
    assert contacts == ([RecordMarketingContact(ana().id, at, Channel.SMS, 1)] if counted else [])


def test_what_is_over_the_cap_is_kept_and_not_sent() -> None:
    """And counts no further."""
    text, *noted = asked(Purpose.MARKETING, TUESDAY, None, count=1)
    assert isinstance(text, SendSms)
    assert (text.suppressed, [type(one) for one in noted]) == ("daily_cap", [RecordAudit])
