"""What accounts at aggregators, and the doors that these come in by, must hold. Each complaint is one line."""

from __future__ import annotations

import re

from gateway.config.bounds import seconds, url
from gateway.config.tree import AggregatorConfig, Config, DoorConfig
from gateway.errors import ConfigError

AGGREGATORS = ("africastalking", "twilio", "kannel")
"""The kinds, which are the dialects of their doors too."""
_NAME = re.compile(r"[A-Za-z0-9._~-]+")
_PATH_WORDS = ("receipts",)
"""What stands in a path where a door's token would."""
_HAS_VIA = ("twilio", "kannel")
_TEXTS_ALONE = ("twilio", "kannel")
"""Dialects of doors that no USSD comes in by."""
_SUCH_AS = "https://gateway.example"
_MOST_TPS, _MOST_AT_ONCE = 100_000, 10_000


def check_aggregators(config: Config) -> None:
    """Raises ConfigError."""
    doors = {door.name: door for door in config.doors}
    numbers = {number.address for number in config.numbers}
    taken = {name for bind in config.smpp for name in (bind.name, bind.smsc)}
    for one in config.aggregators:
        where = f"aggregators {one.name!r}"
        if one.name in taken:
            raise ConfigError(f"{where}: the name is taken; SMSCs and aggregators have names of their own")
        taken.add(one.name)
        _account(where, one)
        _urls(where, one)
        for address in one.numbers:
            if address not in numbers:
                raise ConfigError(f"{where}: numbers: {address!r} is not configured; add it to [[numbers]]")
        if one.door and (one.door not in doors or doors[one.door].dialect != one.kind):
            raise ConfigError(f"{where}: door {one.door!r} is none of [[doors]] with dialect {one.kind!r}")
    kinds = {one.kind for one in config.aggregators}
    for door in config.doors:
        _door(door)
        if door.dialect in _TEXTS_ALONE and door.dialect not in kinds:
            raise ConfigError(f"doors {door.name!r}: nobody is behind it: add [[aggregators]] of kind {door.dialect!r}")
    _told_apart(config)


def _account(where: str, one: AggregatorConfig) -> None:
    if one.kind not in AGGREGATORS:
        raise ConfigError(f"{where}: kind is {one.kind!r}; it must be one of: {', '.join(AGGREGATORS)}")
    if not _NAME.fullmatch(one.name):
        raise ConfigError(f"{where}: name may hold A-Z a-z 0-9 - . _ ~ only: it stands in URLs")
    for key, value in (("account", one.account), ("secret", one.secret)):
        if not value or not value.isprintable():
            raise ConfigError(f"{where}: {key} is missing, or has a character that is not printable")
    if not one.numbers:
        raise ConfigError(f"{where}: numbers is missing; name at least one address of [[numbers]]")
    if one.via and one.kind not in _HAS_VIA:
        raise ConfigError(f"{where}: via is for kinds {' and '.join(_HAS_VIA)} only")
    if not 1 <= one.tps <= _MOST_TPS:
        raise ConfigError(f"{where}: tps must be at least 1 and at most {_MOST_TPS}")
    if not 1 <= one.at_once <= _MOST_AT_ONCE:
        raise ConfigError(f"{where}: at_once must be at least 1 and at most {_MOST_AT_ONCE}")
    seconds(f"{where}: timeout", one.timeout)


def _urls(where: str, one: AggregatorConfig) -> None:
    for key, value in (("url", one.url), ("public_url", one.public_url), ("receipts", one.receipts)):
        if value:
            url(f"{where}: {key}", value, _SUCH_AS)
    if one.kind == "kannel" and "%" in one.receipts + one.public_url:
        raise ConfigError(f"{where}: receipts and public_url may not hold %: Kannel puts something in its place")


def _door(door: DoorConfig) -> None:
    if door.dialect not in AGGREGATORS:
        return
    where = f"doors {door.name!r}"
    if door.token and not _NAME.fullmatch(door.token):
        raise ConfigError(f"{where}: token may hold A-Z a-z 0-9 - . _ ~ only: it stands in a path")
    if door.token in _PATH_WORDS:
        raise ConfigError(f"{where}: token may not be {door.token!r}: it is a word in the dialect's paths")


def _told_apart(config: Config) -> None:
    """A delivery report of Africa's Talking says nothing of the account, so its door must."""
    doors = [one.door for one in config.aggregators if one.kind == "africastalking"]
    if len(doors) > 1 and ("" in doors or len(set(doors)) < len(doors)):
        raise ConfigError("aggregators: two accounts of kind 'africastalking' need a door each, named by door")
