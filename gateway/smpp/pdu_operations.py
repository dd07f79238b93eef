"""The PDUs about a message that the SMSC has: query_sm, cancel_sm, replace_sm (SMPP 3.4 §4.8 to §4.10).

And those about a phone or the link alone: alert_notification (§4.12), enquire_link (§4.11), unbind (§4.2).
"""

from __future__ import annotations

from flows.frozen import dataclass
from gateway.smpp.pdu_fields import (
    HEADER_LENGTH,
    Address,
    Tlv,
    format_address,
    format_text,
    format_tlvs,
    read_address,
    read_octets,
    read_sized,
    read_text,
    read_tlvs,
)
from gateway.smpp.vocabulary import Command


@dataclass(frozen=True, slots=True)
class Plain:
    """A request without fields: enquire_link, unbind."""

    command: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Query:
    """query_sm: what became of a message. source: as it was submitted."""

    sequence: int
    message_id: str
    source: Address

    @property
    def command(self) -> int:
        """Its command_id."""
        return Command.QUERY_SM


@dataclass(frozen=True, slots=True)
class Cancel:
    """cancel_sm: take back a message, or with an empty message_id all from this source to this destination."""

    sequence: int
    message_id: str
    source: Address
    destination: Address
    service_type: str = ""

    @property
    def command(self) -> int:
        """Its command_id."""
        return Command.CANCEL_SM


@dataclass(frozen=True, slots=True)
class Replace:
    """replace_sm: put another text in the place of one that is not delivered yet."""

    sequence: int
    message_id: str
    source: Address
    short_message: bytes = b""
    registered_delivery: int = 0
    validity_period: str = ""
    schedule_delivery_time: str = ""
    sm_default_msg_id: int = 0
    tlvs: tuple[Tlv, ...] = ()

    @property
    def command(self) -> int:
        """Its command_id."""
        return Command.REPLACE_SM

    def __repr__(self) -> str:
        return f"Replace(sequence={self.sequence}, message_id={self.message_id!r})"


@dataclass(frozen=True, slots=True)
class Alert:
    """alert_notification: a phone can be reached again. source: the phone; esme: who wanted to know. Not answered."""

    sequence: int
    source: Address
    esme: Address
    tlvs: tuple[Tlv, ...] = ()

    @property
    def command(self) -> int:
        """Its command_id."""
        return Command.ALERT_NOTIFICATION


def parse_plain(command: int, sequence: int, _: bytes) -> Plain:
    """Whatever stands in its body means nothing."""
    return Plain(command, sequence)


def parse_query(_: int, sequence: int, frame: bytes) -> Query:
    """Raises BadBody."""
    message_id, at = read_text(frame, HEADER_LENGTH)
    return Query(sequence, message_id, read_address(frame, at)[0])


def parse_cancel(_: int, sequence: int, frame: bytes) -> Cancel:
    """Raises BadBody."""
    service_type, at = read_text(frame, HEADER_LENGTH)
    message_id, at = read_text(frame, at)
    source, at = read_address(frame, at)
    destination, _at = read_address(frame, at)
    return Cancel(sequence, message_id, source, destination, service_type)


def parse_replace(_: int, sequence: int, frame: bytes) -> Replace:
    """Raises BadBody."""
    message_id, at = read_text(frame, HEADER_LENGTH)
    source, at = read_address(frame, at)
    schedule, at = read_text(frame, at)
    validity, at = read_text(frame, at)
    registered, default_id, length = read_octets(frame, at, 3)
    text, at = read_sized(frame, at + 3, length)
    return Replace(sequence, message_id, source, text, registered, validity, schedule, default_id, read_tlvs(frame, at))


def parse_alert(_: int, sequence: int, frame: bytes) -> Alert:
    """Raises BadBody."""
    source, at = read_address(frame, HEADER_LENGTH)
    esme, at = read_address(frame, at)
    return Alert(sequence, source, esme, read_tlvs(frame, at))


def format_query(query: Query) -> bytes:
    """The body."""
    return format_text(query.message_id) + format_address(query.source)


def format_cancel(cancel: Cancel) -> bytes:
    """The body."""
    named = format_text(cancel.service_type) + format_text(cancel.message_id)
    return named + format_address(cancel.source) + format_address(cancel.destination)


def format_replace(replace: Replace) -> bytes:
    """The body; its text has 254 octets at most."""
    return b"".join(
        (
            format_text(replace.message_id),
            format_address(replace.source),
            format_text(replace.schedule_delivery_time),
            format_text(replace.validity_period),
            bytes((replace.registered_delivery, replace.sm_default_msg_id, len(replace.short_message))),
            replace.short_message,
            format_tlvs(replace.tlvs),
        )
    )


def format_alert(alert: Alert) -> bytes:
    """The body."""
    return format_address(alert.source) + format_address(alert.esme) + format_tlvs(alert.tlvs)
