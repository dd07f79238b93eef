"""What a deliver_sm or data_sm holds: its text or the part of one, whichever way that is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from flows.values import Msisdn
from gateway.core.ports import MobileOriginated, MobilePart
from gateway.smpp.national import Tables
from gateway.smpp.pdu import Message, tlv
from gateway.smpp.text import decode
from gateway.smpp.user_data_header import UDHI, Concatenation, UserData, split_header
from gateway.smpp.vocabulary import SAR_MSG_REF_NUM, SAR_SEGMENT_SEQNUM, SAR_TOTAL_SEGMENTS

_LONGEST_ADDRESS: Final = 20
"""Digits (SMPP 3.4 §5.2.8); what is longer is cut where parts are kept."""


def read_user_data(message: Message) -> UserData:
    """The user data without its header, and which part it is, by header or by TLVs."""
    data = split_header(message.user_data) if message.esm_class & UDHI else UserData(message.user_data)
    if data.concatenation is None and message.tlvs:
        return replace(data, concatenation=_sar(message))
    return data


def read_text(smsc: str, message: Message) -> MobileOriginated | MobilePart:
    """The text, or the part of a text, that a subscriber sent."""
    if not message.esm_class & UDHI and not message.tlvs:
        return _whole(smsc, message, decode(message.short_message, message.data_coding))
    data = read_user_data(message)
    place = data.concatenation
    if place is None or place.total == 1:
        return _whole(smsc, message, decode(data.body, message.data_coding, data.tables))
    return MobilePart(
        smsc,
        Msisdn(_address(message.source)),
        _address(message.destination),
        place.reference,
        place.wide,
        place.total,
        place.number,
        message.data_coding,
        data.body,
        data.tables.locking,
        data.tables.single,
    )


def join(parts: Sequence[MobilePart]) -> str:
    """The text of parts in order; octets are joined first, for a sender may cut inside a pair."""
    ways = {(part.data_coding, part.locking, part.single) for part in parts}
    if len(ways) == 1:
        coding, locking, single = ways.pop()
        return decode(b"".join(part.octets for part in parts), coding, Tables(locking, single))
    return "".join(decode(part.octets, part.data_coding, Tables(part.locking, part.single)) for part in parts)


def _whole(smsc: str, message: Message, text: str) -> MobileOriginated:
    return MobileOriginated(smsc, Msisdn(message.source.lstrip("+")), message.destination.lstrip("+"), text)


def _address(address: str) -> str:
    return address.lstrip("+")[:_LONGEST_ADDRESS]


def _sar(message: Message) -> Concatenation | None:
    """The place of a part by the sar TLVs (SMPP 3.4 §5.3.2.22 to 24), of whatever length."""
    tags = (SAR_MSG_REF_NUM, SAR_TOTAL_SEGMENTS, SAR_SEGMENT_SEQNUM)
    values = [tlv(message.tlvs, tag) for tag in tags]
    reference, total, number = (int.from_bytes(value or b"", "big") for value in values)
    usable = all(values) and 1 <= number <= total <= 255
    return Concatenation(reference & 0xFFFF, total, number, wide=True) if usable else None
