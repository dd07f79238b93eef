"""What the start says about a charging system spoken to in UCIP."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

import pytest

from fakes import FakeTraits
from flows.catalogue import Catalogue, load_starter
from flows.market import load_market
from gateway.app.charging import charging_system
from gateway.config.ocs_sections import DedicatedAccountConfig, OcsConfig, UcipConfig
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
        made = charging_system(OcsConfig("ucip", URL, ucip=ucip), URL, load_market("co"), sold, FakeTraits())
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
        charging_system(OcsConfig("ucip", URL), URL, load_market("co"), catalogue(refil_profile="D200"), FakeTraits())


ACCOUNT = {"dedicated_account": 12, "units": 200, "unit_type": 6}
BYTES, SECONDS = DedicatedAccountConfig(12, "byte", 1048576), DedicatedAccountConfig(12, "second")
OTHER = DedicatedAccountConfig(13, "byte")


def start(grants: str, entry: Mapping[str, object], *accounts: DedicatedAccountConfig) -> None:
    """Build it with a look at what was granted; one bundle is on sale."""
    config = OcsConfig("ucip", URL, grants=grants, ucip=UcipConfig(dedicated_accounts=accounts))
    charging_system(config, URL, load_market("co"), Catalogue(catalogue(**entry).bundles[1:]), FakeTraits())


@pytest.mark.parametrize("grants", ["person", "refund"])
@pytest.mark.parametrize(
    ("entry", "accounts", "complaint"),
    [
        (ACCOUNT, (), "ocs.ucip.dedicated_accounts lacks id 12 with unit byte"),
        (ACCOUNT, (OTHER,), "ocs.ucip.dedicated_accounts lacks id 12 with unit byte"),
        (ACCOUNT, (SECONDS,), "ocs.ucip.dedicated_accounts lacks id 12 with unit byte"),
        ({"refill_profile": "D200"}, (), "ocs.ucip.dedicated_accounts lacks one with unit byte"),
        ({"refill_profile": "D200"}, (SECONDS,), "ocs.ucip.dedicated_accounts lacks one with unit byte"),
    ],
)
def test_who_looks_at_what_was_granted_must_be_able_to_see_it(
    grants: str, entry: Mapping[str, object], accounts: tuple[DedicatedAccountConfig, ...], complaint: str
) -> None:
    """An account whose unit nobody tells is left out of wallets: every bundle would be given back."""
    with pytest.raises(ConfigError) as raised:
        start(grants, entry, *accounts)
    assert complaint in str(raised.value)
    assert f'"{grants}"' in str(raised.value)
    assert "\n" not in str(raised.value)


def test_what_can_be_seen_or_is_not_looked_at_starts() -> None:
    """The unit is told, or the AIR's word counts."""
    start("refund", ACCOUNT, BYTES)
    start("refund", {"refill_profile": "D200"}, OTHER)
    start("trust", ACCOUNT)
