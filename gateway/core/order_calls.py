"""What the charging system is asked for an order, by its kind."""

from __future__ import annotations

from dataclasses import replace

from flows.records import Order
from flows.values import OrderKind
from gateway.core.ports import (
    Activated,
    ChargingSystem,
    FindOutcome,
    PurchaseOutcome,
    PurchaseRequest,
    Refunded,
    RefundRequest,
    ServiceRequest,
)


def request_of(order: Order) -> PurchaseRequest:
    """A purchase as the charging system is asked for it."""
    return PurchaseRequest(
        order.key, order.msisdn, order.beneficiary, order.bundle, order.price, order.channel.value, order.created_at
    )


async def send(ocs: ChargingSystem, order: Order) -> PurchaseOutcome:
    """Ask for it; a refund that was carried out counts as activated."""
    match order.kind:
        case OrderKind.PURCHASE:
            return await ocs.purchase(request_of(order))
        case OrderKind.REFUND:
            outcome = await ocs.refund(_refund_of(order))
            return Activated(outcome.reference) if isinstance(outcome, Refunded) else outcome
        case _:
            return await ocs.serve(_service_of(order))


async def find(ocs: ChargingSystem, order: Order) -> FindOutcome:
    """Ask whether it happened."""
    match order.kind:
        case OrderKind.PURCHASE:
            return await ocs.find(request_of(order))
        case OrderKind.REFUND:
            outcome = await ocs.find_refund(_refund_of(order))
            return Activated(outcome.reference) if isinstance(outcome, Refunded) else outcome
        case _:
            return await ocs.find_service(_service_of(order))


def _service_of(order: Order) -> ServiceRequest:
    return ServiceRequest(
        order.kind,
        order.key,
        order.msisdn,
        order.beneficiary,
        order.bundle,
        order.price,
        order.channel.value,
        order.created_at,
        order.credit,
        order.pin,
    )


def _refund_of(order: Order) -> RefundRequest:
    """The order that it gives back, under the refund's own key."""
    assert order.gives_back is not None, "only a refund has one"
    return RefundRequest(order.key, request_of(replace(order, key=order.gives_back)))
