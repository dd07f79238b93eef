"""What is looked at right before an order is sent: may this person be charged, can they pay, is it too late."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import timedelta
from time import perf_counter
from typing import TypeVar

from flows.frozen import dataclass
from flows.order_kinds import terms_of
from flows.records import Order
from flows.values import Money
from gateway.core.context import Context
from gateway.core.order_limits import beyond_limit
from gateway.core.ports import ChargingSystem, Refused
from gateway.core.refund_checks import Unclear, not_owed
from gateway.errors import ChargesStopped, OcsError, UnknownSubscriber
from gateway.telemetry import Metrics

GIVE_UP_AFTER = timedelta(minutes=15)
"""A yes is not charged later than this: the person has gone on with their life."""
Answer = TypeVar("Answer")
_WORDS = {
    "insufficient_funds": "balance below the price when asked",
    "still_owing": "an advance from before is not paid back yet",
}


@dataclass(frozen=True, slots=True)
class Clear:
    """Nothing stands against sending. balance: of the payer before it, None where it is not told or not looked at."""

    balance: Money | None = None


async def hindrance(context: Context, ocs: ChargingSystem, order: Order) -> Refused | OcsError | Unclear | Clear:
    """What stands against sending now: for good, or for as long as the charging system does not answer.

    Unclear: a refund of which a person must say whether it is owed.
    """
    withheld = context.reach.withheld(order.msisdn)
    terms = terms_of(order)
    if not terms.lapses:  # what is owed is given back, and a choice is passed on, however late
        if may_not_be_charged(context, order):
            return _stopped()
        return Clear() if order.gives_back is None else await not_owed(context, ocs, order) or Clear()
    if withheld:
        return Refused(withheld)
    if context.clock() - order.created_at > GIVE_UP_AFTER:
        return Refused("not_applied", "the charging system could not be reached in time")
    if context.reach.stops():
        return _stopped()
    if refusal := await beyond_limit(context, order):
        return refusal
    if terms.check is None:
        return Clear()
    try:
        wallet = await timed(context.metrics, "wallet", ocs.wallet(order.msisdn))
    except UnknownSubscriber:
        return Refused("unknown_subscriber")
    except OcsError as error:
        return error
    if reason := terms.check(wallet, order):
        return Refused(reason, _WORDS[reason])
    return Clear(wallet.balance)


def may_not_be_charged(context: Context, order: Order) -> bool:
    """Whether an operator has stopped charges, or this person's."""
    return bool(context.reach.withheld(order.msisdn)) or context.reach.stops()


def _stopped() -> ChargesStopped:
    return ChargesStopped("an operator has stopped everything; orders wait")


async def timed(metrics: Metrics, call: str, answer: Awaitable[Answer]) -> Answer:
    """The answer of the charging system, and in the metrics how long it took."""
    started = perf_counter()
    try:
        return await answer
    finally:
        metrics.ocs_seconds.labels(call).observe(perf_counter() - started)
