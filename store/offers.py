"""Offers: rows, and the questions asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import bindparam, exists, func, insert, select, update

from flows.direct_sale import REASON as MENU
from flows.documents import encode
from flows.effects import (
    RecordAsked,
    RecordDropped,
    RecordFirstYes,
    RecordOffer,
    RecordOffersOver,
    RecordOfferState,
    RecordUnasked,
    RecordYesUndone,
)
from flows.further_offers import REASON as MORE
from flows.records import Offer
from flows.values import BundleId, Channel, Money, OfferId, OrderKey, SubscriptionId
from store.ids import first_id
from store.reader import AnyRow, Reader
from store.tables import offers as t
from store.tables import orders, outbox
from store.unit import Gate, Op

_INSERT = insert(t)
_OF_OPEN = update(t).where(t.c.id == bindparam("which"), t.c.state == "open")
"""Of one offer, as long as it has not ended."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_END = _OF_OPEN.values(state=bindparam("new_state"), settled_at=bindparam("at"), order_key=bindparam("by_order"))
_END_ALL = (
    update(t)
    .where(t.c.subscription_id == bindparam("whose"), t.c.state == "open")
    .values(state="expired", settled_at=bindparam("at"))
)
_END_ONCE = _END.returning(t.c.id)
_FIRST_YES = _OF_OPEN.values(asked_at=bindparam("at"), yes_at=bindparam("yes")).returning(t.c.id)
_ASK = _OF_OPEN.values(asked_at=bindparam("at"), yes_at=None)
_UNASK = _OF_OPEN.values(asked_at=_LONG_AGO)
_UNDO_YES = update(t).where(t.c.id == bindparam("which")).values(yes_at=_LONG_AGO)
_BY_ID = select(t).where(t.c.id == bindparam("id"))
_NEWEST_IDS = (
    select(func.max(t.c.id))
    .where(t.c.subscription_id.in_(bindparam("subscriptions", expanding=True)))
    .group_by(t.c.subscription_id, t.c.sent_from, t.c.reply_code)
)
_NEWEST = select(t).where(t.c.id.in_(_NEWEST_IDS))
_OPEN = (
    select(t)
    .where(t.c.subscription_id == bindparam("subscription"), t.c.state == "open", t.c.expires_at > bindparam("now"))
    .order_by(t.c.id.desc())
)
_STILL_OPEN = (
    select(t.c.subscription_id, t.c.id)
    .where(t.c.subscription_id.in_(bindparam("subscriptions", expanding=True)), t.c.state == "open")
    .order_by(t.c.id)
)
_NAMED = _OF_OPEN.where(exists().where(outbox.c.id == bindparam("by_row"), outbox.c.state == "sending")).values(
    sent_from=bindparam("number"),
    asked_at=func.coalesce(bindparam("at", type_=t.c.asked_at.type), t.c.asked_at),
)
_UNBIND = _OF_OPEN.values(sent_from="")
_ON = func.coalesce(orders.c.channel, t.c.channel)
_ANSWERS = (
    select(t.c.subscription_id, _ON, t.c.state, func.count())
    .select_from(t.outerjoin(orders, orders.c.key == t.c.order_key))
    .where(
        t.c.subscription_id.in_(bindparam("subscriptions", expanding=True)),
        t.c.id > bindparam("since"),
        t.c.state != "open",
        t.c.reason.not_in((MENU, MORE)),
    )
    .group_by(t.c.subscription_id, _ON, t.c.state)
)
_REFUSED = (
    select(t.c.subscription_id, t.c.bundle)
    .where(
        t.c.subscription_id.in_(bindparam("subscriptions", expanding=True)),
        t.c.id > bindparam("since"),
        t.c.state == "declined",
    )
    .distinct()
)
_OVERDUE = select(t).where(t.c.state == "open", t.c.expires_at <= bindparam("now")).limit(500)
_COUNT_OPEN = select(func.count()).select_from(t).where(t.c.state == "open")


def put(effect: RecordOffer) -> Op:
    """A new offer, open or accepted as it was made."""
    return Op(
        _INSERT,
        {
            "id": effect.id,
            "subscription_id": effect.subscription,
            "bundle": effect.bundle,
            "price_amount": effect.price.amount,
            "price_currency": effect.price.currency,
            "state": "open" if effect.accepted is None else "accepted",
            "channel": effect.channel,
            "sent_from": effect.sent_from,
            "reason": effect.reason,
            "decision": encode(dict(effect.decision)),
            "reply_code": effect.reply_code,
            "order_key": effect.accepted,
            "settled_at": None if effect.accepted is None else effect.at,
            "created_at": effect.at,
            "expires_at": effect.expires_at,
        },
    )


def end_once(effect: RecordOfferState) -> Gate:
    """An open offer is accepted, declined or expired. Shut when it has ended: one answer counts, whoever gives it."""
    values = {"which": effect.id, "new_state": effect.state, "at": effect.at, "by_order": effect.order}
    return Gate(_END_ONCE, values)


def first_yes(effect: RecordFirstYes) -> Gate:
    """The first of two yeses to an open offer. Shut when it has ended."""
    return Gate(_FIRST_YES, {"which": effect.id, "at": effect.at, "yes": effect.at})


def ask(effect: RecordAsked) -> Op:
    """A text asks about it once more, from the beginning. Nothing happens if it has ended."""
    return Op(_ASK, {"which": effect.id, "at": effect.at})


def unask(effect: RecordUnasked) -> Op:
    """Another text is the latest: its digit buys nothing before it is asked about again."""
    return Op(_UNASK, {"which": effect.id})


def drop(effect: RecordDropped) -> Op:
    """It is declined along with others. Nothing happens if it has ended."""
    return Op(_END, {"which": effect.id, "new_state": "declined", "at": effect.at, "by_order": None})


def end_all(effect: RecordOffersOver) -> Op:
    """Every open offer of a person ends."""
    return Op(_END_ALL, {"whose": effect.subscription, "at": effect.at})


def undo_yes(effect: RecordYesUndone) -> Op:
    """As if the first yes had been long ago: it is still what was asked about last."""
    return Op(_UNDO_YES, {"which": effect.id})


async def by_id(reader: Reader, offer: str) -> Offer | None:
    """One offer."""
    row = await reader.first(_BY_ID, {"id": offer})
    return None if row is None else _offer(row)


def name(offer: OfferId, number: str, row: str, at: datetime | None) -> Op:
    """What names it goes: an answer to this number may take it. Nothing happens if that was withdrawn.

    row: the id of that, a text or a screen. at: when it asks, None for when the offer was made.
    """
    return Op(_NAMED, {"which": offer, "number": number, "by_row": row, "at": at})


def unbind(offer: OfferId) -> Op:
    """The text that names it has not gone, or goes without it: an answer by text must not take it unseen."""
    return Op(_UNBIND, {"which": offer})


async def newest_of(
    reader: Reader, subscriptions: Sequence[SubscriptionId]
) -> dict[tuple[SubscriptionId, str], tuple[Offer, ...]]:
    """Of each of these people and each service number the newest offer of each reply code, whatever became of it."""
    newest: dict[tuple[SubscriptionId, str], tuple[Offer, ...]] = {}
    for row in await reader.rows(_NEWEST, {"subscriptions": list(subscriptions)}):
        offer = _offer(row)
        whose = (offer.subscription, offer.sent_from)
        newest[whose] = (*newest.get(whose, ()), offer)
    return newest


async def open_of(reader: Reader, subscription: SubscriptionId, now: datetime) -> Sequence[Offer]:
    """Open offers, newest first."""
    return [_offer(row) for row in await reader.rows(_OPEN, {"subscription": subscription, "now": now})]


async def not_ended(
    reader: Reader, subscriptions: Sequence[SubscriptionId]
) -> dict[SubscriptionId, tuple[OfferId, ...]]:
    """Of each of these people the offers that have not ended, also those whose time is over."""
    found: dict[SubscriptionId, tuple[OfferId, ...]] = {}
    if subscriptions:
        for row in await reader.rows(_STILL_OPEN, {"subscriptions": list(subscriptions)}):
            found[row.subscription_id] = (*found.get(row.subscription_id, ()), OfferId(row.id))
    return found


async def answers_of(
    reader: Reader, subscriptions: Sequence[SubscriptionId], since: datetime
) -> dict[SubscriptionId, dict[tuple[Channel, str], int]]:
    """For each of these people: how many offers on which channel ended how; not those that they asked for themselves.

    An accepted one counts where it was accepted, whatever way it came.
    """
    found: dict[SubscriptionId, dict[tuple[Channel, str], int]] = {}
    values = {"subscriptions": list(subscriptions), "since": f"off-{first_id(since)}"}
    for row in await reader.rows(_ANSWERS, values):
        found.setdefault(SubscriptionId(row[0]), {})[Channel(row[1]), row[2]] = row[3]
    return found


async def refused(
    reader: Reader, subscriptions: Sequence[SubscriptionId], since: datetime
) -> dict[SubscriptionId, frozenset[str]]:
    """Of each of these people the bundles that they said no to when they were offered, since then."""
    found: dict[SubscriptionId, frozenset[str]] = {}
    values = {"subscriptions": list(subscriptions), "since": f"off-{first_id(since)}"}
    for row in await reader.rows(_REFUSED, values):
        whose = SubscriptionId(row.subscription_id)
        found[whose] = found.get(whose, frozenset()) | {row.bundle}
    return found


async def overdue(reader: Reader, now: datetime) -> Sequence[Offer]:
    """Open offers whose time is over, some hundreds at a time."""
    return [_offer(row) for row in await reader.rows(_OVERDUE, {"now": now})]


async def count_open(reader: Reader) -> int:
    """How many offers are open."""
    row = await reader.first(_COUNT_OPEN)
    return 0 if row is None else int(row[0])


def _offer(row: AnyRow) -> Offer:
    return Offer(
        id=OfferId(row.id),
        subscription=SubscriptionId(row.subscription_id),
        bundle=BundleId(row.bundle),
        price=Money(row.price_amount, row.price_currency),
        state=row.state,
        channel=Channel(row.channel),
        sent_from=row.sent_from,
        created_at=row.created_at,
        expires_at=row.expires_at,
        order=None if row.order_key is None else OrderKey(row.order_key),
        reason=row.reason,
        decision=row.decision,
        reply_code=row.reply_code,
        asked_at=row.asked_at,
        yes_at=row.yes_at,
    )
