"""The nouns that every flow speaks of: people, money, bundles, wallets.

People are subscriptions (an opaque id); an MSISDN is only the address at which
a subscription can be reached now (ADR 0006).
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import NewType

from flows.frozen import dataclass

Msisdn = NewType("Msisdn", str)
"""E.164 digits without ``+``: ``573001112233``."""
SubscriptionId = NewType("SubscriptionId", str)
OfferId = NewType("OfferId", str)
OrderKey = NewType("OrderKey", str)
BundleId = NewType("BundleId", str)
"""The id of a catalogue entry, such as ``data-1gb-7d``."""

_MSISDN = re.compile(r"\+?([1-9][0-9]{6,14})")
_IMSI = re.compile(r"[0-9]{6,15}")
"""At most 15 digits: country, network, subscriber (3GPP TS 23.003 §2.2)."""


def parse_msisdn(text: object) -> Msisdn | None:
    """The MSISDN in ``text`` (E.164, with or without ``+``), or None when it is not one."""
    if not isinstance(text, str):
        return None
    found = _MSISDN.fullmatch(text)
    return Msisdn(found.group(1)) if found else None


def parse_imsi(text: object) -> str | None:
    """The digits that name a SIM, None for anything else."""
    return text if isinstance(text, str) and _IMSI.fullmatch(text) else None


class Unit(StrEnum):
    """What a bundle is counted in."""

    BYTE = "byte"
    SECOND = "second"
    MESSAGE = "message"


class Channel(StrEnum):
    """The way on which a person and Chasqui talk."""

    SMS = "sms"
    USSD = "ussd"
    APP = "app"


class OrderKind(StrEnum):
    """What an order asks of the charging system; ``flows.order_kinds`` has what follows from each."""

    PURCHASE = "purchase"
    REFUND = "refund"
    ADVANCE = "advance"
    TOP_UP = "top_up"
    TRANSFER = "transfer"
    OUT_OF_BUNDLE = "out_of_bundle"


class Purpose(StrEnum):
    """Why a text is sent; the contact policy and the order of sending hang on it."""

    CONFIRMATION = "confirmation"
    REPLY = "reply"
    ALERT = "alert"
    MARKETING = "marketing"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of an ISO 4217 currency."""

    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a bundle grants: ``amount`` bytes, seconds or messages."""

    unit: Unit
    amount: int
    zone: str = ""
    window: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class Bucket:
    """One running bundle of a subscriber as the charging system sees it.

    remaining, initial: in ``unit``; initial is None where the charging system does not tell.
    expires_at: None means never. product: the catalogue's id, empty when not told.
    zone: the circle where alone it can be used; window: the local hours, ``00:00-06:00``; service: what alone it is
    good for; empty for all. shared: others use it too. bonus: it was given, not bought. roaming: for use abroad alone.
    renews: it is bought anew when it expires, if there is money. throttled_after: use then goes on, slower.
    priority: in the order of use, lowest first; None by what expires first.
    """

    id: str
    unit: Unit
    remaining: int
    initial: int | None = None
    expires_at: datetime | None = None
    name: str = ""
    product: str = ""
    activated_at: datetime | None = None
    zone: str = ""
    window: str = ""
    service: str = ""
    shared: bool = False
    bonus: bool = False
    roaming: bool = False
    renews: bool = False
    throttled_after: bool = False
    priority: int | None = None

    def runs_at(self, at: datetime) -> bool:
        """Whether something of it can still be used."""
        return self.remaining > 0 and (self.expires_at is None or self.expires_at > at)


@dataclass(frozen=True, slots=True)
class Wallet:
    """Everything a subscriber can spend: the money balance and all buckets. debt: of advances, taken back first."""

    balance: Money | None
    buckets: tuple[Bucket, ...] = ()
    debt: Money | None = None

    @property
    def spendable(self) -> Money | None:
        """The balance once what was advanced is taken back; below 0 where that is more."""
        if self.balance is None or self.debt is None or self.debt.currency != self.balance.currency:
            return self.balance
        return Money(self.balance.amount - self.debt.amount, self.balance.currency)
