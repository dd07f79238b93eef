"""What an event says: what its row knew, and what never changes, read from the store. Repeated, it says the same."""

from __future__ import annotations

import msgspec

from flows.announcements import EVENTS
from flows.values import SubscriptionId
from gateway.api.event_models import (
    ConsentHappened,
    ConsentTold,
    OfferHappened,
    OfferTold,
    OrderHappened,
    OrderTold,
)
from gateway.api.models import Model
from gateway.api.views import instant, money
from store import offers, orders, subscriptions
from store.orders import OrderView
from store.reader import Reader
from store.webhook_rows import WebhookRow


async def body(reader: Reader, row: WebhookRow) -> bytes | None:
    """The JSON; None for what did not come to pass, as an offer that had ended otherwise before."""
    if row.event in EVENTS["offers"]:
        told = await _offer(reader, row)
    elif row.event in EVENTS["orders"]:
        told = await _order(reader, row)
    else:
        told = await _consent(reader, row)
    return None if told is None else msgspec.json.encode(told)


async def _offer(reader: Reader, row: WebhookRow) -> Model | None:
    offer = await offers.by_id(reader, row.about)
    person = None if offer is None else await subscriptions.by_id(reader, offer.subscription)
    state = row.facts["state"]
    if offer is None or person is None or state not in ("open", offer.state):
        return None
    data = OfferTold(
        id=offer.id,
        msisdn=person.msisdn,
        bundle=offer.bundle,
        price=money(offer.price),
        channel=offer.channel,
        reason=offer.reason,
        state=state,
        order=row.facts.get("order"),
        created_at=instant(offer.created_at),
        expires_at=instant(offer.expires_at),
    )
    return OfferHappened(type=row.event, timestamp=instant(row.at), data=data)


async def _order(reader: Reader, row: WebhookRow) -> Model | None:
    view = await orders.by_key(reader, row.about)
    if view is None or view.order.gives_back is not None or not _was_so(view, row):
        return None
    order = view.order
    data = OrderTold(
        key=order.key,
        kind=order.kind,
        msisdn=order.msisdn,
        beneficiary=order.beneficiary,
        bundle=order.bundle,
        price=money(order.price),
        credit=None if order.credit is None else money(order.credit),
        channel=order.channel,
        offer=order.offer,
        state=row.facts["state"],
        reason=row.facts["reason"],
        detail=row.facts["detail"],
        ocs_reference=row.facts["reference"],
        created_at=instant(order.created_at),
    )
    return OrderHappened(type=row.event, timestamp=instant(row.at), data=data)


def _was_so(view: OrderView, row: WebhookRow) -> bool:
    """Settled orders do not move, but for being refunded: a step that came too late for one is not told.

    A refund is no purchase: that of the order which it gives back is told.
    """
    if row.facts["state"] == "in_doubt":
        return view.settled_at is None or view.settled_at >= row.at
    return view.order.state in (row.facts["state"], "refunded")


async def _consent(reader: Reader, row: WebhookRow) -> Model | None:
    person = await subscriptions.by_id(reader, SubscriptionId(row.facts["subscription"]))
    if person is None:
        return None
    data = ConsentTold(
        record_id=row.about,
        msisdn=person.msisdn,
        event=row.facts["event"],
        purpose=row.facts["purpose"],
        language=row.facts["language"],
        channel=row.facts["channel"],
    )
    return ConsentHappened(type=row.event, timestamp=instant(row.at), data=data)
