"""What the core asks of the outside world, as Protocols and plain results.

Adapters (``gateway/ocs``, ``gateway/smpp``) satisfy these; ``gateway/app`` binds them.
Outcomes of a call are values, never exceptions, because every one of them has a next step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from flows.values import BundleId, Money, Msisdn, OrderKey, Purpose, Wallet
from gateway.core.doors import Door
from gateway.core.service_numbers import ServiceNumber

# ── charging system ──────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class PurchaseRequest:
    """Charge ``payer`` and grant ``bundle`` to ``beneficiary``; the same key never charges twice."""

    key: OrderKey
    payer: Msisdn
    beneficiary: Msisdn
    bundle: BundleId
    price: Money
    channel: str


@dataclass(frozen=True, slots=True)
class Activated:
    """Charged and granted. reference: the charging system's own id of the order."""

    reference: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The charging system said no, finally, and charged nothing.

    reason: a stable code (``insufficient_funds``, ``unknown_subscriber``, ``not_eligible``, ``rejected``).
    detail: the charging system's words.
    """

    reason: str
    detail: str = ""
    reference: str = ""


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
    """The request may or may not have been carried out (time-out, dropped connection, 5xx): query."""

    detail: str


PurchaseOutcome = Activated | Refused | StillRunning | NotSent | OutcomeUnknown
FindOutcome = Activated | Refused | StillRunning | NotFound | OutcomeUnknown


Service = Literal["gift", "top_up", "advance", "fit_combo"]
"""A bundle for another number; vouchers; airtime in advance; a bundle of one's own making."""


class ChargingSystem(Protocol):
    """An online charging system behind any wire.

    settle_seconds: how long after the last send an order that is not found may still appear.
    services: what it can do beside; menus offer nothing else.
    """

    settle_seconds: float

    @property
    def services(self) -> frozenset[Service]: ...

    async def wallet(self, msisdn: Msisdn) -> Wallet:
        """Balance and buckets. Raises OcsError (``OcsTimeout``, ``OcsUnavailable``, ``UnknownSubscriber``)."""
        ...

    async def purchase(self, request: PurchaseRequest) -> PurchaseOutcome:
        """Ask to charge and activate. Never raises for what the far side does."""
        ...

    async def find(self, key: OrderKey) -> FindOutcome:
        """Ask whether the order with this key happened. Never raises for what the far side does."""
        ...

    async def close(self) -> None: ...


# ── short messages ───────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ShortMessage:
    """One text to hand to an SMSC.

    id: the outbox row's id; destination: MSISDN digits; source: the service number,
    empty for the bind's own; validity_seconds: None leaves it to the SMSC.
    """

    id: str
    source: str
    destination: Msisdn
    text: str
    purpose: Purpose
    validity_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Submitted:
    """Every part was accepted. message_ids: the SMSC's id of each part, in order."""

    smsc: str
    message_ids: tuple[str, ...]


Refusal = Literal["throttled", "temporary", "elsewhere", "final"]
"""``throttled``: too fast or queue full, slow down; ``temporary``: not now (system error); ``elsewhere``: not by this
SMSC, another may take it (sender not allowed, bind state); ``final``: nobody will (no such number)."""


@dataclass(frozen=True, slots=True)
class SubmitRefused:
    """The SMSC said no.

    status: SMPP command_status, or the HTTP status of an aggregator; refusal: what kind of no it is.
    message_ids: ids of parts accepted before the refusal.
    """

    smsc: str
    status: int
    reason: str
    refusal: Refusal
    message_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SubmitUnknown:
    """A part was written and never answered.

    link_lost: the bind went down (else the answer just did not come in time on a live bind).
    message_ids: ids of the parts that were answered; parts: how many there are, 0 when not told.
    """

    smsc: str
    detail: str
    link_lost: bool
    message_ids: tuple[str, ...] = ()
    parts: int = 0


@dataclass(frozen=True, slots=True)
class SubmitNotSent:
    """Nothing was written (no bind, shutting down): sending again is safe."""

    detail: str


SubmitOutcome = Submitted | SubmitRefused | SubmitUnknown | SubmitNotSent


class SmsSender(Protocol):
    """Hands texts to one SMSC or aggregator.

    name: as routes and receipts name it. numbers: what texts may leave from; the first where nothing else is said.
    slots: how many texts it can have in hand at once. ready: whether one can be handed over now.
    """

    @property
    def name(self) -> str: ...

    @property
    def numbers(self) -> Sequence[ServiceNumber]: ...

    @property
    def slots(self) -> int: ...

    @property
    def ready(self) -> bool: ...

    def on_ready(self, call: Callable[[], object]) -> None:
        """Call this each time that it becomes ready."""
        ...

    def submit(self, message: ShortMessage, settled: Callable[[SubmitOutcome], None]) -> None:
        """Send every part, in order. ``settled`` is called once: when the fate of all is known or unknowable."""
        ...


class SmsRecall(Protocol):
    """Asks an SMSC about a part that it accepted, by the id that it gave. source: the number that it left from."""

    async def cancel(self, message_id: str, source: str, destination: Msisdn) -> bool:
        """Whether the SMSC says that it has taken the part back; False is also that it cannot, or did not answer."""
        ...

    async def query(self, message_id: str, source: str) -> DeliveryReceipt | None:
        """What the SMSC says became of the part, as a receipt would; None when it cannot say, or did not answer."""
        ...


@dataclass(frozen=True, slots=True)
class MobileOriginated:
    """A text that a subscriber sent. smsc: whose bind it came by; destination: our service number.

    id: what the peer calls it, empty where it has no name: the same id again is the same text.
    """

    smsc: str
    source: Msisdn
    destination: str
    text: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class MobilePart:
    """One part of a long text that a subscriber sent.

    reference: what its parts have in common; wide: of 16 bits, another numbering than that of 8. number: from 1.
    octets: without header; locking, single: national tables of its septets (3GPP TS 23.038 §6.2.1.2.4), 0 the default.
    """

    smsc: str
    source: Msisdn
    destination: str
    reference: int
    wide: bool
    total: int
    number: int
    data_coding: int
    octets: bytes
    locking: int = 0
    single: int = 0


@dataclass(frozen=True, slots=True)
class DeliveryReceipt:
    """What the SMSC says became of one part.

    message_id: as the SMSC writes it, any alternative spellings (hex and decimal) in ``also``.
    state: delivered | failed | expired | accepted | unknown | enroute. msisdn: who was to get it, if told.
    error: the network's own code, may be empty.
    """

    smsc: str
    message_id: str
    state: str
    error: str = ""
    done_at: datetime | None = None
    also: tuple[str, ...] = field(default=())
    msisdn: str = ""


Delivery = MobileOriginated | MobilePart | DeliveryReceipt


class InboundSms(Protocol):
    """Where deliver_sm goes, as many at a time as came in together."""

    async def take(self, deliveries: Sequence[Delivery]) -> Sequence[Exception | None]:
        """Return once each is durable, or with why it is not.

        After ``StoreUnavailable`` the bind answers with a temporary error and the SMSC keeps the message.
        """
        ...


# ── sessions that the network is asked to open ───────────────────────────────


@dataclass(frozen=True, slots=True)
class PushRequest:
    """Show one screen on a phone that has dialled nothing.

    session: as ``UssdPusher.new_session`` named it; answers come as hops of that session, by the pusher's door.
    asks: wait for an answer (USSR); else the screen is only shown (USSN). (3GPP TS 22.090 §5)
    """

    session: str
    msisdn: Msisdn
    text: str
    asks: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """The phone showed it: a notification was confirmed, or an answer came."""


PushReason = Literal["absent", "busy", "no_answer", "refused", "away"]
"""``absent``: switched off, no coverage; ``busy``: in a call or another session; ``no_answer``; ``refused``: barred,
not supported, unknown subscriber; ``away``: the network could not be asked."""


@dataclass(frozen=True, slots=True)
class PushFailed:
    """Nobody saw it, or nobody answered. detail: the network's own words."""

    reason: PushReason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PushUnknown:
    """It was handed over, and what became of it nobody can say: the phone may show it."""

    detail: str


PushOutcome = Shown | PushFailed | PushUnknown


class UssdPusher(Protocol):
    """A wire on which sessions can be opened towards phones. door: whose hops the answers are."""

    @property
    def door(self) -> Door: ...

    @property
    def ready(self) -> bool:
        """Whether a push can be handed over now."""
        ...

    def new_session(self, msisdn: Msisdn) -> str:
        """The id of the session that the next push to this person opens."""
        ...

    async def push(self, request: PushRequest) -> PushOutcome:
        """Show the screen; returns once its fate is known or its time is over. Never raises for what the far side does.

        An answer is handed on as a hop before this returns ``Shown``; whatever the session goes on with is the wire's.
        """
        ...
