"""Orders of what is offered beside bundles: nobody offered it, somebody asked for it.

Each is made in one step under a key that the request alone determines: the same request again makes the same row,
which the database refuses (ADR 5, ADR 27). What stands against it is looked at by the lane, right before it is sent.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from flows.catalogue_services import OUT_OF_BUNDLE_OFF, OUT_OF_BUNDLE_ON, Advance, Transfers
from flows.effects import ActivateBundle, Effect, RecordAudit, RecordOrder
from flows.frozen import dataclass
from flows.records import Answer, Order, Subscriber
from flows.values import BundleId, Channel, Money, Msisdn, OfferId, OrderKey, OrderKind

_ONE_STEP = timedelta(microseconds=1)
"""As finely as the store tells times apart."""


@dataclass(frozen=True, slots=True)
class ServiceAsked:
    """Somebody asked for it. key: identifies the request, at most 36 characters; answer: how it was said."""

    at: datetime
    subscriber: Subscriber
    channel: Channel
    key: str
    answer: Answer | None = None

    def order(
        self,
        kind: OrderKind,
        price: Money,
        *,
        product: BundleId | None = None,
        credit: Money | None = None,
        to: Msisdn | None = None,
        pin: str = "",
    ) -> Order:
        """The order that it makes. price, credit, pin: as of orders. product: left out, the kind says it all."""
        person = self.subscriber
        return Order(
            key=service_key(self.key),
            offer=OfferId(f"srv-{self.key}"),
            subscription=person.id,
            msisdn=person.msisdn,
            beneficiary=to or person.msisdn,
            bundle=product or BundleId(kind),
            price=price,
            channel=self.channel,
            state="pending",
            attempts=0,
            queries=0,
            created_at=self.at,
            kind=kind,
            credit=credit,
            pin=pin,
        )


@dataclass(frozen=True, slots=True)
class Switch:
    """Whether use without a bundle is charged, and whether it is to be, as was said last.

    asked_at: when that was said, None where nothing ever was.
    """

    in_force: bool
    wanted: bool
    asked_at: datetime | None = None

    def next_at(self, now: datetime) -> datetime:
        """When the next change is said: after the last, whatever the clock says, for they go in the order of making."""
        return now if self.asked_at is None else max(now, self.asked_at + _ONE_STEP)


def service_key(key: str) -> OrderKey:
    """The key of the order that a request makes."""
    return OrderKey(f"ord-srv-{key}")


def advance(asked: ServiceAsked, chosen: Advance) -> Order:
    """Airtime in advance: it and its fee are owed."""
    return asked.order(OrderKind.ADVANCE, chosen.debt, product=chosen.id, credit=chosen.amount)


def top_up(asked: ServiceAsked, pin: str, currency: str) -> Order:
    """A voucher is used: what it is worth is known once it is."""
    return asked.order(OrderKind.TOP_UP, Money(0, currency), pin=pin)


def transfer(asked: ServiceAsked, to: Msisdn, amount: int, terms: Transfers) -> Order:
    """Balance for another number. amount: minor units that arrive; the fee comes on top."""
    price, credit = Money(amount + terms.fee, terms.currency), Money(amount, terms.currency)
    return asked.order(OrderKind.TRANSFER, price, credit=credit, to=to)


def out_of_bundle(asked: ServiceAsked, currency: str, *, on: bool) -> Order:
    """Whether use without a bundle is charged, from when the charging system knows."""
    product = OUT_OF_BUNDLE_ON if on else OUT_OF_BUNDLE_OFF
    return asked.order(OrderKind.OUT_OF_BUNDLE, Money(0, currency), product=product)


def order_effects(asked: ServiceAsked, order: Order) -> tuple[Effect, ...]:
    """The order, and the call."""
    return (
        RecordOrder(order, asked.answer),
        ActivateBundle(order, asked.subscriber),
        RecordAudit(
            actor=asked.channel,
            action=f"{order.kind}.asked",
            subscription=order.subscription,
            at=asked.at,
            detail={"order": order.key},
        ),
    )
