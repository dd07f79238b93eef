"""What service numbers, networks and routes must hold. Each complaint is one line."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gateway.config.binds import sms_binds
from gateway.config.smpp_checks import check_names
from gateway.config.tree import Config, NumberConfig, RouteConfig, TlvConfig
from gateway.errors import ConfigError

_TAG = re.compile(r"0x[0-9a-fA-F]{4}")
_DIGITS = re.compile(r"[0-9]{1,15}")
_KINDS = ("short", "long", "alphanumeric")
_TARIFFS = ("free", "standard", "premium")
_ALPHABETS = ("gsm7", "gsm7-es", "gsm7-pt", "latin1", "ucs2")
_SEGMENTS = ("udh", "udh16", "sar", "payload")
_ORDERS = ("weight", "cheapest", "first")
_PURPOSES = ("confirmation", "reply", "alert", "marketing")
_LONGEST_NAME = 11
"""Characters of an alphanumeric sender (3GPP TS 23.040 §9.1.2.5)."""
_MOST_OCTET = 255
_MOST_TEMPLATES = 1_000


def check_sms(config: Config) -> None:
    """Raises ConfigError."""
    check_names("numbers", [one.address for one in config.numbers])
    known = {one.address for one in config.numbers}
    for number in config.numbers:
        _number(number)
    for bind in config.smpp:
        _one_of(f"smpp {bind.name!r}: alphabet", bind.alphabet, _ALPHABETS)
        _one_of(f"smpp {bind.name!r}: segments", bind.segments, _SEGMENTS)
        for address in bind.numbers:
            if address not in known:
                raise ConfigError(f"smpp {bind.name!r}: numbers: {address!r} is not configured; add it to [[numbers]]")
    check_names("networks", [one.name for one in config.networks])
    for network in config.networks:
        _prefixes(f"networks {network.name!r}", network.prefixes)
        if not network.prefixes:
            raise ConfigError(f"networks {network.name!r}: prefixes is empty")
    check_names("routes", [one.name for one in config.routes])
    for route in config.routes:
        _route(route, config)


def _number(one: NumberConfig) -> None:
    where = f"numbers {one.address!r}"
    _one_of(f"{where}: type", one.type, _KINDS)
    _one_of(f"{where}: mo_tariff", one.mo_tariff, _TARIFFS)
    if one.type == "alphanumeric":
        if not 1 <= len(one.address) <= _LONGEST_NAME or not one.address.isascii():
            raise ConfigError(f"{where}: an alphanumeric address has 1 to {_LONGEST_NAME} ASCII characters")
    elif not _DIGITS.fullmatch(one.address):
        raise ConfigError(f"{where}: address must be digits without +, or type must be 'alphanumeric'")
    for key, octet in (("ton", one.ton), ("npi", one.npi)):
        if not -1 <= octet <= _MOST_OCTET:
            raise ConfigError(f"{where}: {key} must be from 0 to {_MOST_OCTET}, or -1 for what is usual")
    _tag(f"{where}: template_tag", one.template_tag)
    for number, tlv in enumerate(one.tlvs):
        _tlv(f"{where}: tlvs[{number}]", tlv)
    if len(one.templates) > _MOST_TEMPLATES:
        raise ConfigError(f"{where}: at most {_MOST_TEMPLATES} templates")
    for number, template in enumerate(one.templates):
        if not template.id or not template.text or not template.id.isascii():
            raise ConfigError(f"{where}: templates[{number}] needs an id (ASCII) and a text")


def _tlv(where: str, one: TlvConfig) -> None:
    _tag(f"{where}: tag", one.tag)
    if bool(one.text) == bool(one.hex):
        raise ConfigError(f"{where}: either text or hex is the value")
    try:
        bytes.fromhex(one.hex)
        one.text.encode("latin-1")
    except ValueError:
        raise ConfigError(f"{where}: hex must be pairs of hex digits, and text ISO 8859-1") from None


def _route(one: RouteConfig, config: Config) -> None:
    where = f"routes {one.name!r}"
    _one_of(f"{where}: order", one.order, _ORDERS)
    for purpose in one.purposes:
        _one_of(f"{where}: purposes", purpose, _PURPOSES)
    _prefixes(where, one.prefixes)
    networks = {network.name for network in config.networks}
    for network in one.networks:
        if network not in networks:
            raise ConfigError(f"{where}: network {network!r} is not configured; add it to [[networks]]")
    if not one.through:
        raise ConfigError(f"{where}: through is empty, so nobody takes its texts")
    senders = [bind.name for bind in sms_binds(config) if bind.bind != "receiver"]
    senders += [account.name for account in config.aggregators]
    check_names(f"{where}: through", [through.smsc for through in one.through])
    for through in one.through:
        if through.smsc not in senders:
            raise ConfigError(
                f"{where}: {through.smsc!r} sends no texts; those that do: {', '.join(senders) or 'none'}"
            )
        if through.weight != 1 and one.order != "weight":
            raise ConfigError(f"{where}: a weight counts with order = 'weight' alone; the order is {one.order!r}")
        if not through.weight > 0:
            raise ConfigError(f"{where}: the weight of {through.smsc!r} must be more than 0")
        if through.cost < 0:
            raise ConfigError(f"{where}: the cost of {through.smsc!r} must be 0 or more")


def _prefixes(where: str, prefixes: Iterable[str]) -> None:
    for prefix in prefixes:
        if not _DIGITS.fullmatch(prefix):
            raise ConfigError(f"{where}: prefix {prefix!r} must be digits, with the country's code and without +")


def _tag(key: str, tag: str) -> None:
    if not _TAG.fullmatch(tag):
        raise ConfigError(f"{key} is {tag!r}; it must be a tag as in '0x1400'")


def _one_of(key: str, value: str, allowed: Iterable[str]) -> None:
    if value not in allowed:
        raise ConfigError(f"{key} is {value!r}; it must be one of: {', '.join(allowed)}")
