"""What a bind to an SMSC needs to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from flows.frozen import dataclass
from gateway.core.ports import Refusal
from gateway.core.service_numbers import ServiceNumber
from gateway.smpp.outcomes import REFUSALS
from gateway.smpp.pace import slots

Alphabet = Literal["gsm7", "gsm7-es", "gsm7-pt", "latin1", "ucs2"]
"""``gsm7`` transliterates; ``gsm7-es`` adds the Spanish single shift table, ``gsm7-pt`` the Portuguese locking shift
table (3GPP TS 23.038 Annex A), each only where the text needs it; what an alphabet cannot write goes out as UCS-2."""
Segments = Literal["udh", "udh16", "sar", "payload"]
"""How a text that is too long for one goes out: header with an 8-bit or 16-bit reference (3GPP TS 23.040 §9.2.3.24),
SAR TLVs, or whole in message_payload, for the SMSC to cut."""


@dataclass(frozen=True, slots=True)
class SmppSettings:
    """One ``[[smpp]]`` of the configuration.

    tps: segments in any one second, 0 for no limit. Times are in seconds.
    interface_version: as the bind tells it (SMPP 3.4 §5.2.4). outbind_port: where the SMSC may connect and ask for a
    bind; None = nowhere, 0 = a free one. numbers: what texts may leave from, the bind's own first. refusals:
    what kind of no each command_status is.
    """

    name: str
    host: str
    port: int
    system_id: str
    password: str = field(repr=False)
    bind: str = "transceiver"
    window: int = 50
    tps: int = 100
    numbers: tuple[ServiceNumber, ...] = (ServiceNumber(""),)
    system_type: str = ""
    response_timeout: float = 30.0
    enquire_interval: float = 30.0
    reconnect_max: float = 15.0
    tls: bool = False
    alphabet: Alphabet = "gsm7"
    segments: Segments = "udh"
    interface_version: int = 0x34
    outbind_host: str = "127.0.0.1"
    outbind_port: int | None = None
    refusals: Mapping[int, Refusal] = field(default_factory=lambda: REFUSALS)
    smsc: str = ""

    @property
    def own(self) -> ServiceNumber:
        """The bind's own number."""
        return self.numbers[0]

    @property
    def smsc_name(self) -> str:
        """The SMSC's name, which outcomes, texts and receipts carry."""
        return self.smsc or self.name

    @property
    def slots(self) -> int:
        """Texts that may be handed over and not settled."""
        return slots(self.window, self.tps)
