"""``[ocs] kind = "diameter"``: what its address and identities may be, one line for each that may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes import FakeTraits
from flows.catalogue import load_starter
from flows.market import load_market
from gateway.app.charging import charging_system
from gateway.config.diameter_checks import diameter_address
from gateway.config.loading import load
from gateway.config.ocs_sections import DiameterConfig
from gateway.errors import ConfigError
from gateway.ocs.diameter import DiameterChargingSystem

BASE = '[ocs]\nkind = "diameter"\nurl = "aaa://ocs.example:3868"\n'
OURS = BASE + "[ocs.diameter]\n"


def written(folder: Path, text: str) -> Path:
    """A configuration file."""
    file = folder / "chasqui.toml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("aaa://ocs.example:3868", ("ocs.example", 3868)),
        ("aaa://ocs.example", ("ocs.example", 3868)),
        ("aaa://10.0.0.1:1/", ("10.0.0.1", 1)),
        ("aaa://[2001:db8::1]:3869", ("2001:db8::1", 3869)),
    ],
)
def test_an_address_is_a_host_and_a_port(url: str, address: tuple[str, int]) -> None:
    """3868 where none is given (RFC 6733 §4.3.1)."""
    assert diameter_address(url) == address


@pytest.mark.parametrize(
    "url",
    [
        "http://ocs.example:3868",
        "aaas://ocs.example:5658",
        "aaa://",
        "aaa://:3868",
        "aaa://ocs.example:0",
        "aaa://ocs.example:99999",
        "aaa://ocs.example:3868;transport=sctp",
        "aaa://ocs.example/path",
        "aaa://user@ocs.example",
        "aaa://[2001:db8::1",
        "aaa://ocs example",
        "ocs.example:3868",
    ],
)
def test_anything_else_is_refused_with_what_it_may_be(url: str, tmp_path: Path) -> None:
    """In one line."""
    file = written(tmp_path, f'[ocs]\nkind = "diameter"\nurl = "{url}"\n')
    with pytest.raises(ConfigError, match=r"ocs\.url must be aaa://host:3868") as told:
        load(file, {})
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[ocs]\nkind = "diameter"', 'ocs.url is missing: with kind = "diameter"'),
        (BASE + 'grants = "refund"', 'ocs.grants must be trust with kind "diameter"'),
        (OURS + 'host = ""', "ocs.diameter.host must be a host name"),
        (OURS + 'host = "a b"', "ocs.diameter.host must be a host name"),
        (OURS + 'realm = "ä"', "ocs.diameter.realm must be a host name"),
        (OURS + 'to_host = "a;b"', "ocs.diameter.to_host must be a host name"),
        (OURS + 'to_realm = "a/b"', "ocs.diameter.to_realm must be a host name"),
        (OURS + "remembers_hours = 0.5", "ocs.diameter.remembers_hours must be at least 1 and at most 8760"),
        (OURS + "workers = 0", "ocs.diameter.workers must be at least 1 and at most 10000"),
        (OURS + "balance_service_id = -1", "ocs.diameter.balance_service_id must be from 0 to 4294967295"),
        (OURS + "watchdog = 0", "ocs.diameter.watchdog must be more than 0"),
        (OURS + "reconnect_max = 0", "ocs.diameter.reconnect_max must be more than 0"),
        (OURS + "duplicates = true", "did you mean ocs.diameter.duplicates_detected?"),
    ],
)
def test_what_cannot_be_stops_the_start(text: str, complaint: str, tmp_path: Path) -> None:
    """With the key."""
    with pytest.raises(ConfigError) as told:
        load(written(tmp_path, text), {})
    assert complaint in str(told.value)


def test_nothing_is_said_to_be_detected_until_the_operator_says_it(tmp_path: Path) -> None:
    """The defaults."""
    config = load(written(tmp_path, BASE), {})
    assert config.ocs.diameter == DiameterConfig()
    assert config.ocs.diameter.duplicates_detected is False


async def test_the_adapter_is_built_of_it(tmp_path: Path) -> None:
    """And connects to nobody before it is asked."""
    config = load(written(tmp_path, OURS + 'balance_context = "balance@operator"\n'), {})
    built = charging_system(config.ocs, config.ocs.url, load_market("co"), load_starter("co"), FakeTraits())
    assert isinstance(built, DiameterChargingSystem)
    assert built.abilities.services == frozenset()
    await built.close()
