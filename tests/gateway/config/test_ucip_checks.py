"""What ``[ocs.ucip]`` may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config.loading import load
from gateway.config.ocs_sections import DedicatedAccountConfig
from gateway.errors import ConfigError

OCS = '[ocs]\nkind = "ucip"\nurl = "http://air.example.net:10011"\n'
ACCOUNT = '[[ocs.ucip.dedicated_accounts]]\nid = {}\nunit = "byte"\n'


def written(folder: Path, text: str) -> Path:
    """A configuration file."""
    file = folder / "chasqui.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_an_air_needs_no_more_than_its_address(tmp_path: Path) -> None:
    """The rest has defaults; nothing is relied on that the guide does not promise."""
    config = load(written(tmp_path, OCS), {}).ocs
    assert (config.kind, config.ucip.node_type, config.ucip.units_per_minor) == ("ucip", "EXT", 1.0)
    assert not config.ucip.repeats_are_recognised


def test_all_of_it_can_be_said(tmp_path: Path) -> None:
    """In the file and in the environment; the password is not printed."""
    text = OCS + '[ocs.ucip]\nuser = "chasqui"\nrepeats_are_recognised = true\n' + ACCOUNT.format(12) + "factor = 1024"
    ocs = load(written(tmp_path, text), {"CHASQUI_OCS__UCIP__PASSWORD": "secret-of-the-air"}).ocs
    assert (ocs.ucip.user, ocs.ucip.password, ocs.ucip.repeats_are_recognised) == ("chasqui", "secret-of-the-air", True)
    assert ocs.ucip.dedicated_accounts == (DedicatedAccountConfig(12, "byte", 1024.0),)
    assert "secret-of-the-air" not in repr(ocs)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[ocs]\nkind = "ucip"', 'ocs.url is missing: with kind = "ucip" it names the charging system'),
        (OCS.replace("http://", "http://me:secret@"), "ocs.url may not hold a user"),
        (
            OCS + '[ocs.ucip]\nnode_type = "UGW"',
            "ocs.ucip.node_type must be 1 to 8 letters and digits, and none of AIR",
        ),
        (OCS + '[ocs.ucip]\nnode_type = ""', "ocs.ucip.node_type must be"),
        (OCS + '[ocs.ucip]\nnode_type = "EXTERNAL1"', "ocs.ucip.node_type must be"),
        (OCS + '[ocs.ucip]\nhost_name = ""', "ocs.ucip.host_name must be 1 to 255"),
        (OCS + '[ocs.ucip]\nhost_name = "a b"', "ocs.ucip.host_name must be 1 to 255"),
        (OCS + '[ocs.ucip]\nuser = "a:b"', "ocs.ucip.user may not have a colon"),
        (OCS + '[ocs.ucip]\npassword = "p"', "ocs.ucip.user is missing: a password goes with a user"),
        (OCS + '[ocs.ucip]\nuser_agent = "chasqui"', "ocs.ucip.user_agent must be name/protocol version/version"),
        (OCS + '[ocs.ucip]\nuser_agent = "a/5.0/1\\r\\nX: y"', "ocs.ucip.user_agent must be"),
        (OCS + "[ocs.ucip]\nunits_per_minor = 0", "ocs.ucip.units_per_minor must be more than 0"),
        (OCS + "[ocs.ucip]\nunits_per_minor = inf", "ocs.ucip.units_per_minor must be a number that ends"),
        (OCS + "[ocs.ucip]\nrepeat_seconds = 0", "ocs.ucip.repeat_seconds must be more than 0"),
        (
            OCS + "[ocs.ucip]\nrepeats = true",
            "unknown key ocs.ucip.repeats; did you mean ocs.ucip.repeats_are_recognised?",
        ),
        (OCS + ACCOUNT.format(0), "ocs.ucip.dedicated_accounts 0: id must be a whole number from 1, each once"),
        (OCS + ACCOUNT.format(7) + ACCOUNT.format(7), "ocs.ucip.dedicated_accounts 7: id must be"),
        (
            OCS + ACCOUNT.format(7).replace("byte", "MB"),
            "ocs.ucip.dedicated_accounts 7: unit is 'MB'; it must be one of",
        ),
        (OCS + ACCOUNT.format(7) + "factor = 0", "ocs.ucip.dedicated_accounts 7: factor must be more than 0"),
    ],
)
def test_what_would_break_later_stops_the_start(tmp_path: Path, text: str, complaint: str) -> None:
    """In one line that names the key, and no secret."""
    with pytest.raises(ConfigError) as raised:
        load(written(tmp_path, text), {})
    assert complaint in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "secret" not in str(raised.value)
