"""Which charging system a configuration makes, and what can be sold with it."""

from __future__ import annotations

import logging
from datetime import date

import pytest

from fakes import FakeTraits
from flows.catalogue import load_starter
from flows.market import load_market
from gateway.app.charging import charging_system, sellable
from gateway.config.ocs_sections import OcsConfig
from gateway.ocs.cgrates import CgratesChargingSystem
from gateway.ocs.tmf import TmfChargingSystem

CATALOGUE = load_starter("co")
TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("kind", "adapter"),
    [("simulator", TmfChargingSystem), ("tmf", TmfChargingSystem), ("cgrates", CgratesChargingSystem)],
)
async def test_a_kind_is_an_adapter(kind: str, adapter: type) -> None:
    """With the settle time that was configured."""
    charging = charging_system(
        OcsConfig(kind, settle_seconds=7), "http://h", load_market("co"), CATALOGUE, FakeTraits()
    )
    assert type(charging) is adapter
    assert charging.settle_seconds == 7
    await charging.close()


def test_what_cgrates_is_not_told_to_grant_is_not_on_sale(caplog: pytest.LogCaptureFixture) -> None:
    """It stays in the catalogue, as it may still run out; the start names it."""
    with caplog.at_level(logging.WARNING):
        known = sellable(CATALOGUE, "cgrates")
    left = {bundle.id for bundle in CATALOGUE.on_sale(TODAY)} - {bundle.id for bundle in known.on_sale(TODAY)}
    assert left == {bundle.id for bundle in CATALOGUE.bundles if "cgrates" not in bundle.ocs}
    assert len(left) == 2
    assert len(known.bundles) == len(CATALOGUE.bundles)
    for bundle in left:
        assert bundle in caplog.text


def test_other_kinds_sell_the_catalogue_as_it_is() -> None:
    """Word for word."""
    assert sellable(CATALOGUE, "tmf") is CATALOGUE
