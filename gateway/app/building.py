"""From the configuration to what the core shares: market, catalogue, context, menus."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flows.catalogue import Catalogue, load_starter, parse_catalogue
from flows.contact_policy import ContactSwitches
from flows.errors import FlowError
from flows.market import Market, load_market
from flows.menu_vocabulary import starter_vocabulary
from flows.values import Msisdn, parse_msisdn
from gateway.config.tree import Config, PolicyConfig, SmppConfig
from gateway.core.context import Clock, Context, Machines, Reach, ServiceNumber
from gateway.errors import ConfigError
from gateway.telemetry import Metrics
from gateway.ussd.services import Services
from locales.catalogues import load_catalogues
from menus import loader
from menus.errors import MenuError
from menus.table import CompiledMenu, compile_menu
from store.reader import Reader
from store.writer import Writer


def market_of(config: Config) -> Market:
    """The configured market pack. Raises ConfigError."""
    try:
        return load_market(config.market)
    except FlowError as error:
        raise ConfigError(f"market: {error}") from None


def catalogue_of(config: Config) -> Catalogue:
    """The configured catalogue, or the market's starter. Raises ConfigError."""
    try:
        if not config.catalogue.path:
            return load_starter(config.market)
        file = config.folder / config.catalogue.path
        return parse_catalogue(file.read_text(encoding="utf-8"), str(Path(config.catalogue.path)))
    except FlowError as error:
        raise ConfigError(str(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"catalogue.path: cannot be read: {error}") from None


def context_of(
    config: Config,
    market: Market,
    catalogue: Catalogue,
    *,
    writer: Writer,
    reader: Reader,
    clock: Clock,
    smpp: SmppConfig,
) -> Context:
    """What every line through the core shares."""
    return Context(
        market=market,
        catalogue=catalogue,
        catalogues=load_catalogues(),
        switches=_switches(config.policy),
        reach=Reach(config.policy.dry_run, frozenset(_numbers(config.policy.test_msisdns))),
        service_number=ServiceNumber(smpp.source, smpp.two_way and smpp.bind == "transceiver"),
        machines=Machines(),
        reader=reader,
        writer=writer,
        clock=clock,
        metrics=Metrics(),
    )


def _switches(policy: PolicyConfig) -> ContactSwitches:
    return ContactSwitches(
        quiet_hours="off" if policy.quiet_hours == "off" else "market",
        assume_opt_in="yes" if policy.assume_opt_in == "yes" else "market",
    )


def _numbers(texts: tuple[str, ...]) -> list[Msisdn]:
    return [msisdn for text in texts if (msisdn := parse_msisdn(text)) is not None]


def menus_of(config: Config, services: Services) -> Mapping[str, CompiledMenu]:
    """Every menu, compiled, by id. Raises ConfigError for one that cannot be used, and for a service without one."""
    vocabulary = starter_vocabulary()
    try:
        if config.menus.path:
            found = loader.load_folder(config.folder / config.menus.path, vocabulary)
        else:
            starter = loader.load_starter(vocabulary)
            found = {starter.id: starter}
        compiled = {name: compile_menu(menu) for name, menu in found.items()}
    except MenuError as error:
        first, *others = error.problems
        more = f" (and {len(others)} more)" if others else ""
        raise ConfigError(f"menus.path: {first}{more}") from None
    for one in services.menus:
        if one not in compiled:
            raise ConfigError(f"ussd.services: there is no menu {one!r}; there is: {', '.join(compiled)}")
    return compiled
