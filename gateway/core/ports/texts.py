"""Short messages, out and in, behind an SMSC or an aggregator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from datetime import datetime
from typing import Literal, Protocol

from flows.frozen import dataclass
from flows.values import Msisdn, Purpose
from gateway.core.service_numbers import ServiceNumber


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
