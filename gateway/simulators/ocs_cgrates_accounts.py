"""The simulator's accounts as CGRateS has them: balances by type, over the ledger that both wires share.

Money is the ``*monetary`` balance ``main``, in minor units; bundles are ``*data``, ``*voice`` and ``*sms`` balances.
What the TM Forum wire has no word for (markers, disabled balances, when money expires) is kept here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass as mutable
from dataclasses import field, replace
from datetime import UTC, datetime
from fractions import Fraction
from math import floor

from flows.values import Bucket, Msisdn
from gateway.ocs.cgrates_units import BALANCE_UNITS
from gateway.simulators.ocs_cgrates_actions import Balance, Movement
from gateway.simulators.ocs_ledger import Ledger

MONEY, MAIN = "*monetary", "main"
_TYPES = {unit: kind for kind, unit in BALANCE_UNITS.items()}
_ZERO_TIME = "0001-01-01T00:00:00Z"


@mutable(slots=True)
class _Beside:
    """What the ledger does not hold of an account."""

    money_ends: datetime | None = None
    money_disabled: bool = False
    others: list[Balance] = field(default_factory=list)


class CgratesAccounts:
    """Reads and writes accounts. sizes: bytes, seconds or messages in one unit of a balance type, 1 where not told."""

    def __init__(self, ledger: Ledger, sizes: Mapping[str, Fraction]) -> None:
        self._ledger = ledger
        self._sizes = sizes
        self._beside: dict[Msisdn, _Beside] = {}

    def balances(self, msisdn: Msisdn) -> list[Balance]:
        """All balances, which the caller may change; nothing is kept until ``keep``."""
        account, beside = self._ledger.account(msisdn), self._beside.get(msisdn, _Beside())
        money = Balance(
            MONEY, MAIN, f"{msisdn}-money", float(account.balance), beside.money_ends, beside.money_disabled
        )
        buckets = [
            Balance(_TYPES[bucket.unit], bucket.id, bucket.id, self._units(bucket), bucket.expires_at)
            for bucket in account.buckets
        ]
        return [money, *buckets, *(replace(one) for one in beside.others)]

    def keep(
        self, msisdn: Msisdn, balances: Sequence[Balance], movements: Sequence[Movement], key: str, at: datetime
    ) -> None:
        """Write an account back; each movement of its money is an item of the ledger, under this key."""
        account, beside = self._ledger.account(msisdn), self._beside.setdefault(msisdn, _Beside())
        money = [one for one in balances if one.kind == MONEY and one.ident == MAIN][-1]
        bundles = [one for one in balances if one.kind in BALANCE_UNITS and not one.disabled]
        beside.others = [one for one in balances if one not in bundles and (one.kind, one.ident) != (MONEY, MAIN)]
        beside.money_ends, beside.money_disabled = money.expires_at, money.disabled
        known = {bucket.id: bucket for bucket in account.buckets}
        account.buckets = [self._bucket(one, known.get(one.ident)) for one in bundles]
        moved = [round(each.units) for each in movements if (each.kind, each.ident) == (MONEY, MAIN)]
        granted = ", ".join(f"{each.kind} {each.units:g}" for each in movements if each.kind in BALANCE_UNITS)
        account.balance = round(money.value) - sum(moved)
        for change in moved:
            self._ledger.move(msisdn, change, key, granted, at)

    def _units(self, bucket: Bucket) -> float:
        return float(Fraction(bucket.remaining) / self._size(_TYPES[bucket.unit]))

    def _bucket(self, balance: Balance, known: Bucket | None) -> Bucket:
        if known and self._units(known) == balance.value and known.expires_at == balance.expires_at:
            return known
        remaining = max(0, floor(Fraction(balance.value) * self._size(balance.kind)))
        return Bucket(
            id=balance.ident,
            unit=BALANCE_UNITS[balance.kind],
            remaining=remaining,
            initial=known.initial if known else remaining,
            expires_at=balance.expires_at,
            name=known.name if known else "",
        )

    def _size(self, kind: str) -> Fraction:
        return self._sizes.get(kind, Fraction(1))


def format_account(tenant: str, msisdn: Msisdn, balances: Sequence[Balance]) -> dict[str, object]:
    """What ``GetAccount`` answers."""
    kinds = dict.fromkeys(one.kind for one in balances)
    return {
        "ID": f"{tenant}:{msisdn}",
        "BalanceMap": {kind: [_format_balance(one) for one in balances if one.kind == kind] for kind in kinds},
        "UnitCounters": None,
        "ActionTriggers": None,
        "AllowNegative": False,
        "Disabled": False,
    }


def _format_balance(balance: Balance) -> dict[str, object]:
    ends = balance.expires_at
    return {
        "Uuid": balance.uuid,
        "ID": balance.ident,
        "Value": int(balance.value) if balance.value.is_integer() else balance.value,
        "ExpirationDate": ends.astimezone(UTC).isoformat().replace("+00:00", "Z") if ends else _ZERO_TIME,
        "Weight": 0,
        "Disabled": balance.disabled,
        "Blocker": False,
    }
