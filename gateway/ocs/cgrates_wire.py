"""CGRateS 0.10 JSON-RPC without a socket: calls, answers, and what an account holds.

Everything here is pure; what cannot be read raises ``UnreadableAnswer``, whose text never quotes a subscriber.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from math import floor

from flows.frozen import dataclass
from flows.values import Bucket, Msisdn
from gateway.ocs.answers import UnreadableAnswer, read_json
from gateway.ocs.cgrates_units import BALANCE_UNITS

PATH = "/jsonrpc"
GET_ACCOUNT = "APIerSv2.GetAccount"
SET_ACTIONS = "APIerSv1.SetActions"
GET_ACTIONS = "APIerSv1.GetActions"
EXECUTE_ACTION = "APIerSv1.ExecuteAction"
NOT_FOUND, EXISTS = "NOT_FOUND", "EXISTS"
MONEY, MARKER = "*monetary", "*order"

_NEVER = "*unlimited"
_YEARS_OF_NEVER = (1, 9999)
_LONGEST_WORDS = 300
_MOST_DIGITS = 30
_NUMBER_OF_SOMEBODY = re.compile(r"\d{6,}")


@dataclass(frozen=True, slots=True)
class BalanceSeen:
    """One balance of an account. value: as CGRateS counts; expires_at: None means never."""

    kind: str
    ident: str
    uuid: str
    value: Decimal
    expires_at: datetime | None
    disabled: bool

    def usable_at(self, now: datetime) -> bool:
        """Whether CGRateS would let it be used."""
        return not self.disabled and (self.expires_at is None or self.expires_at > now)


AccountSeen = Sequence[BalanceSeen]
"""All balances of one account."""


def as_number(value: Decimal) -> int | float:
    """As JSON shows it; whole numbers without a point."""
    return int(value) if value == value.to_integral_value() else float(value)


def format_call(method: str, parameter: object, ident: int) -> bytes:
    """The body of one ``POST {url}/jsonrpc``."""
    return json.dumps({"id": ident, "method": method, "params": [parameter]}).encode()


def read_answer(body: bytes, ident: int) -> tuple[object, str]:
    """Result and error of an answer; the error is empty where there is none. Raises UnreadableAnswer."""
    answer = read_json(body)
    if not isinstance(answer, dict) or not {"result", "error"} & answer.keys():
        raise UnreadableAnswer("the answer is not one of JSON-RPC")
    if answer.get("id") != ident:
        raise UnreadableAnswer("the answer is to another call")
    words = answer.get("error")
    if words is not None and not (isinstance(words, str) and words):
        raise UnreadableAnswer("the error of the answer is not a text")
    return answer.get("result"), words or ""


def words_of(error: str) -> str:
    """The engine's words on one line, without anybody's number."""
    return _NUMBER_OF_SOMEBODY.sub("…", " ".join(error.split()))[:_LONGEST_WORDS]


def read_account(result: object, tenant: str, msisdn: Msisdn) -> AccountSeen:
    """All balances in the result of ``GetAccount``. Raises UnreadableAnswer."""
    if not isinstance(result, dict):
        raise UnreadableAnswer("the account is not an object")
    if result.get("ID") != f"{tenant}:{msisdn}":
        raise UnreadableAnswer("the account is another one")
    balances = result.get("BalanceMap")
    if balances is None:  # nothing was ever topped up
        return ()
    if not isinstance(balances, dict) or not all(isinstance(each, list | None) for each in balances.values()):
        raise UnreadableAnswer("the BalanceMap of the account is not one")
    return tuple(_balance(kind, item) for kind, items in balances.items() for item in items or ())


def money_of(account: AccountSeen, ident: str, now: datetime) -> Decimal:
    """What one charge can take: the usable money balance of this id, the largest if there are several."""
    held = (one.value for one in account if one.kind == MONEY and one.ident == ident and one.usable_at(now))
    return max(held, default=Decimal(0))


def to_minor(value: Decimal, units_per_minor: Decimal) -> int:
    """An account's own units in minor units; parts of one are dropped, so nobody is told more than they have."""
    return int((value / units_per_minor).to_integral_value(ROUND_FLOOR))


def buckets_of(account: AccountSeen, sizes: Mapping[str, Fraction], now: datetime) -> tuple[Bucket, ...]:
    """What can be used beside money. sizes: bytes, seconds or messages in one unit of a balance type, else 1."""
    usable = (one for one in account if one.kind in BALANCE_UNITS and one.usable_at(now))
    return tuple(_bucket(one, sizes.get(one.kind, Fraction(1))) for one in usable)


def _bucket(balance: BalanceSeen, size: Fraction) -> Bucket:
    return Bucket(
        id=balance.ident or balance.uuid,
        unit=BALANCE_UNITS[balance.kind],
        remaining=max(0, floor(Fraction(balance.value) * size)),
        expires_at=balance.expires_at,
    )


def _balance(kind: str, item: object) -> BalanceSeen:
    if not isinstance(item, dict):
        raise UnreadableAnswer("a balance is not an object")
    return BalanceSeen(
        kind=kind,
        ident=str(item.get("ID") or ""),
        uuid=str(item.get("Uuid") or ""),
        value=_value(item.get("Value")),
        expires_at=_expiry(item.get("ExpirationDate")),
        disabled=item.get("Disabled", False) is not False,
    )


def _value(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise UnreadableAnswer("the Value of a balance is not a number")
    exact = Decimal(value)
    if exact.adjusted() > _MOST_DIGITS:
        raise UnreadableAnswer("the Value of a balance is one that no account can hold")
    return exact


def _expiry(text: object) -> datetime | None:
    """``*unlimited``, nothing, the year 1 (Go's zero time) and the last year of all are never."""
    if text is None or text in ("", _NEVER):
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise UnreadableAnswer("the ExpirationDate of a balance is not a date and time") from error
    if moment.year in _YEARS_OF_NEVER:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
