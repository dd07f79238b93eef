"""The kinds of order that go through the one lane, and what holds for each (ADR 27)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flows.frozen import dataclass
from flows.records import Order
from flows.values import Money, OrderKind, Wallet

Check = Callable[[Wallet, Order], str]
"""Why an order is not sent to an account in this state, as a stable code; empty if it may be."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What one kind of order asks of the lane.

    check: of the payer's wallet before each send; None where nobody has to look. lapses: a quarter of an hour later it
    is pointless; else it is carried out however late. grants: a bundle must be there afterwards. in_turn: an order of
    this kind waits until those that the same person gave before are settled. credits: the payer's account grows by it.
    ends_with_person: it is about how somebody uses their number, and is void once they have it no more.
    """

    check: Check | None
    lapses: bool
    grants: bool = False
    in_turn: bool = False
    credits: bool = False
    ends_with_person: bool = False


def _covered(wallet: Wallet, order: Order) -> str:
    """Also by airtime that was advanced, which is there to be used: it is taken back from what comes in next."""
    return _too_little(wallet.balance, order.price)


def _free_to_give(wallet: Wallet, order: Order) -> str:
    """What is owed is not given away."""
    return _too_little(wallet.spendable, order.price)


def _owes_nothing(wallet: Wallet, order: Order) -> str:
    """One advance at a time."""
    return "still_owing" if wallet.debt is not None and wallet.debt.amount > 0 else ""


def _too_little(there: Money | None, price: Money) -> str:
    """A balance that is not told, or is in another currency, is left to the charging system's own check."""
    short = there is not None and there.currency == price.currency and there.amount < price.amount
    return "insufficient_funds" if short else ""


TERMS: Mapping[OrderKind, Terms] = {
    OrderKind.PURCHASE: Terms(_covered, lapses=True, grants=True),
    OrderKind.REFUND: Terms(None, lapses=False, credits=True),
    OrderKind.ADVANCE: Terms(_owes_nothing, lapses=True, in_turn=True, credits=True),
    OrderKind.TOP_UP: Terms(None, lapses=True, in_turn=True, credits=True),
    OrderKind.TRANSFER: Terms(_free_to_give, lapses=True, in_turn=True),
    OrderKind.OUT_OF_BUNDLE: Terms(None, lapses=False, in_turn=True, ends_with_person=True),
}


def terms_of(order: Order) -> Terms:
    """What holds for this order."""
    return TERMS[order.kind]


def movement_of(order: Order) -> Money:
    """By how much the payer's account grows or shrinks with it; what a voucher is worth is known once it is used."""
    if terms_of(order).credits and order.kind is not OrderKind.REFUND:
        return order.credit or Money(0, order.price.currency)
    return order.price
