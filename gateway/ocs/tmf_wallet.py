"""Accounts on the TM Forum wire, without a socket: the buckets of TMF654 Prepay Balance 4.0 as a wallet; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from flows.values import Bucket, Money, Msisdn, Unit, Wallet
from gateway.ocs.answers import UnreadableAnswer
from gateway.ocs.currency import to_minor, whole
from gateway.ocs.tmf_traits import bucket_traits

_DEBT = "AdvanceDebt"
_BYTE, _SECOND, _MESSAGE = Unit.BYTE, Unit.SECOND, Unit.MESSAGE
_UNITS: dict[str, tuple[Unit, int]] = {
    **dict.fromkeys(("b", "byte", "bytes", "octet", "octets"), (_BYTE, 1)),
    **dict.fromkeys(("kb", "kib", "kilobyte", "kilobytes", "kbyte", "kbytes"), (_BYTE, 1024)),
    **dict.fromkeys(("mb", "mib", "megabyte", "megabytes", "mbyte", "mbytes"), (_BYTE, 1024**2)),
    **dict.fromkeys(("gb", "gib", "gigabyte", "gigabytes", "gbyte", "gbytes"), (_BYTE, 1024**3)),
    **dict.fromkeys(("tb", "tib", "terabyte", "terabytes"), (_BYTE, 1024**4)),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), (_SECOND, 1)),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), (_SECOND, 60)),
    **dict.fromkeys(("h", "hour", "hours"), (_SECOND, 3600)),
    **dict.fromkeys(("sms", "msg", "message", "messages"), (_MESSAGE, 1)),
}


def read_wallet(items: Sequence[Mapping[str, object]], msisdn: Msisdn, currency: str, now: datetime) -> Wallet:
    """The wallet that a list of TMF654 buckets amounts to.

    Left out: buckets of another subscriber (a server may ignore the filter), not active, ended or not yet begun,
    in another currency, or in a unit that is not known. A monetary bucket whose ``@type`` is AdvanceDebt is what was
    advanced and is taken back. Raises UnreadableAnswer.
    """
    balance: int | None = None
    debt = 0
    buckets: list[Bucket] = []
    for item in items:
        if not _is_usable(item, msisdn, now):
            continue
        if item.get("usageType") == "monetary" and item.get("@type") == _DEBT:
            debt += abs(_money(item, currency) or 0)
        elif item.get("usageType") == "monetary":
            amount = _money(item, currency)
            balance = balance if amount is None else (balance or 0) + amount
        elif bucket := _bucket(item):
            buckets.append(bucket)
    money = None if balance is None else Money(balance, currency)
    return Wallet(money, tuple(buckets), Money(debt, currency) if debt else None)


def read_event_bucket(item: Mapping[str, object], currency: str) -> tuple[Money | None, Bucket | None, datetime | None]:
    """What one bucket of an event holds, money or something else, and when it began. Raises UnreadableAnswer.

    currency: of money whose unit is left out; one in another is told as it is.
    """
    if item.get("usageType") == "monetary":
        value, unit = _quantity(item)
        held_in = unit or currency
        return Money(to_minor(value, held_in), held_in), None, None
    return None, _bucket(item), _moment(item, "startDateTime")


def money_bucket(items: Sequence[Mapping[str, object]], msisdn: Msisdn, currency: str, now: datetime) -> str | None:
    """The id of the account's first monetary bucket in this currency; None if there is none."""
    for item in items:
        if _is_usable(item, msisdn, now) and item.get("usageType") == "monetary" and item.get("@type") != _DEBT:
            ident = item.get("id")
            if isinstance(ident, str) and ident and _money(item, currency) is not None:
                return ident
    return None


def _is_usable(item: Mapping[str, object], msisdn: Msisdn, now: datetime) -> bool:
    owners = item.get("logicalResource")
    if isinstance(owners, list) and owners and not any(_is_resource(owner, msisdn) for owner in owners):
        return False
    if str(item.get("status", "active")).lower() != "active":
        return False
    begins, ends = _moment(item, "startDateTime"), _moment(item, "endDateTime")
    return (begins is None or begins <= now) and (ends is None or ends > now)


def _is_resource(owner: object, msisdn: Msisdn) -> bool:
    return isinstance(owner, dict) and str(owner.get("id", "")).removeprefix("tel:").removeprefix("+") == msisdn


def _money(item: Mapping[str, object], currency: str) -> int | None:
    value, unit = _quantity(item)
    return to_minor(value, currency) if unit in {"", currency} else None


def _bucket(item: Mapping[str, object]) -> Bucket | None:
    value, unit = _quantity(item)
    known = _UNITS.get(unit.lower()) or ((_MESSAGE, 1) if item.get("usageType") == "sms" and not unit else None)
    if known is None:
        return None
    counted_in, factor = known
    ends, name = _moment(item, "endDateTime"), item.get("name")
    return Bucket(
        id=str(item.get("id", "")),
        unit=counted_in,
        remaining=_whole(value * factor),
        expires_at=ends,
        name=name if isinstance(name, str) else "",
        **bucket_traits(item),
    )


def _quantity(item: Mapping[str, object]) -> tuple[Decimal, str]:
    quantity = item.get("remainingValue")
    if not isinstance(quantity, dict):
        raise UnreadableAnswer("a bucket has no remainingValue")
    amount, unit = quantity.get("amount"), quantity.get("units")
    if isinstance(amount, bool) or not isinstance(amount, int | Decimal | str):
        raise UnreadableAnswer("the remainingValue of a bucket has no amount")
    try:
        value = Decimal(amount)
        _whole(value)
    except ArithmeticError as error:
        raise UnreadableAnswer("the amount of a bucket is not a number") from error
    return value, unit if isinstance(unit, str) else ""


def _whole(value: Decimal) -> int:
    try:
        return whole(value)
    except ValueError as error:
        raise UnreadableAnswer(str(error)) from error


def _moment(item: Mapping[str, object], edge: str) -> datetime | None:
    valid_for = item.get("validFor")
    text = valid_for.get(edge) if isinstance(valid_for, dict) else None
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise UnreadableAnswer(f"the {edge} of a bucket is not a date and time") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
