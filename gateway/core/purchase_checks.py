"""What is looked at right before an order is sent: may this person be charged, can they pay, is it too late."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import timedelta
from time import perf_counter
from typing import TypeVar

from flows.records import Order
from flows.values import Wallet
from gateway.core.context import Context
from gateway.core.ports import ChargingSystem, PurchaseRequest, Refused
from gateway.errors import ChargesStopped, OcsError, UnknownSubscriber
from gateway.telemetry import Metrics

GIVE_UP_AFTER = timedelta(minutes=15)
"""A yes is not charged later than this: the person has gone on with their life."""
Answer = TypeVar("Answer")


async def hindrance(context: Context, ocs: ChargingSystem, order: Order) -> Refused | OcsError | None:
    """What stands against sending now: for good, or for as long as the charging system does not answer."""
    withheld = context.reach.withheld(order.msisdn)
    if withheld:
        return Refused(withheld)
    if context.clock() - order.created_at > GIVE_UP_AFTER:
        return Refused("not_applied", "the charging system could not be reached in time")
    if context.reach.stops():
        return ChargesStopped("an operator has stopped everything; orders wait")
    try:
        wallet = await timed(context.metrics, "wallet", ocs.wallet(order.msisdn))
    except UnknownSubscriber:
        return Refused("unknown_subscriber")
    except OcsError as error:
        return error
    return None if _covers(wallet, order) else Refused("insufficient_funds", "balance below the price when asked")


def request_of(order: Order) -> PurchaseRequest:
    """The order as the charging system is asked about it."""
    return PurchaseRequest(
        order.key, order.msisdn, order.beneficiary, order.bundle, order.price, order.channel.value, order.created_at
    )


async def timed(metrics: Metrics, call: str, answer: Awaitable[Answer]) -> Answer:
    """The answer of the charging system, and in the metrics how long it took."""
    started = perf_counter()
    try:
        return await answer
    finally:
        metrics.ocs_seconds.labels(call).observe(perf_counter() - started)


def _covers(wallet: Wallet, order: Order) -> bool:
    """A balance that is not told, or is in another currency, is left to the charging system's own check."""
    balance = wallet.balance
    return balance is None or balance.currency != order.price.currency or balance.amount >= order.price.amount
