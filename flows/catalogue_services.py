"""What an operator offers beside bundles, as ``catalogue.yaml`` says: what is left out is not offered (ADR 27)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Final

from flows.catalogue_fields import Fields
from flows.frozen import dataclass
from flows.values import BundleId, Money

OUT_OF_BUNDLE_ON: Final = BundleId("out-of-bundle:on")
OUT_OF_BUNDLE_OFF: Final = BundleId("out-of-bundle:off")
Ocs = Mapping[str, Mapping[str, object]]
_MOST_TRIES = 20


@dataclass(frozen=True, slots=True)
class Advance:
    """Airtime in advance. amount: what is credited now; fee: what is taken back beside it, from the next top-up.

    below: minor units of balance from which on nobody is given it, None for whoever asks. eligible, ocs: as of bundles.
    """

    id: BundleId
    amount: Money
    fee: Money
    below: int | None = None
    eligible: Mapping[str, frozenset[str]] = field(default_factory=dict)
    ocs: Ocs = field(default_factory=dict)

    @property
    def debt(self) -> Money:
        """All that is taken back."""
        return Money(self.amount.amount + self.fee.amount, self.amount.currency)

    def open_to(self, facts: Mapping[str, str], balance: Money | None) -> bool:
        """Whether somebody of whom this is known may have it; a balance that is not told bars nobody."""
        if any(facts.get(fact) not in values for fact, values in self.eligible.items()):
            return False
        return self.below is None or balance is None or balance.amount < self.below


@dataclass(frozen=True, slots=True)
class Vouchers:
    """Top-ups by PIN. wrong_tries: after so many within these hours nobody may try another."""

    wrong_tries: int = 3
    hours: int = 24


@dataclass(frozen=True, slots=True)
class Transfers:
    """Balance from one subscriber to another. least, most: of one; fee: paid by the sender, all in minor units.

    most_a_day, times_a_day: of one sender, on the market's day.
    """

    currency: str
    least: int
    most: int
    most_a_day: int
    times_a_day: int
    fee: int = 0

    def allows(self, amount: int) -> bool:
        """Whether as much as this may be sent at once."""
        return self.least <= amount <= self.most


@dataclass(frozen=True, slots=True)
class Services:
    """All of them. out_of_bundle: how each charging system is told of it; None where it cannot be chosen."""

    advances: tuple[Advance, ...] = ()
    vouchers: Vouchers | None = None
    transfers: Transfers | None = None
    out_of_bundle: Ocs | None = None

    def advance(self, ident: str) -> Advance | None:
        """The advance with this id."""
        return next((one for one in self.advances if one.id == ident), None)


def read_services(top: Fields) -> Services:
    """The services of a catalogue. Raises CatalogueError naming the key."""
    advances = tuple(_advance(one) for one in top.list_of_fields("advances")) if top.has("advances") else ()
    idents = [one.id for one in advances]
    if twice := next((one for one in idents if idents.count(one) > 1), None):
        raise top.error("advances", f"{twice} is given twice")
    return Services(
        advances,
        _vouchers(top.fields("vouchers")) if top.has("vouchers") else None,
        _transfers(top.fields("transfers")) if top.has("transfers") else None,
        _out_of_bundle(top.fields("out_of_bundle")) if top.has("out_of_bundle") else None,
    )


def _advance(fields: Fields) -> Advance:
    advance = Advance(
        id=BundleId(fields.ident("id")),
        amount=_money(fields.fields("amount"), least=1),
        fee=_money(fields.fields("fee"), least=0),
        below=fields.whole("below", least=0) if fields.has("below") else None,
        eligible=fields.conditions("eligible", ("segment", "circle", "service_type")),
        ocs=fields.mappings("ocs"),
    )
    fields.done()
    if advance.fee.currency != advance.amount.currency:
        raise fields.error("fee", f"must be in {advance.amount.currency}, as the amount is")
    return advance


def _vouchers(fields: Fields) -> Vouchers:
    tries = fields.whole("wrong_tries", least=1, default=3)
    if tries > _MOST_TRIES:
        raise fields.error("wrong_tries", f"must be at most {_MOST_TRIES}: a PIN is guessed by trying")
    vouchers = Vouchers(tries, fields.whole("hours", least=1, default=24))
    fields.done()
    return vouchers


def _transfers(fields: Fields) -> Transfers:
    transfers = Transfers(
        currency=fields.currency("currency"),
        least=fields.whole("least", least=1),
        most=fields.whole("most", least=1),
        most_a_day=fields.whole("most_a_day", least=1),
        times_a_day=fields.whole("times_a_day", least=1),
        fee=fields.whole("fee", least=0, default=0),
    )
    fields.done()
    if not transfers.least <= transfers.most <= transfers.most_a_day:
        raise fields.error("most", "must lie between least and most_a_day")
    return transfers


def _out_of_bundle(fields: Fields) -> Ocs:
    if not fields.has("ocs"):
        raise fields.error("ocs", "is missing: how each charging system is told")
    ocs = fields.mappings("ocs")
    fields.done()
    return ocs


def _money(fields: Fields, least: int) -> Money:
    money = Money(fields.whole("amount", least=least), fields.currency("currency"))
    fields.done()
    return money
