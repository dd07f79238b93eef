"""Action sets that charge once on CGRateS, and what their marker says.

A condition of CGRateS is "some one balance is like this", so "there is no such order yet" cannot be said, and neither
``OriginID`` nor ``*cdrlog`` stops a repetition. A counter can be said. Each order has a set of its own, and a marker:
a disabled balance of type ``*order`` whose id is the order's key. Whenever the set runs, the marker grows by 1, and by
0.5 more if the money suffices; only at exactly 1.5, so in the first run and with the money there, the set charges and
grants, and lifts the marker over a billion. The second run finds 2 or more, and does nothing but count. The engine
runs a set under the account's lock and writes the account once, at its end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Literal

from flows.frozen import dataclass
from flows.values import OrderKey
from gateway.ocs.answers import UnreadableAnswer
from gateway.ocs.cgrates_units import Grant
from gateway.ocs.cgrates_wire import MARKER, MONEY, AccountSeen, as_number

_FIRST_RUN, _CONDITION_MET, _DONE = 1, 0.5, 1_000_000_000
_HALF_WAY = Decimal("1.5")
Action = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every set. money_balance: id of the balance that pays; marker_hours: how long a marker stays."""

    money_balance: str
    marker_hours: int


Standing = Literal["done", "never", "half-way", "absent"]


@dataclass(frozen=True, slots=True)
class Marker:
    """What an account's marker says of one key.

    standing: done; never (it ran, did nothing, and never will); half-way (the engine died in the set); absent.
    reference: the balance's own id. ends: when the marker goes.
    """

    standing: Standing
    reference: str = ""
    ends: datetime | None = None


def order_set(key: OrderKey, price: Decimal, grant: Grant, terms: Terms) -> Sequence[Action]:
    """Charge ``price`` (CGRateS units) and grant, once."""
    granting: Action = {
        "Identifier": "*topup",
        "BalanceType": grant.balance_type,
        "BalanceId": key,
        "Units": as_number(grant.units),
        "ExpiryTime": f"+{grant.hours}h",
        "Weight": 70,
        "Filter": _in_first_run(key),
    }
    charging: Action = {
        "Identifier": "*debit",
        "BalanceType": MONEY,
        "BalanceId": terms.money_balance,
        "Units": as_number(price),
        "ExpiryTime": "*unlimited",
        "Weight": 60,
        "Filter": _in_first_run(key),
    }
    enough = _every(
        {"Type": MONEY},
        {"ID": terms.money_balance},
        {"Disabled": False},
        {"ExpirationDate": {"*exp": False}},
        {"Value": {"*gte": as_number(price)}},
    )
    return _once(key, enough, (granting, charging), terms)


def refund_set(key: OrderKey, order: OrderKey, price: Decimal, terms: Terms) -> Sequence[Action]:
    """Give ``price`` (CGRateS units) back, once, and only if the order's marker says that it was charged."""
    paying: Action = {
        "Identifier": "*topup",
        "BalanceType": MONEY,
        "BalanceId": terms.money_balance,
        "Units": as_number(price),
        "ExpiryTime": "*unlimited",
        "Weight": 60,
        "Filter": _in_first_run(key),
    }
    charged = _every({"Type": MARKER}, {"ID": order}, {"Value": {"*gte": _DONE}})
    return _once(key, charged, (paying,), terms)


def marker(account: AccountSeen, key: OrderKey) -> Marker:
    """What the account says of this key; of several markers one that says done counts."""
    ours = [one for one in account if one.kind == MARKER and one.ident == key]
    if not ours:
        return Marker("absent")
    most = max(ours, key=lambda one: one.value)
    standing: Standing = "never"
    if most.value >= _DONE:
        standing = "done"
    elif most.value == _HALF_WAY:
        standing = "half-way"
    return Marker(standing, most.uuid or most.ident, most.expires_at)


def probe_set(terms: Terms) -> tuple[str, Sequence[Action]]:
    """A set that is stored and read back, and never run; its id changes with what it says."""
    grant = Grant("*data", Decimal(1), 1)
    probe = order_set(OrderKey("chasqui-probe"), Decimal(1), grant, terms)
    return f"chasqui-probe-{sha256(json.dumps(probe).encode()).hexdigest()[:12]}", probe


def reads_back(sent: Sequence[Action], result: object) -> str:
    """The first field that the engine holds otherwise than it was sent; empty if there is none.

    A condition that is lost or cannot be read does not stop an engine from running the action.
    Raises UnreadableAnswer.
    """
    if not isinstance(result, list) or not all(isinstance(action, dict) for action in result):
        raise UnreadableAnswer("the actions are not a list of objects")
    if len(result) != len(sent):
        return "Actions"
    held = sorted(result, key=lambda action: -_weight(action))
    return next((field for ours, theirs in zip(sent, held, strict=True) if (field := _differing(ours, theirs))), "")


def _once(key: OrderKey, condition: str, doing: Sequence[Action], terms: Terms) -> Sequence[Action]:
    """Do this in the first run, if the condition is met; heaviest first, as the engine runs them."""
    counting: Action = {
        "Identifier": "*topup",
        "BalanceType": MARKER,
        "BalanceId": key,
        "ExpiryTime": f"+{terms.marker_hours}h",
        "BalanceDisabled": "true",
    }
    return (
        {**counting, "Units": _FIRST_RUN, "Weight": 90},
        {**counting, "Units": _CONDITION_MET, "Weight": 80, "Filter": condition},
        *doing,
        {**counting, "Units": _DONE, "Weight": 50, "Filter": _in_first_run(key)},
    )


def _in_first_run(key: OrderKey) -> str:
    return _every({"Type": MARKER}, {"ID": key}, {"Value": _FIRST_RUN + _CONDITION_MET})


def _every(*conditions: Mapping[str, object]) -> str:
    return json.dumps({"*and": conditions}, separators=(",", ":"))


def _differing(sent: Action, held: Action) -> str:
    return next((field for field, value in sent.items() if not _same(field, value, held.get(field))), "")


def _same(field: str, sent: object, held: object) -> bool:
    if isinstance(sent, int | float):  # the engine tells Units as a text
        return _decimal(held) == Decimal(str(sent))
    if field == "Filter":
        return _document(held) == _document(sent)
    return held == sent


def _weight(action: Action) -> Decimal:
    return _decimal(action.get("Weight")) or Decimal(0)


def _decimal(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def _document(text: object) -> object:
    try:
        return json.loads(str(text))
    except (ValueError, RecursionError):
        return None
