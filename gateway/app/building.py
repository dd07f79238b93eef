"""From the configuration to what the core shares: market, catalogue, context."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from flows.catalogue import Catalogue, load_starter, parse_catalogue
from flows.contact_policy import ContactSwitches
from flows.currency import precision
from flows.errors import FlowError
from flows.market import Market, load_market
from flows.values import Msisdn, parse_msisdn
from gateway.app.approved_bundles import approved_bundles
from gateway.app.charging import sellable
from gateway.config.tree import Config, PolicyConfig, PricingConfig
from gateway.core.context import Clock, Context, Leads, Machines
from gateway.core.models import Models
from gateway.core.price_windows import PricePolicy
from gateway.core.pricing import Prices
from gateway.core.reach import Reach
from gateway.core.service_numbers import ServiceNumber
from gateway.errors import ConfigError
from gateway.telemetry import Metrics, Traces
from locales.catalogues import load_catalogues
from scoring.pricing import Terms
from store.reader import Reader
from store.writer import Writer


def market_of(config: Config) -> Market:
    """The configured market pack. Raises ConfigError."""
    try:
        return load_market(config.market)
    except FlowError as error:
        raise ConfigError(f"market: {error}") from None


def catalogue_of(config: Config) -> Catalogue:
    """The configured catalogue, or the market's starter, as the charging system can grant it. Raises ConfigError."""
    return sellable(_catalogue(config), config.ocs.kind)


def _catalogue(config: Config) -> Catalogue:
    found, approved = _written(config), approved_bundles(config)
    if double := [bundle.id for bundle in approved if found.get(bundle.id)]:
        raise ConfigError(f"{config.catalogue.approved}: bundle {double[0]}: is in the catalogue already; drop one")
    return replace(found, bundles=(*found.bundles, *approved))


def _written(config: Config) -> Catalogue:
    try:
        if not config.catalogue.path:
            return load_starter(config.market)
        file = config.folder / config.catalogue.path
        return parse_catalogue(file.read_text(encoding="utf-8"), str(Path(config.catalogue.path)))
    except FlowError as error:
        raise ConfigError(str(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"catalogue.path: cannot be read: {error}") from None


def traces_of(config: Config, closing: AsyncExitStack) -> Traces | None:
    """Where spans go, None for nowhere: then OpenTelemetry is not even imported. Raises ConfigError."""
    if not config.telemetry.otlp_endpoint:
        return None
    try:
        from gateway.app.tracing import OpenTelemetryTraces  # noqa: PLC0415 - an extra, and half a second to import
    except ImportError as error:
        raise ConfigError(f"telemetry.otlp_endpoint needs: pip install 'chasqui[otel]' ({error.name})") from None
    traces = OpenTelemetryTraces(config.telemetry.otlp_endpoint)
    closing.push_async_callback(traces.close)
    return traces


def context_of(
    config: Config,
    market: Market,
    catalogue: Catalogue,
    *,
    writer: Writer,
    reader: Reader,
    clock: Clock,
    metrics: Metrics | None = None,
    traces: Traces | None = None,
    models: Models | None = None,
    number: ServiceNumber,
) -> Context:
    """What every line through the core shares. number: what alerts and offers leave from. Raises ConfigError."""
    metrics = metrics or Metrics()
    return Context(
        market=market,
        catalogue=catalogue,
        catalogues=load_catalogues(),
        switches=_switches(config.policy),
        reach=Reach(dry_run=config.policy.dry_run, only=_numbers(config.policy.test_msisdns)),
        service_number=number,
        machines=Machines(),
        reader=reader,
        writer=writer,
        clock=clock,
        metrics=metrics,
        traces=traces,
        operator=config.operator,
        confirm_above=config.policy.confirm_above,
        leads=Leads(
            timedelta(hours=config.policy.expiry_lead_hours), timedelta(hours=config.policy.forecast_lead_hours)
        ),
        models=models or Models(),
        prices=_prices(config.scoring.pricing, market, catalogue, reader=reader, writer=writer, metrics=metrics),
    )


def _prices(
    pricing: PricingConfig, market: Market, catalogue: Catalogue, *, reader: Reader, writer: Writer, metrics: Metrics
) -> Prices | None:
    if not pricing.enabled:
        return None
    terms = Terms(
        floor_permille=round(pricing.floor * 1000),
        most=pricing.most,
        give_permille=round(pricing.give * 1000),
        step=pricing.step or 10 ** precision(market.currency),
        least_permille=round(pricing.least * 1000),
    )
    policy = PricePolicy(
        terms=terms,
        budget=pricing.budget,
        window=timedelta(hours=pricing.window_hours),
        usual_margin=pricing.usual_margin,
        most_a_person=pricing.most_a_person,
    )
    return Prices(policy, catalogue, market.time_zones[0], reader=reader, writer=writer, metrics=metrics)


def _switches(policy: PolicyConfig) -> ContactSwitches:
    return ContactSwitches(
        quiet_hours="off" if policy.quiet_hours == "off" else "market",
        assume_opt_in="yes" if policy.assume_opt_in == "yes" else "market",
    )


def _numbers(texts: tuple[str, ...]) -> list[Msisdn]:
    return [msisdn for text in texts if (msisdn := parse_msisdn(text)) is not None]
