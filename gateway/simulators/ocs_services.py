"""What the simulated charging system does beside bundles: advances, vouchers, transfers, charges outside a bundle.

Pure, like the ledger that it moves money in. Nothing is deduplicated but vouchers, which are used once by nature.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flows.catalogue import Catalogue
from flows.catalogue_services import Advance
from flows.currency import precision
from flows.frozen import dataclass
from flows.values import Msisdn
from gateway.simulators.ocs_ledger import Ledger, LedgerItem

_FIRST_PINS = tuple(f"9000000{n}" for n in range(1, 10))
"""Vouchers that are there from the start, for whoever tries it out."""
_THEIR_WORTH = 5_000
"""In major units."""
USED, UNKNOWN = "voucher already used", "voucher not valid"
TOO_LITTLE = "insufficient balance"


@dataclass(frozen=True, slots=True)
class Voucher:
    """One voucher. amount: minor units; used_by: None as long as nobody has."""

    amount: int
    used_by: Msisdn | None = None


class ServiceBook:
    """Carries them out; what cannot be done is told in words, and nothing is moved."""

    def __init__(self, ledger: Ledger, catalogue: Catalogue) -> None:
        self.ledger = ledger
        offered = catalogue.services
        tmf, air = _told(offered.out_of_bundle, "tmf"), _told(offered.out_of_bundle, "ucip")
        self.advances: Mapping[str, Advance] = {
            str(name): one
            for one in offered.advances
            for name in (_told(one.ocs, "tmf").get("product_offering"), _told(one.ocs, "ucip").get("refill_profile"))
            if name
        }
        self.switch_offering, self.switch_offer = tmf.get("product_offering"), air.get("offer")
        worth = _THEIR_WORTH * 10 ** precision(ledger.currency)
        self.vouchers = {pin: Voucher(worth) for pin in _FIRST_PINS}

    def advance(self, msisdn: Msisdn, advance: Advance, key: str, at: datetime) -> LedgerItem | str:
        """Credit the amount; it and the fee are owed from now on."""
        if advance.amount.currency != self.ledger.currency:
            return f"price not in {self.ledger.currency}"
        account = self.ledger.account(msisdn)
        if account.debt:
            return "not eligible: an advance is still owed"
        account.debt += advance.debt.amount
        return self.ledger.note(msisdn, advance.amount.amount, key, "advance", at, offering=advance.id)

    def top_up(self, msisdn: Msisdn, pin: str, key: str, at: datetime) -> LedgerItem | str:
        """Use a voucher."""
        voucher = self.vouchers.get(pin)
        if voucher is None or voucher.used_by is not None:
            return UNKNOWN if voucher is None else USED
        self.vouchers[pin] = Voucher(voucher.amount, msisdn)
        return self.recharge(msisdn, voucher.amount, key, at)

    def recharge(self, msisdn: Msisdn, amount: int, key: str, at: datetime) -> LedgerItem:
        """Credit what was paid in; what is owed is taken back from it at once."""
        account = self.ledger.account(msisdn)
        item = self.ledger.note(msisdn, amount, key, "top_up", at)
        back = min(account.debt, amount)
        if back:
            account.debt -= back
            self.ledger.note(msisdn, -back, f"{key}:recovery", "recovery", at)
        return item

    def transfer(
        self, sender: Msisdn, receiver: Msisdn, amount: int, key: str, at: datetime, *, cost: int
    ) -> LedgerItem | str:
        """From one to the other; the sender pays what it costs."""
        if self.ledger.account(sender).balance < amount + cost:
            return TOO_LITTLE
        item = self.ledger.note(sender, -(amount + cost), key, "transfer", at, to=receiver)
        self.ledger.note(receiver, amount, key, "received", at)
        return item

    def switch(self, msisdn: Msisdn, *, on: bool) -> None:
        """Whether use without a bundle is charged."""
        self.ledger.account(msisdn).out_of_bundle = on


def _told(ocs: Mapping[str, Mapping[str, object]] | None, kind: str) -> Mapping[str, object]:
    return (ocs or {}).get(kind, {})
