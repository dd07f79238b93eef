"""The adapter of each kind of charging system, in one explicit mapping."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flows.catalogue import Catalogue
from flows.market import Market
from gateway.config.ocs_sections import OcsConfig
from gateway.core.ports import ChargingSystem
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


_BUILD: Mapping[str, Build] = {
    "simulator": _tmf,  # the simulator speaks the TM Forum wire
    "tmf": _tmf,
}
