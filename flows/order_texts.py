"""What a payer and a beneficiary are told about an order, by its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flows.catalogue_services import OUT_OF_BUNDLE_ON
from flows.purchase_facts import BundleActivated
from flows.records import Order
from flows.texts import Voice
from flows.values import Money, Msisdn, OrderKind
from locales.catalogues import N_

_DIGITS_TOLD = 4
"""Of the number of somebody who sends money."""
_NAMES = {
    OrderKind.ADVANCE: N_("airtime advance"),
    OrderKind.TOP_UP: N_("top-up"),
    OrderKind.TRANSFER: N_("balance transfer"),
    OrderKind.OUT_OF_BUNDLE: N_("charges outside a bundle"),
}


def name_of(order: Order, voice: Voice, bundle: str) -> str:
    """What the order is called. bundle: the name of what is bought."""
    word = _NAMES.get(order.kind)
    return voice.say(word) if word else bundle


def confirmed(order: Order, fact: BundleActivated) -> str:
    """To the payer: done, what it cost, what is left."""
    return _CONFIRMED[order.kind](order, fact, fact.telling.voice)


def received(order: Order, voice: Voice, name: str) -> str:
    """To the beneficiary. name: of the bundle."""
    if order.credit is None:
        return voice.gift(name, order.msisdn)
    return voice.say(
        N_("You have received {amount} of balance from the number ending in {digits}."),
        amount=voice.money(order.credit),
        digits=order.msisdn[-_DIGITS_TOLD:],
    )


def declined(order: Order, voice: Voice, name: str, reason: str) -> str:
    """To the payer: not done, nothing charged, and why if they can do something about it."""
    if order.kind is OrderKind.PURCHASE and not (order.is_gift and reason == "not_offered"):
        return voice.declined(name, order.price, reason)
    if order.is_gift and order.kind is OrderKind.PURCHASE:
        return voice.say(N_("A bundle cannot be given to another number here. Nothing was charged."))
    if reason in _REASONS:
        return voice.say(_REASONS[reason])
    return voice.say(N_("We could not do this: {name}. Nothing was charged."), name=name)


_REASONS = {
    "wrong_voucher": N_("This PIN is not valid, or was used before. Nothing was charged."),
    "too_many_tries": N_("Too many wrong PINs. Try again tomorrow."),
    "still_owing": N_("You still owe an advance: it is taken from your next top-up. Nothing was charged."),
    "limit_reached": N_("That is more than may be sent in a day. Nothing was charged."),
    "insufficient_funds": N_("Your balance is too low for this. Nothing was charged."),
}


def _bought(order: Order, fact: BundleActivated, voice: Voice) -> str:
    if order.is_gift:
        return voice.gift_confirmation(fact.telling.name, order.beneficiary, order.price, fact.balance)
    return voice.confirmation(fact.telling.name, order.price, fact.balance)


def _advanced(order: Order, fact: BundleActivated, voice: Voice) -> str:
    assert order.credit is not None, "an advance says how much it is"
    said = voice.say(
        N_("You have {amount} in advance. {debt} will be taken from your next top-up."),
        amount=voice.money(order.credit),
        debt=voice.money(order.price),
    )
    return said + _left(voice, fact.balance)


def _topped_up(order: Order, fact: BundleActivated, voice: Voice) -> str:
    worth = fact.credit or order.credit
    said = (
        voice.say(N_("Your top-up of {amount} is done."), amount=voice.money(worth))
        if worth
        else voice.say(N_("Your top-up is done."))
    )
    return said + _left(voice, fact.balance)


def _sent(order: Order, fact: BundleActivated, voice: Voice) -> str:
    assert order.credit is not None, "a transfer says how much it is"
    said = voice.say(
        N_("You have sent {amount} to +{number}. Charged {price}."),
        amount=voice.money(order.credit),
        number=_whole(order.beneficiary),
        price=voice.money(order.price),
    )
    return said + _left(voice, fact.balance)


def _switched(order: Order, fact: BundleActivated, voice: Voice) -> str:
    if order.bundle == OUT_OF_BUNDLE_ON:
        return voice.say(N_("From now on, use without a bundle is charged to your balance."))
    return voice.say(N_("From now on, use without a bundle is not charged: it stops."))


_CONFIRMED: Mapping[OrderKind, Callable[[Order, BundleActivated, Voice], str]] = {
    OrderKind.PURCHASE: _bought,
    OrderKind.ADVANCE: _advanced,
    OrderKind.TOP_UP: _topped_up,
    OrderKind.TRANSFER: _sent,
    OrderKind.OUT_OF_BUNDLE: _switched,
}


def _left(voice: Voice, balance: Money | None) -> str:
    return "" if balance is None else " " + voice.say(N_("Balance {balance}."), balance=voice.money(balance))


def _whole(number: Msisdn) -> str:
    return str(number)
