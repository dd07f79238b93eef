"""The adapter of each kind of charging system, in one explicit mapping."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from flows.catalogue import Catalogue
from flows.market import Market
from gateway.config.ocs_sections import OcsConfig
from gateway.core.breaker import Breaker, BreakerSettings
from gateway.core.call_gate import CallGate, GateSettings
from gateway.core.guarded_ocs import GuardedOcs
from gateway.core.ports import ChargingSystem
from gateway.ocs.tmf import TmfChargingSystem
from gateway.ocs.ucip import UcipChargingSystem
from gateway.ocs.ucip_sales import sales_of
from gateway.telemetry import Metrics

_LOG = logging.getLogger(__name__)
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


def guarded(config: OcsConfig, ocs: ChargingSystem, metrics: Metrics) -> GuardedOcs:
    """Behind a breaker and a gate."""
    chosen = config.breaker
    settings = BreakerSettings(chosen.failures, chosen.pause, chosen.longest_pause)
    breaker = Breaker(settings, asyncio.get_running_loop().time)
    gate = CallGate(GateSettings(config.at_once, config.background_at_once, config.waiting))
    metrics.ocs_breaker_open.set_function(lambda: float(breaker.state != "closed"))
    metrics.ocs_waiting.set_function(lambda: float(gate.waiting))
    return GuardedOcs(ocs, breaker, gate, metrics)


def _ucip(config: OcsConfig, url: str, market: Market, catalogue: Catalogue) -> ChargingSystem:
    sales = sales_of(catalogue)
    if lacking := [bundle.id for bundle in catalogue.bundles if bundle.on_sale.ever and bundle.id not in sales]:
        _LOG.warning("bundles without a ucip entry in the catalogue cannot be bought: %s", ", ".join(lacking))
    if not config.ucip.repeats_are_recognised and not all(sale.offer for sale in sales.values()):
        _LOG.warning(
            "after a lost answer only a person can tell what the AIR did with an order: neither "
            "ocs.ucip.repeats_are_recognised nor an offer for each bundle is set"
        )
    return UcipChargingSystem(
        url,
        config.ucip,
        timeout=config.timeout,
        settle_seconds=config.settle_seconds,
        currency=market.currency,
        sales=sales,
    )


_BUILD: Mapping[str, Build] = {
    "simulator": _tmf,  # the simulator speaks the TM Forum wire
    "tmf": _tmf,
    "ucip": _ucip,
}
