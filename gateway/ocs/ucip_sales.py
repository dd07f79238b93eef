"""What one purchase of a bundle is over UCIP, as ``ocs: {ucip: …}`` of ``catalogue.yaml`` says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from flows.catalogue import Bundle, Catalogue
from flows.frozen import dataclass
from flows.values import BundleId
from gateway.config.ocs_sections import OcsConfig
from gateway.errors import ConfigError

_PROFILE = re.compile(r"[A-Za-z0-9]{1,30}")
_KEYS = frozenset({"refill_profile", "dedicated_account", "units", "unit_type", "offer"})
_MOST_ID = 2**31 - 1
_MOST_UNITS = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Sale:
    """One bundle on the AIR.

    profile: of a Refill that takes the price and grants; empty: an UpdateBalanceAndDate does both, with ``account``,
    the dedicated account that gets ``units`` (of ``unit_type``, where the AIR wants to be told) for ``validity``.
    offer: what the purchase leaves among the subscriber's offers, and nothing but Chasqui's purchases does; 0: nothing.
    """

    validity: timedelta
    profile: str = ""
    account: int = 0
    units: int = 0
    unit_type: int | None = None
    offer: int = 0


def sales_of(catalogue: Catalogue) -> dict[BundleId, Sale]:
    """The bundles that have a ``ucip`` entry. Raises ConfigError naming bundle and key."""
    return {bundle.id: _sale(bundle, entry) for bundle in catalogue.bundles if (entry := bundle.ocs.get("ucip"))}


def check_seen(catalogue: Catalogue, sales: Mapping[BundleId, Sale], config: OcsConfig) -> None:
    """What is looked at after a purchase must be seen in wallets, or every bundle would be taken for not granted.

    A dedicated account whose unit nobody tells is left out of them, and whether an AIR tells it is not known before.
    Raises ConfigError naming bundle and key.
    """
    for bundle in catalogue.bundles if config.grants != "trust" else ():
        sale, units = sales.get(bundle.id), sorted({allowance.unit.value for allowance in bundle.allowances})
        if sale is None or not units or not bundle.on_sale.ever:
            continue
        accounts = [one for one in config.ucip.dedicated_accounts if sale.account in {0, one.id}]
        if not any(one.unit in units for one in accounts):
            which = f"id {sale.account}" if sale.account else "one"
            raise ConfigError(
                f"ocs.ucip.dedicated_accounts lacks {which} with unit {' or '.join(units)}: "
                f'ocs.grants is "{config.grants}", and bundle {bundle.id} would not be seen in a wallet'
            )


def _sale(bundle: Bundle, entry: Mapping[str, object]) -> Sale:
    where = f"catalogue: bundle {bundle.id}: ocs.ucip"
    if unknown := entry.keys() - _KEYS:
        raise ConfigError(f"{where}: unknown key {min(unknown)}; there are {', '.join(sorted(_KEYS))}")
    if ("refill_profile" in entry) == ("dedicated_account" in entry):
        raise ConfigError(f"{where} must have either refill_profile or dedicated_account")
    profile = entry.get("refill_profile", "")
    if not isinstance(profile, str) or ("refill_profile" in entry and not _PROFILE.fullmatch(profile)):
        raise ConfigError(f"{where}.refill_profile must be letters and digits in quotes")
    validity = timedelta(hours=bundle.validity_hours)
    offer = _whole(entry, "offer", where, _MOST_ID) if "offer" in entry else 0
    if profile:
        return Sale(validity, profile=profile, offer=offer)
    return Sale(
        validity,
        account=_whole(entry, "dedicated_account", where, _MOST_ID),
        units=_whole(entry, "units", where, _MOST_UNITS),
        unit_type=_whole(entry, "unit_type", where, 99, least=0) if "unit_type" in entry else None,
        offer=offer,
    )


def _whole(entry: Mapping[str, object], key: str, where: str, most: int, least: int = 1) -> int:
    value = entry.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ConfigError(f"{where}.{key} must be a whole number from {least} to {most}")
    return value
