"""What an operator's catalogue says about CGRateS: what a bundle grants there, and what a unit of it is worth."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from flows.catalogue import Bundle, Catalogue
from flows.frozen import dataclass
from flows.values import BundleId, Unit

_LOG = logging.getLogger(__name__)
BALANCE_UNITS: Mapping[str, Unit] = {"*data": Unit.BYTE, "*voice": Unit.SECOND, "*sms": Unit.MESSAGE}
"""What the balances of each type are counted in, on our side."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One topped-up balance. units: as CGRateS counts them; hours: until it expires."""

    balance_type: str
    units: Decimal
    hours: int


def grants(catalogue: Catalogue) -> dict[BundleId, Grant]:
    """What each bundle grants that says so (``ocs: {cgrates: {balance_type, units}}``)."""
    found = ((bundle.id, _grant(bundle)) for bundle in catalogue.bundles)
    return {ident: grant for ident, grant in found if grant is not None}


def unit_sizes(catalogue: Catalogue) -> dict[str, Fraction]:
    """How many bytes, seconds or messages one CGRateS unit of each balance type is.

    CGRateS does not say. A bundle of 1,073,741,824 bytes that grants 1,024 units does: a megabyte. A type on which
    bundles disagree is left out, with a warning.
    """
    sizes: dict[str, set[Fraction]] = {}
    for bundle in catalogue.bundles:
        grant = _grant(bundle)
        amount = bundle.amount(BALANCE_UNITS[grant.balance_type]) if grant else 0
        if grant and amount:
            sizes.setdefault(grant.balance_type, set()).add(Fraction(amount) / Fraction(grant.units))
    for kind, several in sizes.items():
        if len(several) > 1:
            _LOG.warning("the catalogue's cgrates units of %s do not agree; balances are shown as they are", kind)
    return {kind: next(iter(one)) for kind, one in sizes.items() if len(one) == 1}


def _grant(bundle: Bundle) -> Grant | None:
    mapped = bundle.ocs.get("cgrates", {})
    kind, units = mapped.get("balance_type"), mapped.get("units")
    if kind not in BALANCE_UNITS or isinstance(units, bool) or not isinstance(units, int | float) or not units > 0:
        return None
    return Grant(str(kind), Decimal(str(units)), bundle.validity_hours)
