"""Reading bodies of the TM Forum wire; what the files do not allow raises ``BadBody``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal

from flows.currency import precision
from flows.values import Money, Msisdn, parse_msisdn


class BadBody(ValueError):
    """A body that the TM Forum files do not allow, or that lacks what an order needs; one line."""


def parse_body(body: bytes) -> Mapping[str, object]:
    """The JSON object in ``body``, fractions as Decimal. Raises BadBody."""
    try:
        value = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise BadBody("the body is not JSON") from error
    if not isinstance(value, dict):
        raise BadBody("the body must be a JSON object")
    return value


def an_object(value: Mapping[str, object], key: str) -> Mapping[str, object]:
    """The object under this key. Raises BadBody."""
    found = value.get(key)
    if not isinstance(found, dict):
        raise BadBody(f"{key} must be an object")
    return found


def only_one(value: Mapping[str, object], key: str, place: str) -> Mapping[str, object]:
    """The one object in the list under this key. Raises BadBody."""
    found = value.get(key)
    if not isinstance(found, list) or len(found) != 1 or not isinstance(found[0], dict):
        raise BadBody(f"{place} must be a list of one object")
    return found[0]


def a_text(value: Mapping[str, object], key: str, place: str) -> str:
    """The text under this key. Raises BadBody."""
    found = value.get(key)
    if not isinstance(found, str) or not found:
        raise BadBody(f"{place}.{key} must be a text")
    return found


def an_msisdn(value: object, place: str) -> Msisdn:
    """A number as the wire has it. Raises BadBody."""
    msisdn = parse_msisdn(value)
    if msisdn is None or msisdn != value:
        raise BadBody(f"{place} must be an MSISDN without +")
    return msisdn


def money(value: Mapping[str, object]) -> Money:
    """An amount of the wire. Raises BadBody."""
    unit = a_text(value, "unit", "taxIncludedAmount")
    return Money(minor(value.get("value"), unit, "taxIncludedAmount.value"), unit)


def minor(value: object, currency: str, place: str) -> int:
    """Major units in minor ones. Raises BadBody."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise BadBody(f"{place} must be a number")
    exact = Decimal(value)
    if not exact.is_finite() or exact < 0 or exact.adjusted() > 15:
        raise BadBody(f"{place} must be an amount of money")
    minor = exact.scaleb(precision(currency))
    if minor != minor.to_integral_value():
        raise BadBody(f"{place} has more decimal places than {currency}")
    return int(minor)
