"""An account that CGRateS posts when an action trigger fires, to an event; pure (facts: *http_post of an Account).

The account names neither what happened nor an id: the trigger stands in the URL, and (account, UniqueID,
LastExecutionTime) is the event. A trigger's own ``Balance`` says what it watches; where it does not, configuration
does, or the only kind of balance that there is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, DecimalException
from typing import Any

from flows.events import BundleChange
from flows.values import Unit, parse_msisdn
from gateway.config.tree import CgratesTriggerConfig
from gateway.ocs.currency import whole
from gateway.ocs.event_fields import FieldReader, instant

_UNITS: Mapping[str, tuple[Unit, Decimal]] = {
    "*data": (Unit.BYTE, Decimal(1)),
    "*voice": (Unit.SECOND, Decimal("1e-9")),  # nanoseconds, as Go counts time
    "*sms": (Unit.MESSAGE, Decimal(1)),
}
_MONEY = "*monetary"
_KNOWN = (_MONEY, *_UNITS)
_NEVER = 1900
"""Go's zero time is of the year 1."""


def document(
    body: object, trigger: str, rule: CgratesTriggerConfig | None, *, units_per_minor: float, currency: str
) -> tuple[dict[str, Any], Mapping[str, str]]:
    """The event as a CloudEvent document, and what is wrong with the account by JSON pointer.

    An empty ``type`` says that nobody told what the trigger watches. units_per_minor: of ``[ocs.cgrates]``.
    """
    reader = FieldReader()
    rule = rule or CgratesTriggerConfig(id=trigger)
    account = reader.table(body, "")
    tenant, _, number = reader.text(account, "/ID", most=100).rpartition(":")
    msisdn = parse_msisdn(f"+{number}")
    if msisdn is None:
        reader.wrong("/ID", "must end in an MSISDN, such as cgrates.org:573001112233")
    fired = _fired(reader, account, trigger)
    at = instant(fired.get("LastExecutionTime"))
    if at is None or at.year < _NEVER:
        reader.wrong("/ActionTriggers", f"has no {trigger[:60]!r} with the time of its LastExecutionTime")
    watched = _table(fired.get("Balance"))
    balances = _table(account.get("BalanceMap"))
    kind_of_balance = rule.balance_type or _text(watched.get("Type")) or _only(balances)
    event = {
        "specversion": "1.0",
        "source": f"cgrates/{tenant}",
        "id": f"{number}/{trigger}/{fired.get('LastExecutionTime')}",
        "type": "",
        "time": "" if at is None else at.isoformat(),
        "subject": f"+{msisdn}",
        "data": {},
    }
    if kind_of_balance not in _KNOWN or reader.problems:
        return event, reader.problems
    found = _balances(reader, balances, kind_of_balance, rule.balance or _text(watched.get("ID")))
    if kind_of_balance == _MONEY:
        amount = _whole(sum((_value(one) for one in found), Decimal(0)) / Decimal(str(units_per_minor)))
        return {
            **event,
            "type": rule.kind or "balance.low",
            "data": {"balance": {"amount": amount, "currency": currency}},
        }, reader.problems
    named = rule.balance or _text(watched.get("ID")) or trigger
    return {**event, **_bundle(found, kind_of_balance, named, rule, fired)}, reader.problems


def _bundle(
    found: Sequence[Mapping[str, Any]], kind: str, named: str, rule: CgratesTriggerConfig, fired: Mapping[str, Any]
) -> dict[str, Any]:
    """What runs low: of several balances that of which least is left; one that is gone has nothing left."""
    unit, usual = _UNITS[kind]
    size = Decimal(str(rule.unit)) if rule.unit else usual
    least = min(found, key=_value, default={})
    remaining = max(0, _whole(_value(least) * size))
    ends = instant(least.get("ExpirationDate"))
    bundle = {
        "id": (_text(least.get("ID")) or _text(least.get("Uuid")) or named)[:80],
        "unit": unit.value,
        "remaining": remaining,
        "initial": rule.initial or None,
        "product": rule.product or None,
        "expires_at": ends.isoformat() if ends is not None and ends.year >= _NEVER else None,
    }
    change = BundleChange.DEPLETING if remaining else BundleChange.DEPLETED
    return {"type": rule.kind or change.value, "data": {"bundle": bundle, "threshold": _share(rule, fired, size)}}


def _share(rule: CgratesTriggerConfig, fired: Mapping[str, Any], size: Decimal) -> float | None:
    """The share that is left when the trigger fires, if that is known."""
    if rule.threshold >= 0:
        return rule.threshold
    value = _number(fired.get("ThresholdValue"))
    if value is None or not rule.initial:
        return None
    return float(min(Decimal(1), max(Decimal(0), value * size / rule.initial)))


def _fired(reader: FieldReader, account: Mapping[str, Any], trigger: str) -> Mapping[str, Any]:
    listed = reader.items(account.get("ActionTriggers") or [], "/ActionTriggers")
    return next((one for one in listed if isinstance(one, dict) and one.get("UniqueID") == trigger), {})


def _balances(reader: FieldReader, balances: Mapping[str, Any], kind: str, named: str) -> Sequence[Mapping[str, Any]]:
    """Those of this kind that can be used, and of this id where there is one."""
    at = f"/BalanceMap/{kind}"
    listed = reader.items(balances.get(kind) or [], at)
    usable = []
    for index, one in enumerate(listed):
        if not isinstance(one, dict) or _number(one.get("Value")) is None:
            reader.wrong(f"{at}/{index}/Value", "must be a number")
        elif not one.get("Disabled"):
            usable.append(one)
    return [one for one in usable if not named or one.get("ID") == named]


def _only(balances: Mapping[str, Any]) -> str:
    """The kind of balance, if there is one kind alone."""
    held = [kind for kind in _KNOWN if balances.get(kind)]
    return held[0] if len(held) == 1 else ""


def _value(balance: Mapping[str, Any]) -> Decimal:
    return _number(balance.get("Value")) or Decimal(0)


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = Decimal(str(value))
    try:
        whole(number)
    except ValueError:
        return None
    return number


def _whole(value: Decimal) -> int:
    try:
        return whole(value)
    except (ValueError, DecimalException):
        return 0


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
