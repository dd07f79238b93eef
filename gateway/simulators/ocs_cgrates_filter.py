"""The conditions of actions on CGRateS: a JSON text that one balance of the account must meet.

``{"Value": {"*gte": 5}}`` compares, ``{"Value": 5}`` is equality, ``*and`` and ``*or`` take a list, and several names
in one object are all needed. What an engine does not know is never true, and does not raise.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from flows.frozen import dataclass

_Order = Callable[[float, float], bool]
_ORDERS: Mapping[str, _Order] = {
    "*gt": lambda field, value: field > value,
    "*gte": lambda field, value: field >= value,
    "*lt": lambda field, value: field < value,
    "*lte": lambda field, value: field <= value,
}


class BadFilter(ValueError):
    """A condition that the engine cannot apply: it leaves the account as it is, and says nothing."""


@dataclass(frozen=True, slots=True)
class Fields:
    """One balance as conditions see it. expires_at: None means never."""

    kind: str
    ident: str
    value: float
    disabled: bool
    expires_at: datetime | None


def some_one_meets(text: str, balances: Iterable[Fields], now: datetime) -> bool:
    """Whether any of the balances meets the condition. Raises BadFilter."""
    try:
        condition = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadFilter("not JSON") from error
    if not isinstance(condition, dict):
        raise BadFilter("not an object")
    return any(_meets(condition, balance, now) for balance in balances)


def _meets(condition: Mapping[str, object], balance: Fields, now: datetime) -> bool:
    return all(_holds(name, wanted, balance, now) for name, wanted in condition.items())


def _holds(name: str, wanted: object, balance: Fields, now: datetime) -> bool:
    if isinstance(wanted, list):
        return _several(name, wanted, balance, now)
    field = _field(name, balance)
    if isinstance(wanted, dict):
        return all(_compares(operator, field, value, now) for operator, value in wanted.items())
    return _equal(field, wanted)


def _several(operator: str, conditions: list[object], balance: Fields, now: datetime) -> bool:
    met = [_meets(one, balance, now) for one in conditions if isinstance(one, dict)]
    if len(met) != len(conditions):
        raise BadFilter(f"{operator} takes a list of objects")
    return {"*and": all(met), "*or": any(met), "*not": not all(met)}.get(operator, False)


def _field(name: str, balance: Fields) -> object:
    known = {
        "Type": balance.kind,
        "ID": balance.ident,
        "Value": balance.value,
        "Disabled": balance.disabled,
        "ExpirationDate": balance.expires_at,
    }
    if name not in known:
        raise BadFilter(f"a balance has no {name}")
    return known[name]


def _compares(operator: str, field: object, value: object, now: datetime) -> bool:
    if operator == "*eq":
        return _equal(field, value)
    if operator == "*exp":
        return _expired(field, value, now)
    if operator not in _ORDERS:
        return False
    if isinstance(field, bool) or isinstance(value, bool):
        raise BadFilter(f"{operator} compares numbers")
    if not isinstance(field, int | float) or not isinstance(value, int | float):
        raise BadFilter(f"{operator} compares numbers")
    return _ORDERS[operator](field, value)


def _expired(field: object, value: object, now: datetime) -> bool:
    if not isinstance(value, bool) or not isinstance(field, datetime | None):
        raise BadFilter("*exp takes true or false, of an ExpirationDate")
    return (field is not None and field < now) is value


def _equal(field: object, value: object) -> bool:
    """Without taking true for 1."""
    return isinstance(field, bool) is isinstance(value, bool) and field == value
