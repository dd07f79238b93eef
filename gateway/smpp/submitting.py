"""A text as the submit_sm bodies that carry it."""

from __future__ import annotations

import zlib
from dataclasses import replace
from functools import lru_cache
from typing import Final, NamedTuple

from gateway.core.ports import ShortMessage
from gateway.core.service_numbers import ServiceNumber
from gateway.smpp.errors import NoTemplate
from gateway.smpp.pdu import Message, Tlv, format_message
from gateway.smpp.settings import SmppSettings
from gateway.smpp.text import encode
from gateway.smpp.vocabulary import NPI, TON, Command

_ASK_FOR_RECEIPT: Final = 1
_INTERNATIONAL: Final = int(TON.INTERNATIONAL)
_ISDN: Final = int(NPI.ISDN)
_ALPHANUMERIC: Final = int(TON.ALPHANUMERIC)


class Submits(NamedTuple):
    """A text on its way out. bodies: of each submit_sm, in order; segments: what each is on the air."""

    bodies: tuple[bytes, ...]
    segments: int


def submits(message: ShortMessage, settings: SmppSettings) -> Submits:
    """One submit_sm per part, each asking for a receipt. Raises UnfitText (TextTooLong, NoTemplate).

    The concatenation reference comes from the message's id, so that a repeated message completes
    on the phone together with what arrived of its first attempt.
    """
    encoded = encode(message.text, zlib.crc32(message.id.encode()), settings.alphabet, settings.segments)
    source = sender(message.source, settings)
    tlvs = _told(source, message.text) if source.tlvs or source.templates else ()
    validity = relative_time(message.validity_seconds) if message.validity_seconds else ""
    bodies = tuple(
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
                tlvs=(*encoded.tlvs[at], *tlvs) if encoded.tlvs else tlvs,
            )
        )
        for at, part in enumerate(encoded.parts)
    )
    return Submits(bodies, encoded.segments // len(bodies))


def _told(number: ServiceNumber, text: str) -> tuple[Tlv, ...]:
    """What the regulator wants to be said with ``text``. Raises NoTemplate."""
    if not number.templates:
        return number.tlvs
    template = number.template_of(text)
    if template is None:
        raise NoTemplate(f"no template of {number.address} fits the text: register one, or send from another number")
    return (*number.tlvs, (number.template_tag, template.id.encode("latin-1", "replace")))


@lru_cache(maxsize=64)
def relative_time(seconds: int) -> str:
    """``YYMMDDhhmmss000R`` (SMPP 3.4 §7.1.1.2), with months of 30 days and years of 12 months."""
    minutes, second = divmod(max(1, seconds), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    months, day = divmod(days, 30)
    year, month = divmod(months, 12)
    return f"{min(year, 99):02}{month:02}{day:02}{hour:02}{minute:02}{second:02}000R"


def sender(address: str, settings: SmppSettings) -> ServiceNumber:
    """The number as it was configured; one that was not is taken for what it looks like. Empty: the bind's own."""
    if not address:
        return settings.own
    for number in settings.numbers:
        if number.address == address:
            return number
    if not address.lstrip("+").isdigit():
        return ServiceNumber(address, two_way=False, kind="alphanumeric", ton=_ALPHANUMERIC, npi=0)
    return replace(settings.own, address=address.lstrip("+"))
