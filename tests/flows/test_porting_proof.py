"""A porting code is recognised, noted and not kept."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from fakes import NUMBER, TUESDAY, ana
from flows.answering import Texter
from flows.effects import RecordConsent, SendSms
from flows.market import load_market
from flows.market_rules import PortingProof
from flows.porting_proof import PURPOSE, ProofTexted, code_in, hidden, note
from flows.texts import Voice
from flows.values import Channel
from locales.catalogues import load_catalogues


def rule(market: str) -> PortingProof | None:
    """The rule of a market today."""
    return load_market(market).at(TUESDAY.date()).porting_proof


def proof(**changes: object) -> ProofTexted:
    """Ana texts the code that she got in Mexico, a day after she asked to port."""
    mexican = rule("mx")
    assert mexican is not None
    texter = Texter(TUESDAY, ana(), Voice(load_catalogues(), "es"), NUMBER, "reply:1")
    asked: dict[str, object] = {"asked_at": TUESDAY - timedelta(days=1), "digest": "hmac-sha256:ab", **changes}
    return ProofTexted(texter=texter, rule=mexican, entry="E1", market="mx", **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("market", "text", "code"),
    [
        ("mx", "1234", "1234"),
        ("mx", " 1234. ", "1234"),
        ("mx", "１２３４", "1234"),
        ("mx", "12345", ""),
        ("mx", "12 34", ""),
        ("mx", "mi nip es 1234", ""),
        ("co", "12345", "12345"),
        ("co", "1234", ""),
        ("br", "SIM", ""),
        ("br", "1234", ""),
        ("in", "ab12cd34", "AB12CD34"),
        ("in", "PORT 9812345678", ""),
        ("in", "ABCDEFGH", ""),
        ("za", "1234", ""),
        ("gh", "1234", ""),
    ],
)
def test_a_code_is_what_the_market_says(market: str, text: str, code: str) -> None:
    """The whole text, and only where the proof is for us."""
    assert code_in(text, rule(market)) == code


@pytest.mark.parametrize(
    ("asked", "awaited"),
    [(None, False), (TUESDAY, True), (TUESDAY - timedelta(days=5), True), (TUESDAY - timedelta(days=6), False)],
)
def test_a_code_belongs_to_a_request_that_stands(asked: datetime | None, awaited: bool) -> None:
    """For as long as the market lets it count."""
    assert proof(asked_at=asked).awaited is awaited


def test_a_code_is_noted_by_its_digest_and_answered() -> None:
    """Under a purpose of its own, which leaves the consent to port as it stands."""
    record, told = note(proof())
    assert isinstance(record, RecordConsent)
    assert isinstance(told, SendSms)
    assert (record.purpose, record.event, record.replies, record.prompts) == (PURPOSE, "given", ("hmac-sha256:ab",), ())
    assert (record.record_id, record.session, record.channel, record.jurisdiction) == (
        "con-E1",
        "E1",
        Channel.SMS,
        "mx",
    )


@pytest.mark.parametrize(
    ("seconds", "digest", "kinds"),
    [
        (59, "hmac-sha256:ab", []),
        (60, "hmac-sha256:ab", [SendSms]),
        (59, "hmac-sha256:cd", [RecordConsent, SendSms]),
    ],
)
def test_the_same_code_again_is_noted_once(seconds: int, digest: str, kinds: list[type]) -> None:
    """At once it is the network's repetition, later it is answered; another code is another proof."""
    again = proof(known_digest=digest, known_at=TUESDAY - timedelta(seconds=seconds))
    assert [type(effect) for effect in note(again)] == kinds


def test_of_a_hidden_text_only_the_length_is_left() -> None:
    """Punctuation stays, for it tells nothing."""
    assert hidden(" 12a4. ") == " ****. "
