"""What a menu's commands about advances, vouchers, transfers and charges outside a bundle lead to."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, InvalidOperation

from flows import service_orders
from flows.commands import NOT_TOLD, Carried, CommandGiven, nothing_done, said, started
from flows.currency import precision
from flows.records import Order
from flows.service_orders import ServiceAsked
from flows.values import Channel, Money, parse_msisdn
from menus.values import Command

SWITCHED = "switched"
"""Of what was last done in a session: a switch that is being settled right now."""


def top_up(given: CommandGiven) -> Carried:
    """A voucher: whether its PIN is right is the charging system's to say."""
    pin = given.command.args["voucher"]
    if "top_up" not in given.services:
        return nothing_done(given, "refused")
    asked = _asked(given, pin)
    return _begun(given, asked, service_orders.top_up(asked, pin, given.currency))


def take_advance(given: CommandGiven) -> Carried:
    """The advance that the page showed."""
    chosen = given.offered.advance(given.command.args["advance"])
    if chosen is None or "advance" not in given.services:
        return nothing_done(given, "refused")
    if chosen.id != given.session.place.chosen.get("advance"):  # not what the person said yes to
        return nothing_done(given, "refused")
    asked = _asked(given)
    return _begun(given, asked, service_orders.advance(asked, chosen))


def transfer(given: CommandGiven) -> Carried:
    """Balance for the number that was typed."""
    terms, to = given.offered.transfers, parse_msisdn(given.command.args["number"])
    if terms is None or to is None or "transfer" not in given.services:
        return nothing_done(given, "refused")
    if to == given.subscriber.msisdn:
        return nothing_done(given, "self")
    amount = minor_units(given.command.args["amount"], terms.currency)
    if amount is None or not terms.allows(amount):
        return nothing_done(given, "too_much")
    asked = _asked(given)
    return _begun(given, asked, service_orders.transfer(asked, to, amount, terms))


def set_out_of_bundle(given: CommandGiven) -> Carried:
    """In force once the charging system has it; what was asked for already is not asked for again."""
    on = given.command.args["value"] == "on"
    switch = given.switch
    if "out_of_bundle" not in given.services or switch is None or switch.wanted is on:
        return nothing_done(given, "done")
    asked = replace(_asked(given), at=switch.next_at(given.at))
    return replace(_begun(given, asked, service_orders.out_of_bundle(asked, given.currency, on=on)), outcome="done")


def switched(command: Command, *, confirmed: bool) -> dict[str, str]:
    """What a result page is told of a switch a moment before its end is written; nothing of other commands."""
    if command.name != "set_out_of_bundle":
        return {}
    return {SWITCHED: command.args["value"] if confirmed else "refused"}


def minor_units(typed: str, currency: str) -> int | None:
    """An amount as it was typed, in major units; None for one that has parts of a minor unit."""
    try:
        exact = Decimal(typed).scaleb(precision(currency))
    except InvalidOperation:
        return None
    return int(exact) if exact.is_finite() and exact == exact.to_integral_value() else None


def _asked(given: CommandGiven, secret: str = "") -> ServiceAsked:
    return ServiceAsked(given.at, given.subscriber, Channel.USSD, given.key, said(given, secret))


def _begun(given: CommandGiven, asked: ServiceAsked, order: Order) -> Carried:
    def told(money: Money | None) -> str:
        return NOT_TOLD if money is None else given.voice.money(money)

    shown = {"amount": told(order.credit), "price": told(order.price), "balance": NOT_TOLD}
    return started(given, shown, service_orders.order_effects(asked, order), order.key)
