"""A consent takes two answers to give and one to withdraw, and each leaves its proof."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes import ANA, ANAS, TUESDAY, ana
from flows.effects import RecordAudit, RecordConsent
from flows.porting import CONFIRMATIONS, PURPOSE, ConsentAnswered, agree, confirm, withdraw
from flows.values import Channel

ASKED = ("¿Autorizas portar tu línea? 1 Sí 2 No", "¿Confirmas? 1 Sí 2 No")
ANSWERED = ConsentAnswered(
    at=TUESDAY,
    subscriber=ana(),
    language="es",
    prompts=ASKED,
    replies=("1", " 1"),
    menu="main",
    menu_version="0123456789ab",
    channel=Channel.USSD,
    session="ATUid_1",
    jurisdiction="co",
    in_force=False,
    record_id="con-1",
)


def test_a_first_yes_writes_nothing() -> None:
    """It counts only with the second one."""
    for fact in (ANSWERED, replace(ANSWERED, in_force=True)):
        assert (agree(fact).word, agree(fact).effects) == ("agreed", ())


def test_a_second_yes_is_recorded_with_everything_that_proves_it() -> None:
    """Both screens as they were shown, both answers as they were typed, menu, version, language, channel, session."""
    outcome = confirm(ANSWERED)
    record, _ = outcome.effects
    assert outcome.word == "given"
    assert record == RecordConsent(
        record_id="con-1",
        subscription=ANAS,
        msisdn=ANA,
        event="given",
        purpose=PURPOSE,
        prompts=ASKED,
        replies=("1", " 1"),
        language="es",
        menu="main",
        menu_version="0123456789ab",
        channel=Channel.USSD,
        session="ATUid_1",
        jurisdiction="co",
        at=TUESDAY,
    )


@pytest.mark.parametrize(
    ("prompts", "replies"),
    [((), ()), (ASKED[:1], ("1",)), (ASKED, ("1",)), (ASKED[:1], ("1", "1"))],
    ids=["nothing", "one screen", "an answer short", "a screen short"],
)
def test_without_the_first_yes_there_is_no_consent(prompts: tuple[str, ...], replies: tuple[str, ...]) -> None:
    """Whatever the menu or a repeated session says."""
    outcome = confirm(replace(ANSWERED, prompts=prompts, replies=replies))
    assert (outcome.word, outcome.effects) == ("missing", ())


def test_a_consent_that_stands_is_not_given_twice() -> None:
    """The answer is the same, the record is the first."""
    outcome = confirm(replace(ANSWERED, in_force=True))
    assert (outcome.word, outcome.effects) == ("given", ())


def test_one_answer_withdraws() -> None:
    """Fewer than giving took."""
    outcome = withdraw(replace(ANSWERED, prompts=("1 Retirar",), replies=("1",), in_force=True))
    record, _ = outcome.effects
    assert outcome.word == "withdrawn"
    assert isinstance(record, RecordConsent)
    assert (record.event, record.prompts, record.replies) == ("withdrawn", ("1 Retirar",), ("1",))
    assert len(record.replies) < CONFIRMATIONS


def test_withdrawing_never_fails_for_want_of_proof() -> None:
    """A person who can say it has said it."""
    assert withdraw(replace(ANSWERED, prompts=(), replies=(), in_force=True)).word == "withdrawn"


def test_there_is_nothing_to_withdraw_without_a_consent() -> None:
    """And nothing is written."""
    outcome = withdraw(ANSWERED)
    assert (outcome.word, outcome.effects) == ("none", ())


def test_a_life_of_a_consent() -> None:
    """None, agreed, given, withdrawn, and given again."""
    words, stands = [], False
    for act in (withdraw, agree, confirm, confirm, withdraw, withdraw, agree, confirm):
        outcome = act(replace(ANSWERED, in_force=stands))
        words.append(outcome.word)
        for effect in outcome.effects:
            if isinstance(effect, RecordConsent):
                stands = effect.event == "given"
    assert words == ["none", "agreed", "given", "given", "withdrawn", "none", "agreed", "given"]


@pytest.mark.parametrize(("act", "stands"), [(confirm, False), (withdraw, True)])
def test_the_audit_holds_nothing_personal(act: object, stands: bool) -> None:
    """It outlives the key, so it names the record and neither number, session nor answers."""
    assert callable(act)
    _, noted = act(replace(ANSWERED, in_force=stands)).effects
    assert isinstance(noted, RecordAudit)
    assert noted.action in ("consent.given", "consent.withdrawn")
    assert noted.detail == {"record": "con-1", "purpose": PURPOSE}
    assert ANA not in repr(noted)
