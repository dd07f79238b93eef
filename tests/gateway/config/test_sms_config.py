"""Numbers, networks and routes: what they may be, and what becomes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.values import Msisdn, Purpose
from gateway.app.numbers import Numbers, offering, routes_of
from gateway.config.loading import load
from gateway.config.tree import Config
from gateway.core.service_numbers import ServiceNumber
from gateway.errors import ConfigError

BINDS = """
[[smpp]]
name = "a"
host = "h"
source = "12345"
numbers = ["OPERATOR"]
[[smpp]]
name = "b"
host = "h"
source = "54321"
two_way = false
"""
NUMBERS = """
[[numbers]]
address = "12345"
mo_tariff = "free"
regulator_code = "CRC-12345"
tlvs = [{tag = "0x1400", text = "1101"}, {tag = "0x1402", hex = "00ff"}]
templates = [{id = "1107", text = "Your {#var#} has run out. (1) {#var#}"}]
[[numbers]]
address = "OPERATOR"
type = "alphanumeric"
"""
ROUTES = """
[[networks]]
name = "claro"
prefixes = ["57310", "57311"]
[[routes]]
name = "claro"
networks = ["claro"]
through = [{smsc = "b"}]
[[routes]]
name = "rest"
through = [{smsc = "a"}, {smsc = "b"}]
order = "first"
"""


class Sender:
    """A sender as far as routes need one."""

    def __init__(self, name: str, numbers: tuple[ServiceNumber, ...]) -> None:
        self.name, self.numbers = name, numbers


def loaded(folder: Path, text: str) -> Config:
    """The configuration of this text."""
    file = folder / "chasqui.toml"
    file.write_text(text)
    return load(file, {})


def test_a_bind_has_its_own_number_first_as_it_is_described(tmp_path: Path) -> None:
    """With what the regulator wants, and the TON and NPI that are usual for its kind."""
    config = loaded(tmp_path, BINDS + NUMBERS)
    first, name = Numbers(config, config.smpp).of_bind(config.smpp[0])
    assert (first.address, first.ton, first.npi, first.code) == ("12345", 3, 0, "CRC-12345")
    assert first.tlvs == ((0x1400, b"1101"), (0x1402, b"\x00\xff"))
    assert (name.address, name.ton, name.kind, name.answerable) == ("OPERATOR", 5, "alphanumeric", False)
    template = first.template_of("Your 1 GB for 7 days has run out. (1) yes")
    assert template is not None
    assert template.id == "1107"
    assert first.template_of("Your bundle is fine.") is None


def test_offers_leave_from_the_first_number_that_can_be_answered(tmp_path: Path) -> None:
    """Else from the first, and then ask nothing."""
    config = loaded(tmp_path, BINDS + NUMBERS)
    numbers = Numbers(config, config.smpp)
    one_way, two_way = numbers.of_bind(config.smpp[1]), numbers.of_bind(config.smpp[0])
    assert offering([*one_way, *two_way]).address == "12345"
    assert (offering(one_way).address, offering(one_way).answerable) == ("54321", False)
    assert not offering([]).answerable


@pytest.mark.parametrize(
    ("more", "answerable"),
    [("", False), ('[[smpp]]\nname = "rx"\nhost = "h"\nbind = "receiver"\nsource = "1"\n', True)],
)
def test_a_transmitters_number_can_be_answered_where_another_bind_receives(
    tmp_path: Path, more: str, *, answerable: bool
) -> None:
    """One session each way is how some SMSCs want it."""
    config = loaded(tmp_path, '[[smpp]]\nname = "tx"\nhost = "h"\nbind = "transmitter"\nsource = "1"\n' + more)
    (number,) = Numbers(config, config.smpp).of_bind(config.smpp[0])
    assert number.answerable == answerable


def test_routes_are_those_of_the_file(tmp_path: Path) -> None:
    """A network stands for its prefixes."""
    config = loaded(tmp_path, BINDS + NUMBERS + ROUTES)
    numbers = Numbers(config, config.smpp)
    routes = routes_of(config, [Sender(bind.name, numbers.of_bind(bind)) for bind in config.smpp])  # type: ignore[misc]
    assert routes.plan(Msisdn("573101112233"), Purpose.ALERT, "", asks=False) == ("b",)
    assert routes.plan(Msisdn("573001112233"), Purpose.ALERT, "", asks=False) == ("a", "b")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            '[[numbers]]\naddress = "12345"\ntype = "toll"',
            "numbers '12345': type is 'toll'; it must be one of: short, long",
        ),
        ('[[numbers]]\naddress = "+57"', "address must be digits without"),
        ('[[numbers]]\naddress = "TOO LONG A NAME"\ntype = "alphanumeric"', "has 1 to 11 ASCII characters"),
        ('[[numbers]]\naddress = "1"\nton = 256', "numbers '1': ton must be from 0 to 255"),
        ('[[numbers]]\naddress = "1"\nmo_tariff = "dear"', "mo_tariff is 'dear'"),
        ('[[numbers]]\naddress = "1"\n[[numbers]]\naddress = "1"', "numbers: two entries are named '1'"),
        ('[[numbers]]\naddress = "1"\ntlvs = [{tag = "1400", text = "x"}]', "tag is '1400'; it must be a tag as in"),
        ('[[numbers]]\naddress = "1"\ntlvs = [{tag = "0x1400"}]', "either text or hex is the value"),
        ('[[numbers]]\naddress = "1"\ntlvs = [{tag = "0x1400", hex = "0"}]', "pairs of hex digits"),
        ('[[numbers]]\naddress = "1"\ntemplates = [{id = "", text = "x"}]', "needs an id"),
        (
            '[[smpp]]\nname = "b"\nhost = "h"\nalphabet = "utf8"\n',
            "smpp 'b': alphabet is 'utf8'; it must be one of: gsm7, gsm7-es",
        ),
        (
            '[[smpp]]\nname = "b"\nhost = "h"\nsegments = "gzip"\n',
            "smpp 'b': segments is 'gzip'; it must be one of: udh, udh16",
        ),
        (BINDS, "smpp 'a': numbers: 'OPERATOR' is not configured; add it to"),
        ('[[networks]]\nname = "n"\nprefixes = []', "networks 'n': prefixes is empty"),
        ('[[networks]]\nname = "n"\nprefixes = ["+57"]', "prefix '\\+57' must be digits"),
        ('[[routes]]\nname = "r"\nthrough = []', "routes 'r': through is empty"),
        ('[[routes]]\nname = "r"\nthrough = [{smsc = "x"}]', "'x' sends no texts; those that do: none"),
        (
            BINDS + NUMBERS + '[[routes]]\nname = "r"\norder = "weight"\nthrough = [{smsc = "a", weight = 0}]',
            "weight of 'a' must be more",
        ),
        (
            BINDS + NUMBERS + '[[routes]]\nname = "r"\nthrough = [{smsc = "a", cost = -1}]',
            "cost of 'a' must be 0 or more",
        ),
        (BINDS + NUMBERS + '[[routes]]\nname = "r"\npurposes = ["ads"]\nthrough = [{smsc = "a"}]', "purposes is 'ads'"),
        (BINDS + NUMBERS + '[[routes]]\nname = "r"\nnetworks = ["x"]\nthrough = [{smsc = "a"}]', "network 'x' is not"),
        (BINDS + NUMBERS + '[[routes]]\nname = "r"\norder = "luck"\nthrough = [{smsc = "a"}]', "order is 'luck'"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    """With the entry and what it may be."""
    with pytest.raises(ConfigError, match=complaint) as error:
        loaded(tmp_path, text)
    assert "\n" not in str(error.value)
