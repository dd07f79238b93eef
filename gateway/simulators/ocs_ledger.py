"""What the simulated charging system remembers: accounts, buckets, orders, and every charge in a ledger.

Pure: no socket, no clock (``at`` is passed in). It does *not* deduplicate on an order's ``externalId``, because a real
charging system need not: an order that was sent twice is charged twice, and the ledger shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from typing import Literal

from flows.catalogue import Bundle
from flows.currency import precision
from flows.frozen import dataclass
from flows.values import Bucket, Money, Msisdn

_OPENING_MAJOR_UNITS = 10_000

Kind = Literal["charge", "refund", "advance", "top_up", "recovery", "transfer", "received"]


def offering_of(context: str, ident: int) -> str:
    """A Diameter service as orders name it: Service-Context-Id and Service-Identifier."""
    return f"{context}/{ident}"


@dataclass(frozen=True, slots=True)
class Order:
    """One productOrder that was received. note: why it was refused; bundle: None for what is none.

    action: ``add``, or ``delete`` of what is had.
    """

    id: str
    key: str
    payer: Msisdn
    beneficiary: Msisdn
    offering: str
    price: Money
    ordered_at: datetime
    bundle: Bundle | None = None
    state: str = "acknowledged"
    note: str = ""
    action: str = "add"


@dataclass(frozen=True, slots=True)
class LedgerItem:
    """One movement of money. amount: minor units, always positive; kind tells the direction."""

    key: str
    msisdn: Msisdn
    beneficiary: Msisdn
    offering: str
    amount: int
    currency: str
    at: datetime
    kind: Kind
    balance_after: int


@dataclass(slots=True)
class Account:
    """One subscriber. balance, debt (of advances): minor units. out_of_bundle: use without a bundle is charged."""

    balance: int
    buckets: list[Bucket] = field(default_factory=list)
    debt: int = 0
    out_of_bundle: bool = False


class Ledger:
    """All accounts in one currency. opening: minor units that a subscriber never seen before starts with."""

    def __init__(self, currency: str, offerings: Mapping[str, Bundle], opening: int | None = None) -> None:
        self.currency = currency
        self.items: list[LedgerItem] = []
        self.orders: dict[str, Order] = {}
        self._offerings = offerings
        self._opening = _OPENING_MAJOR_UNITS * 10 ** precision(currency) if opening is None else opening
        self._accounts: dict[Msisdn, Account] = {}
        self._granted = 0

    def account(self, msisdn: Msisdn) -> Account:
        """The subscriber's account, opened if it is new."""
        return self._accounts.setdefault(msisdn, Account(self._opening))

    def put(
        self, msisdn: Msisdn, balance: int | None, buckets: Sequence[Bucket] | None, debt: int | None = None
    ) -> Account:
        """Set what is given, leave the rest."""
        account = self.account(msisdn)
        if balance is not None:
            account.balance = balance
        if buckets is not None:
            account.buckets = list(buckets)
        if debt is not None:
            account.debt = debt
        return account

    def receive(self, order: Order) -> Order:
        """Note an order down under its id, with the bundle that its offering stands for; nothing is charged yet."""
        known = replace(order, bundle=self._offerings.get(order.offering))
        self.orders[order.id] = known
        return known

    def refuse(self, order: Order, note: str) -> Order:
        """Reject an order with words; nothing is charged."""
        return self._settle(replace(order, state="rejected", note=note))

    def park(self, order: Order, state: str) -> Order:
        """Leave an order in a state on the way; nothing is charged."""
        return self._settle(replace(order, state=state))

    def say_done(self, order: Order) -> Order:
        """Complete an order without doing anything, as some charging systems do."""
        return self._settle(replace(order, state="completed"))

    def apply(self, order: Order, at: datetime, *, grants: bool = True) -> Order:
        """Charge the payer and grant to the beneficiary, or reject; half of it only where ``grants`` is False."""
        if order.bundle is None:
            return self.refuse(order, f"unknown product offering {order.offering}")
        if order.price.currency != self.currency:
            return self.refuse(order, f"price not in {self.currency}")
        account = self.account(order.payer)
        if account.balance < order.price.amount:
            return self.refuse(order, "insufficient balance")
        account.balance -= order.price.amount
        if grants:
            self._grant(order.beneficiary, order.bundle, at)
        self.items.append(
            LedgerItem(
                key=order.key,
                msisdn=order.payer,
                beneficiary=order.beneficiary,
                offering=order.offering,
                amount=order.price.amount,
                currency=self.currency,
                at=at,
                kind="charge",
                balance_after=account.balance,
            )
        )
        return self._settle(replace(order, state="completed"))

    def refund(self, msisdn: Msisdn, amount: int, key: str, at: datetime) -> LedgerItem:
        """Give ``amount`` minor units back."""
        return self.move(msisdn, amount, key, "", at)

    def move(self, msisdn: Msisdn, change: int, key: str, offering: str, at: datetime) -> LedgerItem:
        """Add minor units to an account, or take them, also into debt: on some wires nobody looks whether they suffice.

        offering: what was granted with it, if that is told.
        """
        return self.note(msisdn, change, key, "refund" if change > 0 else "charge", at, offering=offering)

    def note(
        self, msisdn: Msisdn, change: int, key: str, kind: Kind, at: datetime, *, to: str = "", offering: str = ""
    ) -> LedgerItem:
        """Change a balance by minor units and write it down. to: who else gets it."""
        account = self.account(msisdn)
        account.balance += change
        gets = Msisdn(to or msisdn)
        item = LedgerItem(key, msisdn, gets, offering, abs(change), self.currency, at, kind, account.balance)
        self.items.append(item)
        return item

    def settle(self, order: Order, note: str = "") -> Order:
        """An order is done, or refused with words."""
        return self._settle(replace(order, state="rejected" if note else "completed", note=note))

    def items_of(self, msisdn: str | None) -> list[LedgerItem]:
        """The movements of one subscriber, or all; oldest first."""
        return [item for item in self.items if msisdn is None or item.msisdn == msisdn]

    def _settle(self, order: Order) -> Order:
        self.orders[order.id] = order
        return order

    def _grant(self, msisdn: Msisdn, bundle: Bundle, at: datetime) -> None:
        ends = at + timedelta(hours=bundle.validity_hours)
        for allowance in bundle.allowances:
            self._granted += 1
            granted = Bucket(
                id=f"b-{self._granted}",
                unit=allowance.unit,
                remaining=allowance.amount,
                initial=allowance.amount,
                expires_at=ends,
                name=bundle.name("en"),
                product=bundle.id,
                activated_at=at,
                zone=allowance.zone,
                window=allowance.window,
                service=allowance.service,
                renews=bundle.renews,
            )
            self.account(msisdn).buckets.append(granted)
