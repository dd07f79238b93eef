"""What the start says about a charging system spoken to in UCIP."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from flows.catalogue import Catalogue, load_starter
from flows.market import load_market
from gateway.app.charging import charging_system
from gateway.config.ocs_sections import OcsConfig, UcipConfig
from gateway.errors import ConfigError
from gateway.ocs.ucip import UcipChargingSystem

URL = "http://air.example.net:10011"


def catalogue(**entry: object) -> Catalogue:
    """Two of Colombia's bundles; entry: what the second is over UCIP."""
    first, second = load_starter("co").bundles[:2]
    return Catalogue((first, replace(second, ocs={"ucip": entry} if entry else {})))


def warnings(caplog: pytest.LogCaptureFixture, sold: Catalogue, ucip: UcipConfig) -> str:
    """What building it logs."""
    with caplog.at_level(logging.WARNING):
        made = charging_system(OcsConfig("ucip", URL, ucip=ucip), URL, load_market("co"), sold)
    assert isinstance(made, UcipChargingSystem)
    return caplog.text


def test_what_cannot_be_bought_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """By its id; nothing is wrong with the others."""
    told = warnings(caplog, catalogue(), UcipConfig(repeats_are_recognised=True))
    assert "cannot be bought: data-200mb-1d" in told
    assert "only a person" not in told


def test_that_lost_answers_need_a_person_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """Where neither way to find them is open."""
    told = warnings(caplog, catalogue(refill_profile="D200"), UcipConfig())
    assert "only a person can tell" in told
    assert "cannot be bought" not in told


def test_a_wrong_entry_stops_the_start() -> None:
    """Before anybody is charged by it."""
    with pytest.raises(ConfigError, match=r"bundle data-200mb-1d: ocs\.ucip: unknown key refil_profile"):
        charging_system(OcsConfig("ucip", URL), URL, load_market("co"), catalogue(refil_profile="D200"))
