"""Prices that a menu shows, held against the market's law and the catalogue."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.app import utc_now
from gateway.app.building import catalogue_of, market_of
from gateway.config.tree import Config
from menus.lint import prices_shown
from menus.pages import Menu


def untaxed_prices(menus: Sequence[Menu], config: Config) -> list[str]:
    """Menus that show prices, where law wants tax in them and the catalogue sells bundles without it."""
    market = market_of(config)
    today = utc_now().astimezone(market.time_zones[0]).date()
    rules = market.at(today)
    untaxed = [bundle.id for bundle in catalogue_of(config).on_sale(today) if not bundle.tax_included]
    if not rules.tax_in_prices or not untaxed:
        return []
    why = f"are sold without tax, which a price in market {market.code} includes ({rules.sources['prices']})"
    found = []
    for menu in menus:
        for line, page in prices_shown(menu)[:1]:
            file = getattr(line, "file", "") or menu.file
            found.append(f"{file}:{line:d}: page {page}: shows a price, but {', '.join(untaxed)} {why}")
    return found
