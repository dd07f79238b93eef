"""Several binds, the doors behind them, and vendors' profiles: what is taken, and what is refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config.binds import sms_binds
from gateway.config.loading import load
from gateway.config.tree import Config
from gateway.config.ussd_profiles import BUILT_IN, profiles
from gateway.errors import ConfigError


def bind(name: str, more: str = "") -> str:
    """One ``[[smpp]]``."""
    return f'[[smpp]]\nname = "{name}"\nhost = "h"\n{more}\n'


def door(name: str, more: str) -> str:
    """One ``[[doors]]`` of the dialect smpp."""
    return f'[[doors]]\nname = "{name}"\ndialect = "smpp"\n{more}\n'


def profile(more: str, name: str = "acme") -> str:
    """One ``[[ussd.profiles]]``."""
    return f'[[ussd.profiles]]\nname = "{name}"\n{more}\n'


def loaded(folder: Path, text: str, **environment: str) -> Config:
    """The configuration of this text."""
    file = folder / "chasqui.toml"
    file.write_text(text)
    return load(file, environment)


@pytest.mark.parametrize(
    ("text", "carry"),
    [
        ("", []),
        (bind("a"), ["a"]),
        (bind("a") + door("d", 'bind = "a"'), ["a"]),
        (bind("a") + bind("b"), ["a", "b"]),
        (bind("a") + bind("b") + door("d", 'bind = "a"'), ["b"]),
        (bind("a") + bind("b") + bind("c") + door("d", 'bind = "b"'), ["a", "c"]),
        (door("d", 'bind = "simulator"'), []),
    ],
)
def test_every_bind_that_no_door_names_carries_sms_and_a_single_one_in_any_case(
    tmp_path: Path, text: str, carry: list[str]
) -> None:
    """Without any there is the simulator's."""
    assert [one.name for one in sms_binds(loaded(tmp_path, text))] == carry


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (bind("a") + door("d", ""), "doors 'd': bind is missing; with dialect 'smpp' it names one of: a"),
        (bind("a") + door("d", 'bind = "x"'), "doors 'd': bind 'x' is not configured; there is: a"),
        (door("d", 'bind = "a"'), "doors 'd': bind 'a' is not configured; there is: simulator"),
        (bind("a") + door("d", 'bind = "a"') + door("e", 'bind = "a"'), "two doors name the bind 'a'"),
        (
            bind("a") + bind("b") + door("d", 'bind = "a"') + door("e", 'bind = "b"'),
            "smpp: doors name every bind; leave one to SMS",
        ),
        (bind("a", 'bind = "receiver"') + door("d", 'bind = "a"'), "smpp 'a' must be a transceiver"),
        (
            bind("a") + door("d", 'bind = "a"\nprofile = "x"'),
            "doors 'd': profile 'x' is not known; there is: standard, release-32, decimal-23, end-bit",
        ),
        (bind("a") + door("d", 'bind = "a"\ntoken = "t"'), "doors 'd': token has no meaning with dialect 'smpp'"),
        ('[[doors]]\nname = "d"\ndialect = "triggers"\nbind = "a"', "doors 'd': bind is for dialect 'smpp' only"),
        (profile("", "standard"), "ussd.profiles 'standard': this name is a built-in profile's"),
        (profile("") + profile(""), "ussd.profiles: two entries are named 'acme'"),
        (profile('session = "0x14"'), "ussd.profiles 'acme': session is '0x14'"),
        (profile('sequence = "both"'), "sequence is 'both'; it must be one of: none, hops, units, ours, session"),
        (profile('end_by = "text"'), "end_by is 'text'; it must be one of: op, bit, both"),
        (profile('session = "none"\nend_by = "bit"'), "an end bit are there only with session = 'its_session_info'"),
        (profile("ask = 256"), "ussd.profiles 'acme': ask must be from 0 to 255"),
        (profile("abort = [-1]"), "ussd.profiles 'acme': abort must be from 0 to 255"),
        (profile("answer = [1]"), "ussd.profiles 'acme': 1 stands for two operations"),
        (profile("begin = []\nbegin_once = []"), "begin is empty"),
        (profile("begn = [1]"), "unknown key ussd.profiles[0].begn; did you mean ussd.profiles[0].begin?"),
    ],
)
def test_what_does_not_fit_together_is_refused_in_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    """With the key and what it may be."""
    with pytest.raises(ConfigError) as refused:
        loaded(tmp_path, text)
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_vendor_is_a_few_keys(tmp_path: Path) -> None:
    """Numbers may be hexadecimal; what is left out is the standard's."""
    text = profile('answer = [0x12, 34]\nend = 0x20\nsession = "0x1402"\nend_by = "op"')
    acme = profiles(loaded(tmp_path, text).ussd)["acme"]
    assert (acme.answer, acme.end, acme.session, acme.ask) == ((18, 34), 32, "0x1402", 2)


def test_lists_of_numbers_come_from_the_environment_too(tmp_path: Path) -> None:
    """With commas between them."""
    found = loaded(tmp_path, profile(""), CHASQUI_USSD__PROFILES__0__ABORT="32, 33")
    assert found.ussd.profiles[0].abort == (32, 33)
    with pytest.raises(ConfigError, match="must be a whole number"):
        loaded(tmp_path, profile(""), CHASQUI_USSD__PROFILES__0__ABORT="x")


def test_the_built_in_profiles_would_pass_as_configured_ones(tmp_path: Path) -> None:
    """No operation of theirs stands for two things."""
    for one in BUILT_IN.values():
        keys = {key: getattr(one, key) for key in ("begin", "begin_once", "answer", "confirm", "abort")}
        text = "\n".join(f"{key} = {list(value)}" for key, value in keys.items())
        loaded(tmp_path, profile(f'{text}\nsequence = "{one.sequence}"\nend_by = "{one.end_by}"'))
