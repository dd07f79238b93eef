"""A porting code that a person texts: noted as received, never kept.

The code proves to whoever takes it that the person wants to port (a NIP, a UPC). What is kept is that one came, when,
in which message, and a digest of it under the subscription's key, by which the code can be checked when it is given
again; it ends with the key. What a code looks like, who collects it and for how long it counts is the market's.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from flows import reply_texts
from flows.answering import Texter
from flows.effects import Effect, RecordConsent
from flows.frozen import dataclass
from flows.market_rules import PortingProof
from flows.spelling import words
from flows.values import Channel

PURPOSE = "number_porting_proof"
"""Beside the consent itself, which it leaves as it stands."""
MENU = "sms"
"""Stands for the menu in the record: it came without one."""
_HIDDEN = "*"
_SAME_WITHIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ProofTexted:
    """A text that looks like a porting code. entry: the message's id.

    asked_at: since when a request to port stands, None for none. digest: of the code, under the subscription's key.
    known_digest, known_at: of the proof noted last.
    """

    texter: Texter
    rule: PortingProof
    entry: str
    market: str
    asked_at: datetime | None
    digest: str = ""
    known_digest: str = ""
    known_at: datetime | None = None

    @property
    def repeated(self) -> bool:
        """Whether the network says again what was noted a moment ago."""
        if self.known_at is None or self.digest != self.known_digest:
            return False
        return self.texter.at - self.known_at < _SAME_WITHIN

    @property
    def awaited(self) -> bool:
        """Whether there is a request that it can belong to."""
        return self.asked_at is not None and self.texter.at - self.asked_at <= timedelta(hours=self.rule.valid_hours)


def code_in(text: str, rule: PortingProof | None) -> str:
    """The code that is the whole of a text, empty if it is none that we take."""
    pattern = rule.pattern if rule else None
    said = " ".join(words(text))
    return said if pattern and pattern.fullmatch(said) else ""


def hidden(text: str) -> str:
    """A text of which only the length can be read."""
    return "".join(_HIDDEN if char.isalnum() else char for char in text)


def note(proof: ProofTexted) -> tuple[Effect, ...]:
    """A record of the consent chain and one answer; the same code again is answered alone, at once not even that."""
    if proof.repeated:
        return ()
    answer = proof.texter.answer(reply_texts.proof_noted(proof.texter.voice))
    if proof.digest == proof.known_digest:
        return (answer,)
    person = proof.texter.subscriber
    record = RecordConsent(
        record_id=f"con-{proof.entry}",
        subscription=person.id,
        msisdn=person.msisdn,
        event="given",
        purpose=PURPOSE,
        prompts=(),
        replies=(proof.digest,),
        language=person.language,
        menu=MENU,
        menu_version="",
        channel=Channel.SMS,
        session=proof.entry,
        jurisdiction=proof.market,
        at=proof.texter.at,
    )
    return record, answer
