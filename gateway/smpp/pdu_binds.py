"""The PDUs that begin a session: the three binds (SMPP 3.4 §4.1) and outbind (§4.1.7)."""

from __future__ import annotations

from typing import Final

from flows.frozen import dataclass
from gateway.smpp.pdu_fields import HEADER_LENGTH, format_text, read_octets, read_text
from gateway.smpp.vocabulary import Command

BINDS: Final = frozenset({Command.BIND_RECEIVER, Command.BIND_TRANSMITTER, Command.BIND_TRANSCEIVER})


@dataclass(frozen=True, slots=True)
class Bind:
    """bind_transmitter, bind_receiver or bind_transceiver."""

    command: int
    sequence: int
    system_id: str
    password: str
    system_type: str = ""
    interface_version: int = 0x34
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""

    def __repr__(self) -> str:
        return f"Bind(command={self.command:#x}, sequence={self.sequence}, system_id={self.system_id!r})"


@dataclass(frozen=True, slots=True)
class Outbind:
    """The SMSC asks for a bind, on a connection that it opened. It has no response but the bind."""

    sequence: int
    system_id: str
    password: str

    @property
    def command(self) -> int:
        """Its command_id."""
        return Command.OUTBIND

    def __repr__(self) -> str:
        return f"Outbind(sequence={self.sequence}, system_id={self.system_id!r})"


def parse_bind(command: int, sequence: int, frame: bytes) -> Bind:
    """Raises BadBody."""
    system_id, at = read_text(frame, HEADER_LENGTH)
    password, at = read_text(frame, at)
    system_type, at = read_text(frame, at)
    version, ton, npi = read_octets(frame, at, 3)
    address_range, _ = read_text(frame, at + 3)
    return Bind(command, sequence, system_id, password, system_type, version, ton, npi, address_range)


def format_bind(bind: Bind) -> bytes:
    """The body; passwords go out as long as they are."""
    strings = format_text(bind.system_id) + format_text(bind.password) + format_text(bind.system_type)
    numbers = bytes((bind.interface_version, bind.addr_ton, bind.addr_npi))
    return strings + numbers + format_text(bind.address_range)


def parse_outbind(_: int, sequence: int, frame: bytes) -> Outbind:
    """Raises BadBody."""
    system_id, at = read_text(frame, HEADER_LENGTH)
    return Outbind(sequence, system_id, read_text(frame, at)[0])


def format_outbind(outbind: Outbind) -> bytes:
    """The body."""
    return format_text(outbind.system_id) + format_text(outbind.password)
