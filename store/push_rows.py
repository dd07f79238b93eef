"""Screens that the network is to show, in the outbox: claimed once, and never shown again after a claim."""

from __future__ import annotations

from datetime import datetime

from flows.documents import decode, encode
from flows.effects import PushUssd
from flows.frozen import dataclass
from flows.values import Msisdn, OfferId, SubscriptionId
from store import outgoing
from store.ids import new_id
from store.reader import AnyRow
from store.unit import Gate, Op

KIND = "push"


@dataclass(frozen=True, slots=True)
class PushRow:
    """One screen on its way. until: after that the text behind it goes, and no screen any more.

    session: that it opens, empty until it is claimed. fallback: key of the text behind it.
    """

    id: str
    key: str
    subscription: SubscriptionId
    msisdn: Msisdn
    door: str
    notice: str
    offer: OfferId | None
    until: datetime
    fallback: str
    state: str
    created_at: datetime
    session: str = ""
    reason: str | None = None
    about: str = ""


def push_row(effect: PushUssd) -> PushRow:
    """The row of a screen that a flow asks for."""
    return PushRow(
        id=new_id(effect.at),
        key=effect.key,
        subscription=effect.subscription,
        msisdn=effect.msisdn,
        door=effect.door,
        notice=effect.notice,
        offer=effect.offer,
        until=effect.until,
        fallback=effect.fallback,
        state="suppressed" if effect.suppressed else "queued",
        created_at=effect.at,
        reason=effect.suppressed or None,
        about=effect.about,
    )


def put(row: PushRow) -> Op:
    """Write a new screen."""
    return outgoing.put(row, KIND, KIND, _payload(row), priority=0, due_at=row.created_at)


def claim(row: PushRow) -> Gate:
    """Taken in hand, with the session that it opens; shut when somebody had it in hand before."""
    assert row.session, "a claim names the session"
    return outgoing.claim(row.id, payload=_payload(row))


def read(row: AnyRow) -> PushRow:
    """The row as the store has it."""
    payload = decode(row.payload)
    return PushRow(
        id=row.id,
        key=row.key,
        subscription=SubscriptionId(row.subscription_id),
        msisdn=Msisdn(row.msisdn),
        door=payload["door"],
        notice=payload["notice"],
        offer=payload["offer"],
        until=datetime.fromisoformat(payload["until"]),
        fallback=payload["fallback"],
        state=row.state,
        created_at=row.created_at,
        session=payload["session"],
        reason=row.reason,
        about=row.about or "",
    )


def _payload(row: PushRow) -> str:
    kept = {
        "door": row.door,
        "notice": row.notice,
        "offer": row.offer,
        "until": row.until.isoformat(),
        "fallback": row.fallback,
        "session": row.session,
    }
    return encode(kept)
