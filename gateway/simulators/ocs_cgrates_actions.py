"""How a CGRateS engine runs a set of actions on one account: ``*topup``, ``*topup_reset``, ``*debit``.

Pure: balances in, balances changed. Written apart from the adapter's side (``gateway/ocs/cgrates_sets.py``), so a
mistake in one is not mirrored in the other. Nothing here makes a repetition harmless: that is the sender's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass as mutable
from datetime import UTC, datetime, timedelta

from flows.frozen import dataclass
from gateway.simulators.ocs_cgrates_filter import Fields, some_one_meets

_DECIMALS, _MOST = 6, 10**15
_SIGNS = {"*topup": 1, "*topup_reset": 1, "*debit": -1}
_NEVER = frozenset({"", "*unlimited", "*never"})
_LATER = re.compile(r"\+(\d{1,9})(h|m|s)")
_LENGTHS = {"h": "hours", "m": "minutes", "s": "seconds"}


class BadAction(ValueError):
    """An action that an engine does not take; in its words."""


@mutable(slots=True)
class Balance:
    """One balance. expires_at: None means never."""

    kind: str
    ident: str
    uuid: str
    value: float
    expires_at: datetime | None = None
    disabled: bool = False

    def ended(self, now: datetime) -> bool:
        """Whether it has expired."""
        return self.expires_at is not None and self.expires_at <= now


@dataclass(frozen=True, slots=True)
class Action:
    """One action. ident: empty means any balance of the type; disabled: None is not told. Heavier ones run first."""

    identifier: str
    kind: str
    ident: str
    units: float
    expiry: str
    weight: float
    disabled: bool | None = None
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Movement:
    """What one action did to one balance. units: negative for a debit."""

    kind: str
    ident: str
    units: float


def parse_action(item: object) -> Action:
    """One entry of ``SetActions``. Raises BadAction."""
    if not isinstance(item, dict):
        raise BadAction("json: cannot unmarshal into Go struct field .Actions")
    missing = [name for name in ("Identifier", "Weight") if not item.get(name)]
    if missing:
        raise BadAction(f"MANDATORY_IE_MISSING:Action:{item.get('Identifier', '')}:{missing}")
    return Action(
        identifier=_text(item, "Identifier"),
        kind=_text(item, "BalanceType"),
        ident=_text(item, "BalanceId"),
        units=_number(item, "Units"),
        expiry=_text(item, "ExpiryTime"),
        weight=_number(item, "Weight"),
        disabled=_flag(_text(item, "BalanceDisabled")),
        condition=_text(item, "Filter"),
    )


def format_action(action: Action) -> dict[str, object]:
    """One entry of what ``GetActions`` answers: Units as a text, flags always told."""
    return {
        "Identifier": action.identifier,
        "BalanceType": action.kind,
        "BalanceId": action.ident,
        "Units": f"{action.units:.15f}".rstrip("0").rstrip("."),
        "ExpiryTime": action.expiry,
        "Filter": action.condition,
        "Weight": action.weight,
        "BalanceDisabled": "true" if action.disabled else "false",
    }


def run(actions: Iterable[Action], balances: list[Balance], now: datetime) -> Sequence[Movement]:
    """Change the balances as the set says, the heaviest action first.

    Raises BadFilter for a condition that cannot be applied, and BadAction for an action nobody knows: then the caller
    keeps the account as it was.
    """
    done: list[Movement] = []
    for action in sorted(actions, key=lambda one: -one.weight):
        if action.identifier not in _SIGNS:
            raise BadAction(f"unsupported action {action.identifier}")
        if action.condition and not some_one_meets(action.condition, map(_fields, balances), now):
            continue
        done.extend(_apply(action, balances, now))
    return done


def expiry(text: str, now: datetime) -> datetime | None:
    """``+168h`` from now, a date and time, or never. What is none of these never expires, as on an engine."""
    if text in _NEVER:
        return None
    try:
        if later := _LATER.fullmatch(text):
            return now + timedelta(**{_LENGTHS[later.group(2)]: int(later.group(1))})
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _apply(action: Action, balances: list[Balance], now: datetime) -> Sequence[Movement]:
    change = _SIGNS[action.identifier] * action.units
    found = [one for one in balances if one.kind == action.kind and not one.ended(now) and _is_meant(action, one)]
    if action.identifier == "*topup_reset":
        balances[:] = [one for one in balances if one not in found]
        found = []
    for one in found:
        one.value = round(one.value + change, _DECIMALS)
    if not found:
        ends, disabled = expiry(action.expiry, now), bool(action.disabled)
        uuid = f"{action.kind}-{action.ident}-{len(balances) + 1}"
        balances.append(Balance(action.kind, action.ident, uuid, round(change, _DECIMALS), ends, disabled))
    return [Movement(action.kind, action.ident, change)] * max(1, len(found))


def _is_meant(action: Action, balance: Balance) -> bool:
    """An id alone decides, even of a balance that is disabled; this is how an engine matches."""
    if action.ident:
        return balance.ident == action.ident
    return action.disabled is None or balance.disabled is action.disabled


def _fields(balance: Balance) -> Fields:
    return Fields(balance.kind, balance.ident, balance.value, balance.disabled, balance.expires_at)


def _text(item: Mapping[str, object], name: str) -> str:
    value = item.get(name, "")
    if not isinstance(value, str):
        raise BadAction(f"json: cannot unmarshal into Go struct field .{name} of type string")
    return value


def _number(item: Mapping[str, object], name: str) -> float:
    value = item.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _MOST:
        raise BadAction(f"json: cannot unmarshal into Go struct field .{name} of type float64")
    return float(value)


def _flag(text: str) -> bool | None:
    if not text:
        return None
    if text.lower() not in {"true", "false"}:
        raise BadAction(f'strconv.ParseBool: parsing "{text}": invalid syntax')
    return text.lower() == "true"
