"""Texts in the outbox: how they are written and read. A text *is* its outbox row."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import bindparam, update

from flows.documents import decode, encode
from flows.effects import SendSms
from flows.frozen import dataclass
from flows.values import Msisdn, OfferId, Purpose, SubscriptionId
from store import outgoing
from store.ids import new_id
from store.reader import AnyRow
from store.tables import outbox as t
from store.unit import Op

KIND = "sms"
_PURPOSES = {one.value: one for one in Purpose}
_REWORD = update(t).where(t.c.id == bindparam("which"), t.c.state == "sending").values(payload=bindparam("new_payload"))
PRIORITY = {Purpose.CONFIRMATION: 0, Purpose.REPLY: 1, Purpose.ALERT: 2, Purpose.MARKETING: 3}


@dataclass(frozen=True, slots=True)
class SmsRow:
    """One text on its way out. attempts: times handed to an SMSC; repeats: of these, after an unknown fate.

    held: it stands behind a screen, and may be withdrawn until it goes. offer: what it offers then.
    asks: it asks for an answer by text. campaign: what it is part of. about: a unit; more of it makes the text
    pointless. names, true_until, later_text: see ``SendSms``. In memory alone: avoid: who has refused it;
    in_vain: what it asks cannot be answered by the way it has to go.
    """

    id: str
    key: str
    subscription: SubscriptionId
    msisdn: Msisdn
    purpose: Purpose
    priority: int
    source: str
    text: str
    repeat_text: str
    expires_at: datetime | None
    state: str
    attempts: int
    repeats: int
    due_at: datetime
    created_at: datetime
    reason: str | None = None
    held: bool = False
    offer: OfferId | None = None
    asks: bool = False
    names: tuple[OfferId, ...] = ()
    campaign: str = ""
    about: str = ""
    true_until: datetime | None = None
    later_text: str = ""
    avoid: tuple[str, ...] = ()
    in_vain: bool = False

    @property
    def offers_something(self) -> bool:
        """Whether it goes out whole and could go without what it offers."""
        return bool(self.repeat_text) and self.repeat_text != self.text and not self.repeats

    def is_outdated(self, now: datetime) -> bool:
        """Whether its figures are too old to be told."""
        return self.true_until is not None and self.true_until < now and bool(self.later_text)

    def without_figures(self) -> SmsRow:
        """What it says once they are. What it offers is not in it."""
        text = self.later_text
        return replace(self, text=text, repeat_text=text, asks=False, names=(), true_until=None, later_text="")


def sms_row(effect: SendSms) -> SmsRow:
    """The row of a text that a flow asks for."""
    return SmsRow(
        id=new_id(effect.at),
        key=effect.key,
        subscription=effect.subscription,
        msisdn=effect.msisdn,
        purpose=effect.purpose,
        priority=PRIORITY[effect.purpose],
        source=effect.source,
        text=effect.text,
        repeat_text=effect.repeat_text,
        expires_at=effect.expires_at,
        state="suppressed" if effect.suppressed else "queued",
        attempts=0,
        repeats=0,
        due_at=effect.not_before or effect.at,
        created_at=effect.at,
        reason=effect.suppressed or None,
        held=effect.not_before is not None,
        offer=effect.offer,
        asks=effect.asks,
        names=effect.names,
        campaign=effect.campaign,
        about=effect.about,
        true_until=effect.true_until,
        later_text=effect.later_text if effect.true_until else "",
    )


def put(row: SmsRow) -> Op:
    """Write a new text."""
    return outgoing.put(
        row,
        KIND,
        row.purpose,
        _payload(row),
        priority=row.priority,
        due_at=row.due_at,
        campaign=row.campaign,
    )


def reword(row: SmsRow) -> Op:
    """What goes is not what was written at first: who looks it up later must find what was sent."""
    return Op(_REWORD, {"which": row.id, "new_payload": _payload(row)})


def _payload(row: SmsRow) -> str:
    payload: dict[str, object] = {
        "source": row.source,
        "text": row.text,
        "repeat_text": row.repeat_text,
        "expires_at": None if row.expires_at is None else row.expires_at.isoformat(),
    }
    if row.held:
        payload["held"] = True
    if row.offer:
        payload["offer"] = row.offer
    if row.asks:
        payload["asks"] = True
    if row.names:
        payload["names"] = row.names
    if row.true_until is not None:
        payload["true_until"], payload["later_text"] = row.true_until.isoformat(), row.later_text
    return encode(payload)


def read(row: AnyRow) -> SmsRow:
    """The row as the store has it."""
    payload = decode(row.payload)
    return SmsRow(
        id=row.id,
        key=row.key,
        subscription=SubscriptionId(row.subscription_id),
        msisdn=Msisdn(row.msisdn),
        purpose=_PURPOSES[row.purpose],
        priority=row.priority,
        source=payload["source"],
        text=payload["text"],
        repeat_text=payload["repeat_text"],
        expires_at=None if payload["expires_at"] is None else datetime.fromisoformat(payload["expires_at"]),
        state=row.state,
        attempts=row.attempts,
        repeats=row.repeats,
        due_at=row.due_at,
        created_at=row.created_at,
        reason=row.reason,
        held=payload.get("held", False),
        offer=payload.get("offer"),
        asks=payload.get("asks", False),
        names=tuple(payload.get("names", ())),
        campaign=row.campaign or "",
        about=row.about or "",
        true_until=datetime.fromisoformat(payload["true_until"]) if "true_until" in payload else None,
        later_text=payload.get("later_text", ""),
    )
