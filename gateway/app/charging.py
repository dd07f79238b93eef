"""The adapter of each kind of charging system, in one explicit mapping."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from flows.catalogue import Catalogue
from flows.market import Market
from gateway.config.ocs_sections import OcsConfig
from gateway.core.breaker import Breaker, BreakerSettings
from gateway.core.call_gate import CallGate, GateSettings
from gateway.core.guarded_ocs import GuardedOcs
from gateway.core.ports import ChargingSystem
from gateway.ocs.tmf import TmfChargingSystem
from gateway.telemetry import Metrics

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


def guarded(config: OcsConfig, ocs: ChargingSystem, metrics: Metrics) -> GuardedOcs:
    """Behind a breaker and a gate."""
    chosen = config.breaker
    settings = BreakerSettings(chosen.failures, chosen.pause, chosen.longest_pause)
    breaker = Breaker(settings, asyncio.get_running_loop().time)
    gate = CallGate(GateSettings(config.at_once, config.background_at_once, config.waiting))
    metrics.ocs_breaker_open.set_function(lambda: float(breaker.state != "closed"))
    metrics.ocs_waiting.set_function(lambda: float(gate.waiting))
    return GuardedOcs(ocs, breaker, gate, metrics)


_BUILD: Mapping[str, Build] = {
    "simulator": _tmf,  # the simulator speaks the TM Forum wire
    "tmf": _tmf,
}
