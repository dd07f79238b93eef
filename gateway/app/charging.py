"""The adapter of each kind of charging system, in one explicit mapping."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from flows.catalogue import Catalogue
from flows.market import Market
from gateway.config.ocs_sections import OcsConfig
from gateway.core.ports import ChargingSystem
from gateway.ocs.cgrates import CgratesChargingSystem, CgratesSettings
from gateway.ocs.cgrates_sets import Terms
from gateway.ocs.cgrates_units import grants, unit_sizes
from gateway.ocs.tmf import TmfChargingSystem

Build = Callable[[OcsConfig, str, Market, Catalogue], ChargingSystem]


def charging_system(config: OcsConfig, url: str, market: Market, catalogue: Catalogue) -> ChargingSystem:
    """The configured one. url: of the simulator, where one was started for it."""
    return _BUILD[config.kind](config, url, market, catalogue)


def _tmf(config: OcsConfig, url: str, market: Market, catalogue: Catalogue) -> ChargingSystem:
    return TmfChargingSystem(
        url,
        timeout=config.timeout,
        settle_seconds=config.settle_seconds,
        currency=market.currency,
        offerings=catalogue.tmf_offerings(),
    )


def _cgrates(config: OcsConfig, url: str, market: Market, catalogue: Catalogue) -> ChargingSystem:
    settings = CgratesSettings(
        tenant=config.tenant,
        terms=Terms(config.money_balance, config.cgrates.marker_hours),
        units_per_minor=Decimal(str(config.cgrates.units_per_minor)),
        currency=market.currency,
        grants=grants(catalogue),
        unit_sizes=unit_sizes(catalogue),
    )
    return CgratesChargingSystem(url, settings, timeout=config.timeout, settle_seconds=config.settle_seconds)


_BUILD: Mapping[str, Build] = {
    "simulator": _tmf,  # the simulator speaks the TM Forum wire
    "tmf": _tmf,
    "cgrates": _cgrates,
}
