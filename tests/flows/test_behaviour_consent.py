"""Consent to each source of behaviour: who was never asked, who said yes, who said no."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes import ANA, ANAS, TUESDAY
from flows.behaviour import PURPOSES, Source, SourceAnswered, answer, stands
from flows.effects import RecordAudit, RecordBehaviourOver, RecordConsent
from flows.market import load_market, market_codes
from flows.records import Subscriber
from flows.values import Channel

YES = SourceAnswered(
    at=TUESDAY,
    subscriber=Subscriber(ANAS, ANA, "es"),
    source=Source.PLACES,
    keep=True,
    prompt="Guardamos si estas en casa. 1 Si 2 No",
    reply="1",
    language="es",
    menu="main",
    menu_version="0123456789ab",
    channel=Channel.USSD,
    session="ATUid_1",
    jurisdiction="co",
    latest=None,
    record_id="con-1",
)
NO = replace(YES, keep=False, reply="2")


@pytest.mark.parametrize(
    ("latest", "prior", "kept"),
    [
        (None, {"places"}, False),
        (None, {"social"}, True),
        ("given", {"places"}, True),
        ("withdrawn", {"places"}, False),
        ("withdrawn", set(), False),
    ],
)
def test_whether_a_source_may_be_kept(latest: str | None, prior: set[str], kept: bool) -> None:
    """A person's own word counts; without one, the law's."""
    assert stands(Source.PLACES, latest, prior) is kept


def test_a_yes_is_recorded_with_its_screen() -> None:
    """One purpose a source; who did it is in the audit."""
    consent, audit = answer(YES)
    assert isinstance(consent, RecordConsent)
    assert (consent.event, consent.purpose, consent.prompts) == ("given", "behaviour_places", (YES.prompt,))
    assert isinstance(audit, RecordAudit)
    assert audit.action == "consent.given"


def test_a_no_ends_what_was_kept_of_that_source() -> None:
    """In the unit of its record, also of somebody who was never asked."""
    for latest in ("given", None):
        consent, _, over = answer(replace(NO, latest=latest))
        assert isinstance(consent, RecordConsent)
        assert consent.event == "withdrawn"
        assert over == RecordBehaviourOver(ANAS, ("places",))


@pytest.mark.parametrize("again", [replace(YES, latest="given"), replace(NO, latest="withdrawn")])
def test_the_same_word_again_writes_nothing(again: SourceAnswered) -> None:
    """Records are of changes."""
    assert answer(again) == ()


def test_every_source_is_a_purpose_of_its_own() -> None:
    """And fits the column that holds it."""
    assert len(PURPOSES) == len(Source)
    assert max(map(len, PURPOSES)) <= 40


@pytest.mark.parametrize("code", market_codes())
def test_every_market_says_what_it_wants_a_yes_for(code: str) -> None:
    """Where somebody is, and what they write, is never kept unasked."""
    rules = load_market(code).at(TUESDAY.date())
    assert {"places", "social"} <= rules.behaviour <= set(Source)
    assert rules.sources["behaviour"]
