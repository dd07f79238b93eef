"""The adapter of each kind of charging system, in one explicit mapping, and what can be sold with it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from flows.catalogue import Catalogue, OnSale
from flows.market import Market
from flows.values import BundleId
from gateway.config.diameter_checks import diameter_address
from gateway.config.ocs_sections import OcsConfig
from gateway.core.breaker import Breaker, BreakerSettings
from gateway.core.call_gate import CallGate, GateSettings
from gateway.core.guarded_ocs import GuardedOcs
from gateway.core.ports import ChargingSystem, OcsTraits
from gateway.ocs.cgrates import CgratesChargingSystem, CgratesSettings
from gateway.ocs.cgrates_sets import Terms
from gateway.ocs.cgrates_units import grants, unit_sizes
from gateway.ocs.tmf import TmfChargingSystem
from gateway.ocs.ucip import UcipChargingSystem
from gateway.ocs.ucip_sales import check_seen, sales_of
from gateway.ocs.ucip_services_wire import ucip_services
from gateway.telemetry import Metrics

_LOG = logging.getLogger(__name__)
Build = Callable[[OcsConfig, str, Market, Catalogue, OcsTraits], ChargingSystem]


def charging_system(
    config: OcsConfig, url: str, market: Market, catalogue: Catalogue, traits: OcsTraits
) -> ChargingSystem:
    """The configured one. url: of the simulator, where one was started for it. traits: what was found out about it.

    Raises ConfigError where the catalogue says what it cannot do.
    """
    return _BUILD[config.kind](config, url, market, catalogue, traits)


def sellable(catalogue: Catalogue, kind: str) -> Catalogue:
    """The same bundles; those that this kind of charging system is not told how to grant are not on sale."""
    if kind not in _GRANTED:
        return catalogue
    granted = _GRANTED[kind](catalogue)
    if left := [bundle.id for bundle in catalogue.bundles if bundle.id not in granted and bundle.on_sale.ever]:
        _LOG.warning("not on sale, as the catalogue has no %s mapping for them: %s", kind, ", ".join(left))
    return Catalogue(
        tuple(
            bundle if bundle.id in granted else replace(bundle, on_sale=OnSale(ever=False))
            for bundle in catalogue.bundles
        ),
        catalogue.services,
    )


def _tmf(config: OcsConfig, url: str, market: Market, catalogue: Catalogue, traits: OcsTraits) -> ChargingSystem:
    return TmfChargingSystem(
        url,
        timeout=config.timeout,
        settle_seconds=config.settle_seconds,
        currency=market.currency,
        offerings=catalogue.tmf_offerings(),
        traits=traits,
        services=catalogue.services,
    )


def _diameter(config: OcsConfig, url: str, market: Market, catalogue: Catalogue, traits: OcsTraits) -> ChargingSystem:
    # Here, not above: the library's dictionary takes a second to import, and most have no use for it.
    from gateway.ocs.diameter import DiameterChargingSystem  # noqa: PLC0415
    from gateway.ocs.diameter_wire import ChargedService, Sender  # noqa: PLC0415

    ours = config.diameter
    balance = ChargedService(ours.balance_context, ours.balance_service_id or None) if ours.balance_context else None
    return DiameterChargingSystem(
        diameter_address(url),
        Sender(ours.host, ours.realm, ours.to_host),
        timeout=config.timeout,
        settle_seconds=config.settle_seconds,
        currency=market.currency,
        services={bundle: ChargedService(*service) for bundle, service in catalogue.diameter_services().items()},
        balance=balance,
        to_realm=ours.to_realm,
        duplicates_detected=ours.duplicates_detected,
        remembers=timedelta(hours=ours.remembers_hours),
        workers=ours.workers,
        watchdog=ours.watchdog,
        reconnect_max=ours.reconnect_max,
    )


def _cgrates(config: OcsConfig, url: str, market: Market, catalogue: Catalogue, traits: OcsTraits) -> ChargingSystem:
    settings = CgratesSettings(
        tenant=config.tenant,
        terms=Terms(config.money_balance, config.cgrates.marker_hours),
        units_per_minor=Decimal(str(config.cgrates.units_per_minor)),
        currency=market.currency,
        grants=grants(catalogue),
        unit_sizes=unit_sizes(catalogue),
    )
    return CgratesChargingSystem(url, settings, timeout=config.timeout, settle_seconds=config.settle_seconds)


def guarded(config: OcsConfig, ocs: ChargingSystem, metrics: Metrics) -> GuardedOcs:
    """Behind a breaker and a gate."""
    chosen = config.breaker
    settings = BreakerSettings(chosen.failures, chosen.pause, chosen.longest_pause)
    breaker = Breaker(settings, asyncio.get_running_loop().time)
    gate = CallGate(GateSettings(config.at_once, config.background_at_once, config.waiting))
    metrics.ocs_breaker_open.set_function(lambda: float(breaker.state != "closed"))
    metrics.ocs_waiting.set_function(lambda: float(gate.waiting))
    return GuardedOcs(ocs, breaker, gate, metrics)


def _ucip(config: OcsConfig, url: str, market: Market, catalogue: Catalogue, traits: OcsTraits) -> ChargingSystem:
    sales = sales_of(catalogue)
    check_seen(catalogue, sales, config)
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
        services=ucip_services(catalogue.services),
    )


_BUILD: Mapping[str, Build] = {
    "simulator": _tmf,  # the simulator speaks the TM Forum wire
    "tmf": _tmf,
    "diameter": _diameter,
    "cgrates": _cgrates,
    "ucip": _ucip,
}
_GRANTED: Mapping[str, Callable[[Catalogue], Collection[BundleId]]] = {"cgrates": grants}
"""Kinds that must be told what a bundle grants, and the bundles of which they are."""
