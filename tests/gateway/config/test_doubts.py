"""What starts and silently costs something: a line each, which names the key and what comes of it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from gateway.app.numbers import Numbers
from gateway.app.peers import Peers
from gateway.config.binds import sms_binds
from gateway.config.doubts import doubts
from gateway.config.loading import load
from gateway.config.tree import Config

BIND = '[[smpp]]\nname = "{name}"\nhost = "h"\nsource = "12345"\n{more}\n'
A, B = BIND.format(name="a", more=""), BIND.format(name="b", more="")
ROUTE = '[[routes]]\nname = "{name}"\nthrough = [{{smsc = "a"}}, {{smsc = "b"}}]\n{more}\n'
TWO_NETWORKS = '[[networks]]\nname = "x"\nprefixes = ["57"]\n[[networks]]\nname = "y"\nprefixes = ["56", "57"]\n'


def loaded(folder: Path, text: str) -> Config:
    """The configuration of this text."""
    file = folder / "chasqui.toml"
    file.write_text(text)
    return load(file, {})


def routes(*more: str) -> str:
    """Routes named 1, 2, … over two binds."""
    return A + B + "".join(ROUTE.format(name=number, more=one) for number, one in enumerate(more, 1))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BIND.format(name="a", more='system_id = "sixteen-letters-"'), "smpp 'a': system_id has 16 characters; SMPP"),
        (BIND.format(name="a", more='password = "nine-long"'), "smpp 'a': password has 9 characters; SMPP 3.4 allows"),
        (A.replace("12345", "CHASQUI"), "smpp 'a': source 'CHASQUI' is not digits alone, but source_ton is 3"),
        (A.replace("12345", "+5712345"), "smpp 'a': source '+5712345' is not digits alone"),
        (TWO_NETWORKS, "networks 'y': prefix '57' is also one of 'x'"),
        (routes('order = "cheapest"'), "routes '1': order is 'cheapest' and no entry of through has a cost"),
        (routes("", 'order = "first"'), "routes '2' is never reached: '1' takes all of its texts"),
        (routes('prefixes = ["57"]', 'prefixes = ["57"]', ""), "routes '2' is never reached: '1' takes"),
        (routes("", 'purposes = ["marketing", "alert", "reply", "confirmation"]'), "routes '1' is never reached: '2'"),
        (TWO_NETWORKS + routes('networks = ["x"]', 'prefixes = ["57"]', ""), "routes '2' is never reached: '1'"),
    ],
)
def test_what_is_hardly_meant_is_told(tmp_path: Path, text: str, said: str) -> None:
    """The start goes on, and says what to look at."""
    assert any(sentence.startswith(said) for sentence in doubts(loaded(tmp_path, text)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        A + B,
        BIND.format(name="a", more='system_id = "fifteen-letters"\npassword = "8-octets"'),
        BIND.format(name="a", more="source_ton = 5").replace("12345", "CHASQUI"),
        A.replace("12345", "CHASQUI") + '[[numbers]]\naddress = "CHASQUI"\ntype = "alphanumeric"\n',
        routes('purposes = ["marketing"]', 'prefixes = ["57"]', ""),
        routes("", 'purposes = ["marketing"]'),
        routes('order = "cheapest"').replace('{smsc = "b"}', '{smsc = "b", cost = 1}'),
    ],
)
def test_nothing_is_said_of_what_may_well_be_meant(tmp_path: Path, text: str) -> None:
    """A warning at each start is read by nobody."""
    assert doubts(loaded(tmp_path, text)) == ()


def test_a_password_is_counted_and_not_printed(tmp_path: Path) -> None:
    """Logs are read by many."""
    (sentence,) = doubts(loaded(tmp_path, BIND.format(name="a", more='password = "much-too-long"')))
    assert "much-too-long" not in sentence


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (BIND.format(name="a", more="two_way = false"), "12345: two_way is false"),
        (BIND.format(name="a", more='bind = "transmitter"'), "12345: no receiver or transceiver has it"),
        (A.replace("12345", "CHASQUI"), "CHASQUI: a name cannot be answered"),
        (A + '[[numbers]]\naddress = "12345"\nmo_tariff = "standard"\n', "12345: mo_tariff is 'standard', not 'free'"),
        (A + '[[numbers]]\naddress = "12345"\ntwo_way = false\n', "12345: two_way is false"),
        (A, ""),
    ],
)
def test_that_no_number_can_be_answered_is_told_with_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str, reason: str
) -> None:
    """Else the first thing that is seen of it is offers that nobody makes."""
    config = loaded(tmp_path, text)
    binds = sms_binds(config)
    peers = Peers(None, "", binds, frozenset(bind.name for bind in binds), None, None)  # type: ignore[arg-type]
    Numbers(config, binds).warn(peers)
    lines = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    told = [line for line in lines if line.startswith("no number can be answered for nothing, so alerts go without")]
    assert [line.endswith(reason) or reason in line for line in told] == ([True] if reason else [])
