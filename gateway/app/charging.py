"""The adapter of each kind of charging system, in one explicit mapping."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flows.catalogue import Catalogue
from flows.market import Market
from gateway.config.diameter_checks import diameter_address
from gateway.config.ocs_sections import OcsConfig
from gateway.core.ports import ChargingSystem
from gateway.ocs.tmf import TmfChargingSystem

_HOUR = 3600.0
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


def _diameter(config: OcsConfig, url: str, market: Market, catalogue: Catalogue) -> ChargingSystem:
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
        remembers=ours.remembers_hours * _HOUR,
        workers=ours.workers,
        watchdog=ours.watchdog,
        reconnect_max=ours.reconnect_max,
    )


_BUILD: Mapping[str, Build] = {
    "simulator": _tmf,  # the simulator speaks the TM Forum wire
    "tmf": _tmf,
    "diameter": _diameter,
}
