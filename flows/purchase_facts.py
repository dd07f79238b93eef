"""What is told to the machine of an order: by the lane, the charging system, or a person."""

from __future__ import annotations

from datetime import datetime

from flows.frozen import dataclass
from flows.records import Subscriber
from flows.telling import Given, Telling
from flows.values import Money, OrderKey, Unit


@dataclass(frozen=True, slots=True)
class PurchaseSent:
    """The order is about to be handed to the charging system (committed before the call)."""

    at: datetime


@dataclass(frozen=True, slots=True)
class PurchaseNotSent:
    """The request surely never arrived."""

    at: datetime
    detail: str


@dataclass(frozen=True, slots=True)
class BundleActivated:
    """Charged and granted. balance: what is left, if the charging system told.

    given: how to tell a beneficiary who is not the payer. units: of which whoever gets it has more now.
    by: who says so. credit: what a voucher was worth, if told. overtaken: a later order of the same kind was carried
    out before, so a switch stands as that one set it.
    """

    at: datetime
    reference: str
    balance: Money | None
    telling: Telling
    given: Given | None = None
    units: frozenset[Unit] = frozenset()
    by: str = "ocs"
    credit: Money | None = None
    overtaken: bool = False


@dataclass(frozen=True, slots=True)
class BundleRefused:
    """Not charged, finally. by: who says so."""

    at: datetime
    reason: str
    detail: str
    telling: Telling
    by: str = "ocs"


@dataclass(frozen=True, slots=True)
class OutcomeWasUnknown:
    """Nobody can say yet. queried: this came from asking, not from sending."""

    at: datetime
    detail: str
    queried: bool
    telling: Telling
    reference: str = ""


@dataclass(frozen=True, slots=True)
class LeftToPerson:
    """Asked often enough, or nobody can be asked: a person has to look."""

    at: datetime
    detail: str
    telling: Telling


@dataclass(frozen=True, slots=True)
class NothingGranted:
    """The charging system says that it charged and granted, and its own books show the charge alone."""

    at: datetime
    reference: str
    detail: str
    payer: Subscriber


@dataclass(frozen=True, slots=True)
class ExcessFound:
    """Somebody wants given back what was charged beyond the price. by: who; key: of that refund."""

    at: datetime
    by: str
    payer: Subscriber
    key: OrderKey
    excess: Money


@dataclass(frozen=True, slots=True)
class RefundAsked:
    """Somebody wants the price of a settled order given back. by: who; reason: a stable code."""

    at: datetime
    by: str
    reason: str
    payer: Subscriber
