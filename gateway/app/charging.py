"""The adapter of each kind of charging system, in one explicit mapping."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flows.catalogue import Catalogue
from flows.market import Market
from gateway.config.ocs_sections import OcsConfig
from gateway.core.ports import ChargingSystem
from gateway.ocs.tmf import TmfChargingSystem
from gateway.ocs.ucip import UcipChargingSystem
from gateway.ocs.ucip_sales import sales_of

Build = Callable[[OcsConfig, str, Market, Catalogue], ChargingSystem]


def charging_system(config: OcsConfig, url: str, market: Market, catalogue: Catalogue) -> ChargingSystem:
    """The configured one. url: of the simulator, where one was started for it.

    Raises ConfigError where the catalogue says what it cannot do.
    """
    return _BUILD[config.kind](config, url, market, catalogue)


def _tmf(config: OcsConfig, url: str, market: Market, catalogue: Catalogue) -> ChargingSystem:
    return TmfChargingSystem(
        url,
        timeout=config.timeout,
        settle_seconds=config.settle_seconds,
        currency=market.currency,
        offerings=catalogue.tmf_offerings(),
    )


def _ucip(config: OcsConfig, url: str, market: Market, catalogue: Catalogue) -> ChargingSystem:
    return UcipChargingSystem(
        url,
        config.ucip,
        timeout=config.timeout,
        settle_seconds=config.settle_seconds,
        currency=market.currency,
        sales=sales_of(catalogue),
    )


_BUILD: Mapping[str, Build] = {
    "simulator": _tmf,  # the simulator speaks the TM Forum wire
    "tmf": _tmf,
    "ucip": _ucip,
}
