"""The data of events about behaviour, beside ``usage.reported``; pure.

A place is a word. Whatever looks like coordinates is refused with its pointer, wherever it stands: nobody shall find
later that we had it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from flows.behaviour import BehaviourRecord, Source
from flows.events import BehaviourReported
from gateway.ocs.event_fields import FieldReader
from scoring.behaviour_columns import PLACES, TOPICS
from scoring.behaviour_files import names_coordinates

_POSITION = re.compile(r"[+-]?\d{1,3}\.\d{3,}\s*[,; /]\s*[+-]?\d{1,3}\.\d{3,}|geo:[+-]?\d.*", re.IGNORECASE)
_MOST_WORD = 40
_NESTED = 8
_HALF_A_TURN = 180


def refuse_coordinates(reader: FieldReader, data: dict[str, Any]) -> None:
    """Note every field that looks like coordinates."""
    for pointer in _coordinates(data, "/data", 0):
        reader.wrong(pointer, "looks like coordinates, which are never kept; a place is home, work or other")


def parse(reader: FieldReader, data: dict[str, Any], kind: str, at: datetime) -> BehaviourReported:
    """What an event of this type says. at: when it happened."""
    refuse_coordinates(reader, data)
    source, read = _READ[kind]
    return BehaviourReported(tuple(BehaviourRecord(source, *told) for told in read(reader, data, at)))


TYPES: Mapping[str, Source] = {
    "recharge.made": Source.RECHARGES,
    "apps.reported": Source.CATEGORIES,
    "place.reported": Source.PLACES,
    "device.reported": Source.DEVICE,
    "support.contacted": Source.SUPPORT,
    "social.observed": Source.SOCIAL,
}
"""Event types, and the source that each is of."""

_Told = tuple[datetime, dict[str, Any]]


def _recharge(reader: FieldReader, data: dict[str, Any], at: datetime) -> list[_Told]:
    if data.get("recharge") is None:
        reader.wrong("/data/recharge", "is missing")
        return []
    money = reader.money(data["recharge"], "/data/recharge")
    if money.amount < 0:
        reader.wrong("/data/recharge/amount", "must not be negative")
    return [(at, {"amount": money.amount, "currency": money.currency})]


def _apps(reader: FieldReader, data: dict[str, Any], at: datetime) -> list[_Told]:
    if data.get("apps") is None:
        reader.wrong("/data/apps", "is missing")
        return []
    found = []
    for index, item in enumerate(reader.items(data["apps"], "/data/apps")):
        where = f"/data/apps/{index}"
        fields = reader.table(item, where)
        category = reader.text(fields, f"{where}/category", most=_MOST_WORD)
        used = reader.whole(fields, f"{where}/bytes") or 0
        found.append((reader.maybe_time(fields, f"{where}/start") or at, {"category": category, "bytes": used}))
    return found


def _place(reader: FieldReader, data: dict[str, Any], at: datetime) -> list[_Told]:
    return [(at, {"place": _one_of(reader, data, "place", PLACES)})]


def _device(reader: FieldReader, data: dict[str, Any], at: datetime) -> list[_Told]:
    told = {
        "battery": reader.share(data, "/data/battery"),
        "storage_free": reader.share(data, "/data/storage_free"),
        "crashes": reader.whole(data, "/data/crashes", needed=False),
    }
    values = {name: value for name, value in told.items() if value is not None}
    if not values:
        reader.wrong("/data", f"must tell one of {', '.join(told)}")
    return [(at, values)]


def _support(reader: FieldReader, data: dict[str, Any], at: datetime) -> list[_Told]:
    return [(at, {"topic": _one_of(reader, data, "topic", TOPICS)})]


def _social(reader: FieldReader, data: dict[str, Any], at: datetime) -> list[_Told]:
    value = data.get("sentiment")
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1 <= value <= 1:
        reader.wrong("/data/sentiment", "is missing" if value is None else "must be a number from -1 to 1")
        return []
    return [(at, {"sentiment": float(value)})]


def _one_of(reader: FieldReader, data: dict[str, Any], name: str, words: tuple[str, ...]) -> str:
    word = reader.text(data, f"/data/{name}", most=_MOST_WORD)
    if word and word not in words:
        reader.wrong(f"/data/{name}", f"must be one of {', '.join(words)}")
    return word


_READ: Mapping[str, tuple[Source, Callable[[FieldReader, dict[str, Any], datetime], list[_Told]]]] = {
    kind: (TYPES[kind], read)
    for kind, read in (
        ("recharge.made", _recharge),
        ("apps.reported", _apps),
        ("place.reported", _place),
        ("device.reported", _device),
        ("support.contacted", _support),
        ("social.observed", _social),
    )
}


def _coordinates(value: object, pointer: str, depth: int) -> Iterator[str]:
    """Pointers of what looks like coordinates."""
    if depth > _NESTED:
        yield pointer  # nobody tells a place at such a depth but to hide it
    elif isinstance(value, dict):
        for name, inner in value.items():
            here = f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"
            if names_coordinates(str(name)):
                yield here
            else:
                yield from _coordinates(inner, here, depth + 1)
    elif isinstance(value, list) and _is_position(value):
        yield pointer
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _coordinates(inner, f"{pointer}/{index}", depth + 1)
    elif isinstance(value, str) and _POSITION.fullmatch(value.strip()):
        yield pointer


def _is_position(value: list[Any]) -> bool:
    """Two or three broken numbers of a globe's range, as GeoJSON has them."""
    return len(value) in (2, 3) and all(isinstance(one, float) and abs(one) <= _HALF_A_TURN for one in value[:2])
