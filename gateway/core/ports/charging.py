"""The charging system, behind any wire."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from typing import Protocol

from flows.frozen import dataclass
from flows.values import BundleId, Money, Msisdn, OrderKey, OrderKind, Wallet
from gateway.core.ports.abilities import Abilities


@dataclass(frozen=True, slots=True)
class PurchaseRequest:
    """Charge ``payer`` and grant ``bundle`` to ``beneficiary``; the same key never charges twice.

    created_at: when the order was given, the same at every send; None where it is not known.
    """

    key: OrderKey
    payer: Msisdn
    beneficiary: Msisdn
    bundle: BundleId
    price: Money
    channel: str
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ServiceRequest:
    """What is asked beside bundles; the same key is never carried out twice.

    kind: ``ADVANCE`` credits ``credit`` to ``payer``, who owes ``price`` from then on; ``TOP_UP`` credits what the
    voucher with ``pin`` is worth; ``TRANSFER`` takes ``price`` from ``payer`` and credits ``credit`` to
    ``beneficiary``; ``OUT_OF_BUNDLE`` switches whether use without a bundle is charged, as ``product`` says.
    product: which advance, or which way a switch goes. created_at: as of a purchase.
    """

    kind: OrderKind
    key: OrderKey
    payer: Msisdn
    beneficiary: Msisdn
    product: BundleId
    price: Money
    channel: str
    created_at: datetime | None = None
    credit: Money | None = None
    pin: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Activated:
    """Charged and granted. reference: the charging system's own id of the order. credit: a voucher's worth, if told."""

    reference: str
    credit: Money | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The charging system said no, finally, and charged nothing.

    reason: a stable code (``insufficient_funds``, ``unknown_subscriber``, ``not_eligible``, ``wrong_voucher``,
    ``not_offered`` by this kind of charging system, ``rejected``).
    detail: the charging system's words. asked: False where the adapter said it, and nothing was sent.
    """

    reason: str
    detail: str = ""
    reference: str = ""
    asked: bool = True


@dataclass(frozen=True, slots=True)
class StillRunning:
    """The charging system knows the order and has not finished it: ask again."""

    reference: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class NotFound:
    """The charging system does not know the order, now. Final only after the settle time."""


@dataclass(frozen=True, slots=True)
class NotSent:
    """The request surely never reached the charging system (refused connection): sending again is safe."""

    detail: str


@dataclass(frozen=True, slots=True)
class OutcomeUnknown:
    """The request may or may not have been carried out (time-out, dropped connection, 5xx): query.

    silent: no answer, or one that is none; False where it is there and says nothing about this, or cannot be asked.
    asking_helps: False where no question will ever tell more, so that a person must look.
    """

    detail: str
    silent: bool = True
    asking_helps: bool = True


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Give ``order.price`` back to ``order.payer``; the same key never pays twice. key: the refund's own."""

    key: OrderKey
    order: PurchaseRequest


@dataclass(frozen=True, slots=True)
class Refunded:
    """The money is back. reference: the charging system's own id."""

    reference: str


PurchaseOutcome = Activated | Refused | StillRunning | NotSent | OutcomeUnknown
FindOutcome = Activated | Refused | StillRunning | NotFound | NotSent | OutcomeUnknown
"""``NotSent``: the question was never put."""
RefundOutcome = Refunded | Refused | NotSent | OutcomeUnknown
FindRefundOutcome = Refunded | Refused | NotFound | NotSent | OutcomeUnknown


class ChargingSystem(Protocol):
    """An online charging system behind any wire.

    settle_seconds: how long after the last send an order that is not found may still appear.
    abilities: what it can do beside.
    can_be_asked: whether ``find`` looks an order up, whatever became of it. Else it sends again what was sent, which
    may be the charge, or cannot tell: then nothing is asked about but what is in doubt.
    """

    settle_seconds: float

    @property
    def can_be_asked(self) -> bool: ...

    @property
    def abilities(self) -> Abilities: ...

    async def wallet(self, msisdn: Msisdn) -> Wallet:
        """Balance and buckets. Raises OcsError (``OcsTimeout``, ``OcsUnavailable``, ``UnknownSubscriber``)."""
        ...

    async def purchase(self, request: PurchaseRequest) -> PurchaseOutcome:
        """Ask to charge and activate. Never raises for what the far side does."""
        ...

    async def find(self, request: PurchaseRequest) -> FindOutcome:
        """Ask whether this order happened: found by its key. Never raises for what the far side does."""
        ...

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        """Give back what an order charged. Never raises for what the far side does."""
        ...

    async def find_refund(self, request: RefundRequest) -> FindRefundOutcome:
        """Ask whether this refund happened, as ``find`` does of an order."""
        ...

    async def serve(self, request: ServiceRequest) -> PurchaseOutcome:
        """Carry out what is no purchase. What it cannot do it refuses as ``not_offered`` and never sends."""
        ...

    async def find_service(self, request: ServiceRequest) -> FindOutcome:
        """Ask whether this happened, as ``find`` does of an order."""
        ...

    async def answers(self) -> bool:
        """Whether it can be reached now."""
        ...

    async def close(self) -> None: ...
