"""A subscriber's texts, both ways, as care reads them: newest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, case, func, select

from flows.documents import decode
from flows.frozen import dataclass
from flows.values import Msisdn, SubscriptionId
from store import parts
from store.reader import AnyRow, Reader
from store.tables import inbox, outbox

_SHOWN = {"sending": "queued"}
_OUT = (
    select(outbox)
    .where(
        outbox.c.subscription_id == bindparam("subscription"),
        outbox.c.kind == "sms",
        outbox.c.id < bindparam("before"),
    )
    .order_by(outbox.c.id.desc())
    .limit(bindparam("limit"))
)
_IN = (
    select(inbox)
    .where(
        inbox.c.subject == bindparam("msisdn"),
        inbox.c.kind == "mo",
        inbox.c.id < bindparam("before"),
    )
    .order_by(inbox.c.id.desc())
    .limit(bindparam("limit"))
)
_LATEST_OUT = select(outbox).where(outbox.c.kind == "sms").order_by(outbox.c.id.desc()).limit(bindparam("limit"))
_LATEST_IN = select(inbox).where(inbox.c.kind == "mo").order_by(inbox.c.id.desc()).limit(bindparam("limit"))
_BY_ID = select(outbox).where(outbox.c.id == bindparam("which"), outbox.c.kind == "sms")
_LATER = func.sum(case((outbox.c.due_at > bindparam("now", type_=outbox.c.due_at.type), 1), else_=0)).label("later")
_OF_CAMPAIGN = (
    select(outbox.c.state, func.count().label("texts"), _LATER)
    .where(outbox.c.campaign == bindparam("name"))
    .group_by(outbox.c.state)
)
_LAST = "~"


@dataclass(frozen=True, slots=True)
class Message:
    """One text. direction: in | out; parts and smsc_ids of an outgoing one, once it was handed over.

    source: what an outgoing one is to leave from, where its way allows. waits: nothing of it is on its way.
    """

    id: str
    direction: str
    msisdn: Msisdn
    text: str
    purpose: str
    state: str
    parts: int | None
    smsc: str | None
    smsc_ids: tuple[str, ...]
    reason: str | None
    created_at: datetime
    settled_at: datetime | None
    campaign: str = ""
    source: str = ""
    asks: bool = False
    waits: bool = False
    due_at: datetime | None = None
    expires_at: datetime | None = None
    attempts: int = 0
    repeats: int = 0


async def of_subscriber(
    reader: Reader, subscription: SubscriptionId, msisdn: Msisdn, limit: int, after: str | None
) -> Sequence[Message]:
    """One page. after: the id that the last page ended with."""
    values = {"before": after or _LAST, "limit": limit}
    sent = await reader.rows(_OUT, {**values, "subscription": subscription})
    received = await reader.rows(_IN, {**values, "msisdn": msisdn})
    return await _page(reader, sent, received, limit)


async def latest(reader: Reader, limit: int) -> Sequence[Message]:
    """The newest texts of everybody."""
    sent = await reader.rows(_LATEST_OUT, {"limit": limit})
    return await _page(reader, sent, await reader.rows(_LATEST_IN, {"limit": limit}), limit)


async def by_id(reader: Reader, which: str) -> Message | None:
    """One text that was to go out."""
    row = await reader.first(_BY_ID, {"which": which})
    return None if row is None else (await _page(reader, [row], [], 1))[0]


async def of_campaign(reader: Reader, name: str, now: datetime) -> Mapping[str, int]:
    """How many of its texts are in each state, as it is shown. Read from an index alone: a million take a moment."""
    found: Counter[str] = Counter()
    for row in await reader.rows(_OF_CAMPAIGN, {"name": name, "now": now}):
        later = row.later if row.state == "queued" else 0
        found.update({"deferred": later, _SHOWN.get(row.state, row.state): row.texts - later})
    return +found


async def _page(reader: Reader, sent: Sequence[AnyRow], received: Sequence[AnyRow], limit: int) -> Sequence[Message]:
    ids: dict[str, list[str]] = {}
    for part in await parts.of_rows(reader, [row.id for row in sent]):
        ids.setdefault(part.outbox_id, []).append(part.message_id)
    messages = [*(_out(row, tuple(ids.get(row.id, ()))) for row in sent), *map(_in, received)]
    return sorted(messages, key=lambda message: message.id, reverse=True)[:limit]


def _out(row: AnyRow, smsc_ids: tuple[str, ...]) -> Message:
    payload = decode(row.payload)
    return Message(
        id=row.id,
        direction="out",
        msisdn=Msisdn(row.msisdn),
        text=payload["repeat_text"] if row.repeats else payload["text"],
        purpose=row.purpose,
        state=_SHOWN.get(row.state, row.state),
        parts=row.parts,
        smsc=row.smsc,
        smsc_ids=smsc_ids,
        reason=row.reason,
        created_at=row.created_at,
        settled_at=row.settled_at,
        campaign=row.campaign or "",
        source=payload["source"],
        asks=payload.get("asks", False) and not row.repeats,
        waits=row.state in ("queued", "deferred"),
        due_at=row.due_at,
        expires_at=None if payload["expires_at"] is None else datetime.fromisoformat(payload["expires_at"]),
        attempts=row.attempts,
        repeats=row.repeats,
    )


def _in(row: AnyRow) -> Message:
    body = decode(row.body)
    return Message(
        id=row.id,
        direction="in",
        msisdn=Msisdn(row.subject),
        text=body["text"],
        purpose="",
        state="received" if row.processed_at is None else "processed",
        parts=None,
        smsc=body["smsc"],
        smsc_ids=(),
        reason=row.outcome,
        created_at=row.received_at,
        settled_at=row.processed_at,
    )
