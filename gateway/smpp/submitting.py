"""A text as the submit_sm bodies that carry it."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from gateway.core.ports import ShortMessage
from gateway.smpp.pdu import Message, format_message
from gateway.smpp.text import encode
from gateway.smpp.vocabulary import NPI, TON, Command

_ASK_FOR_RECEIPT: Final = 1
_INTERNATIONAL: Final = int(TON.INTERNATIONAL)
_ISDN: Final = int(NPI.ISDN)
_ALPHANUMERIC: Final = int(TON.ALPHANUMERIC)


@dataclass(frozen=True, slots=True)
class ServiceNumber:
    """The sender that a bind uses of its own accord."""

    address: str
    ton: int
    npi: int


def submit_bodies(message: ShortMessage, own: ServiceNumber) -> tuple[bytes, ...]:
    """One submit_sm body per part, each asking for a receipt. Raises TextTooLong.

    The concatenation reference comes from the message's id, so that a repeated message completes
    on the phone together with what arrived of its first attempt.
    """
    encoded = encode(message.text, zlib.crc32(message.id.encode()))
    source = _source(message.source, own)
    validity = relative_time(message.validity_seconds) if message.validity_seconds else ""
    return tuple(
        format_message(
            Message(
                Command.SUBMIT_SM,
                0,
                source.ton,
                source.npi,
                source.address,
                _INTERNATIONAL,
                _ISDN,
                message.destination.lstrip("+"),
                part,
                encoded.data_coding,
                encoded.esm_class,
                _ASK_FOR_RECEIPT,
                validity,
            )
        )
        for part in encoded.parts
    )


@lru_cache(maxsize=64)
def relative_time(seconds: int) -> str:
    """``YYMMDDhhmmss000R`` (SMPP 3.4 §7.1.1.2), with months of 30 days and years of 12 months."""
    minutes, second = divmod(max(1, seconds), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    months, day = divmod(days, 30)
    year, month = divmod(months, 12)
    return f"{min(year, 99):02}{month:02}{day:02}{hour:02}{minute:02}{second:02}000R"


def _source(address: str, own: ServiceNumber) -> ServiceNumber:
    if not address or address == own.address:
        return own
    if not address.lstrip("+").isdigit():
        return ServiceNumber(address, _ALPHANUMERIC, 0)
    return ServiceNumber(address.lstrip("+"), own.ton, own.npi)
