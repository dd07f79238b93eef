"""One message of several alerts claims what each of them does, and is good as long as all of them are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from fakes import TUESDAY, sms
from flows.alert import Alerted
from flows.claims import RanOut
from flows.effects import SendSms
from flows.joining import joined


def test_a_joined_message_carries_all_claims_and_ages_with_the_first_of_them() -> None:
    """What it says once it is old is what each would say."""
    first = replace(sms(), claims=(RanOut("a"),), true_until=TUESDAY + timedelta(hours=2), later_text="A.")
    second = replace(sms(), claims=(RanOut("b"),), true_until=TUESDAY + timedelta(hours=1), later_text="B.")
    (text,) = joined([Alerted("x", (first,)), Alerted("y", (second,))], 0)
    assert isinstance(text, SendSms)
    assert text.claims == (RanOut("a"), RanOut("b"))
    assert (text.true_until, text.later_text) == (TUESDAY + timedelta(hours=1), "A. B.")
