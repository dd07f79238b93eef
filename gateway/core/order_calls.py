"""What the charging system is asked for an order of either kind: a purchase, or the refund of one."""

from __future__ import annotations

from dataclasses import replace

from flows.records import Order
from gateway.core.ports import (
    Activated,
    ChargingSystem,
    FindOutcome,
    PurchaseOutcome,
    PurchaseRequest,
    Refunded,
    RefundRequest,
)


def request_of(order: Order) -> PurchaseRequest:
    """A purchase as the charging system is asked for it."""
    return PurchaseRequest(
        order.key, order.msisdn, order.beneficiary, order.bundle, order.price, order.channel.value, order.created_at
    )


async def send(ocs: ChargingSystem, order: Order) -> PurchaseOutcome:
    """Ask for it; a refund that was carried out counts as activated."""
    if order.gives_back is None:
        return await ocs.purchase(request_of(order))
    outcome = await ocs.refund(_refund_of(order))
    return Activated(outcome.reference) if isinstance(outcome, Refunded) else outcome


async def find(ocs: ChargingSystem, order: Order) -> FindOutcome:
    """Ask whether it happened."""
    if order.gives_back is None:
        return await ocs.find(request_of(order))
    outcome = await ocs.find_refund(_refund_of(order))
    return Activated(outcome.reference) if isinstance(outcome, Refunded) else outcome


def _refund_of(order: Order) -> RefundRequest:
    """The order that it gives back, under the refund's own key."""
    assert order.gives_back is not None, "only a refund has one"
    return RefundRequest(order.key, request_of(replace(order, key=order.gives_back)))
