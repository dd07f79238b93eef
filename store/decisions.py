"""What was decided and on what: rows, what was on sale, and the answers that can be learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, delete, exists, func, insert, not_, or_, select
from sqlalchemy.dialects.sqlite import insert as insert_once

from flows.documents import decode, encode
from flows.effects import RecordDecision
from flows.frozen import dataclass
from flows.values import OfferId, SubscriptionId
from store.ids import first_id, made_at
from store.reader import AnyRow, Reader
from store.tables import decision_offers, offers, ranking_states
from store.tables import decisions as t
from store.unit import Op

_OFFER = "off-"
_INSERT = insert(t)
_SELL = insert_once(decision_offers).on_conflict_do_nothing()
_BY_ID = select(t).where(t.c.id == bindparam("id"))
_OFFERS = select(decision_offers.c.body).where(decision_offers.c.digest == bindparam("digest"))
_LATER = or_(
    offers.c.settled_at > bindparam("answered_at"),
    and_(offers.c.settled_at == bindparam("answered_at"), offers.c.id > bindparam("offer")),
)
_ANSWERED = (
    select(
        offers.c.id,
        offers.c.bundle,
        offers.c.state,
        offers.c.settled_at,
        t.c.inputs,
        t.c.outputs,
    )
    .select_from(offers.join(t, t.c.id == func.substr(offers.c.id, len(_OFFER) + 1)))
    .where(
        offers.c.settled_at >= bindparam("answered_at"),
        offers.c.settled_at <= bindparam("until"),
        _LATER,
        offers.c.sent_from != "",
        t.c.state.is_not(None),
    )
    .order_by(offers.c.settled_at, offers.c.id)
    .limit(bindparam("most"))
)
_FORGET = delete(t).where(t.c.id < bindparam("first"))
_FORGET_OF = delete(t).where(t.c.subscription_id == bindparam("subscription"))
_FORGET_OFFERS = delete(decision_offers).where(
    decision_offers.c.at < bindparam("before"), not_(exists().where(t.c.offers == decision_offers.c.digest))
)
_later = ranking_states.alias()
_FORGET_STATES = delete(ranking_states).where(
    ranking_states.c.id < bindparam("first"),
    exists().where(_later.c.model == ranking_states.c.model, _later.c.id > ranking_states.c.id),
    not_(exists().where(t.c.state == ranking_states.c.id)),
)


@dataclass(frozen=True, slots=True)
class Answered:
    """An offer that the learned ranking chose or was held out from, and what became of it.

    inputs, outputs: ``scoring.packed``.
    """

    offer: OfferId
    bundle: str
    accepted: bool
    at: datetime
    inputs: bytes
    outputs: bytes


def put(effect: RecordDecision) -> Op:
    """A decision."""
    return Op(
        _INSERT,
        {
            "id": effect.id,
            "subscription_id": effect.subscription,
            "offers": effect.offers,
            "state": effect.state or None,
            "version": effect.version,
            "models": encode(effect.models) if effect.models else None,
            "inputs": effect.inputs,
            "outputs": effect.outputs,
        },
    )


def sell(digest: str, body: str, at: datetime) -> Op:
    """What was on sale; nothing happens if that is known."""
    return Op(_SELL, {"digest": digest, "at": at, "body": body})


def forget(before: datetime) -> Op:
    """Decisions from before."""
    return Op(_FORGET, {"first": first_id(before)})


def forget_unused(before: datetime) -> Sequence[Op]:
    """What was on sale and states of the ranking, from before, that no decision names any more; but each model's last
    state, from which somebody may go on.
    """
    return [Op(_FORGET_OFFERS, {"before": before}), Op(_FORGET_STATES, {"first": first_id(before)})]


def forget_of(subscription: SubscriptionId) -> Op:
    """All of one person's."""
    return Op(_FORGET_OF, {"subscription": subscription})


async def by_id(reader: Reader, decision: str) -> RecordDecision | None:
    """One decision, by its id or its offer's; None for one that is not known, or not any more."""
    row = await reader.first(_BY_ID, {"id": decision.removeprefix(_OFFER)})
    return None if row is None else _decision(row)


async def on_sale(reader: Reader, digest: str) -> str | None:
    """What was on sale."""
    row = await reader.first(_OFFERS, {"digest": digest})
    return None if row is None else str(row.body)


async def answered(
    reader: Reader, after: tuple[datetime, str], until: datetime, most: int = 1_000
) -> Sequence[Answered]:
    """The next answers after this instant and offer, oldest first; offers that never reached anybody are left out."""
    values = {"answered_at": after[0], "offer": after[1], "until": until, "most": most}
    return [_answered(row) for row in await reader.rows(_ANSWERED, values)]


def _answered(row: AnyRow) -> Answered:
    return Answered(
        offer=OfferId(row.id),
        bundle=row.bundle,
        accepted=row.state == "accepted",
        at=row.settled_at,
        inputs=bytes(row.inputs),
        outputs=bytes(row.outputs),
    )


def _decision(row: AnyRow) -> RecordDecision:
    models: Mapping[str, str] = decode(row.models) if row.models else {}
    return RecordDecision(
        id=row.id,
        subscription=SubscriptionId(row.subscription_id),
        at=made_at(row.id),
        offers=row.offers,
        state=row.state or "",
        version=row.version,
        models=models,
        inputs=bytes(row.inputs),
        outputs=bytes(row.outputs),
    )
