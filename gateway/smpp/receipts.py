"""Delivery receipts, read leniently: every SMSC writes SMPP 3.4 Appendix B in its own way."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from gateway.core.ports import DeliveryReceipt
from gateway.smpp.pdu import Message, tlv
from gateway.smpp.text import UDHI, decode, split_header
from gateway.smpp.vocabulary import MESSAGE_STATE, NETWORK_ERROR_CODE, RECEIPTED_MESSAGE_ID

_KINDS: Final = frozenset({0x04, 0x20})
"""esm_class message types: delivery receipt, intermediate notification (SMPP 3.4 §5.2.12)."""

_CLASSIC: Final = re.compile(
    r"id:(\S+) sub:\S* dlvrd:\S* submit date:\d* done date:(\d+) stat:([A-Z]+) err:(\S+)(?: [Tt]ext:|$)"
)
"""Appendix B to the letter; anything else is looked through field by field."""
_FIELD: Final = re.compile(r"\b(id|stat|err|done date)\s*:\s*([^\s;,]+)", re.IGNORECASE)
_HEX: Final = re.compile("[0-9A-Fa-f]+")
_QUOTED_TEXT: Final = re.compile(r"\btext\s*:", re.IGNORECASE)
_STATES: Final = {
    "DELIV": "delivered",
    "EXPIR": "expired",
    "DELET": "failed",
    "UNDEL": "failed",
    "REJEC": "failed",
    "SKIPP": "failed",
    "FAILE": "failed",
    "ACCEP": "accepted",
    "ENROU": "enroute",
    "SCHED": "enroute",
    "BUFFE": "enroute",
    "UNKNO": "unknown",
}
"""By the first five letters: DELIVRD and DELIVERED are the same."""
_STATE_CODES: Final = {
    0: "enroute",
    1: "enroute",
    2: "delivered",
    3: "expired",
    4: "failed",
    5: "failed",
    6: "accepted",
    7: "unknown",
    8: "failed",
}
"""message_state 0 to 8 (§5.2.28; 0 is SCHEDULED of later versions)."""


def is_receipt(message: Message) -> bool:
    """Whether a deliver_sm or data_sm speaks of an earlier MT. Its text alone never decides: anybody can write one."""
    return message.esm_class & 0x3C in _KINDS or (
        bool(message.tlvs) and tlv(message.tlvs, RECEIPTED_MESSAGE_ID) is not None
    )


def parse_receipt(smsc: str, message: Message) -> DeliveryReceipt:
    """The receipt in ``message``, from its text, its TLVs or both. Never raises; what is missing stays empty."""
    octets = message.user_data
    if message.esm_class & UDHI:
        octets = split_header(octets).body
    fields = _fields(decode(octets, message.data_coding)) if octets else {}
    tlv_id = _tlv_text(message, RECEIPTED_MESSAGE_ID)
    message_id = tlv_id or fields.get("id", "")
    also = spellings(message_id)
    if tlv_id and fields.get("id", tlv_id) != tlv_id:
        also = (fields["id"], *(other for other in also if other != fields["id"]))
    return DeliveryReceipt(
        smsc=smsc,
        message_id=message_id,
        state=_state(fields.get("stat", ""), message),
        error=fields.get("err") or _network_error(message),
        done_at=parse_date(fields.get("done date", "")),
        also=also,
    )


def _fields(text: str) -> dict[str, str]:
    classic = _CLASSIC.match(text)
    if classic:
        return dict(zip(("id", "done date", "stat", "err"), classic.groups(), strict=True))
    quoted = _QUOTED_TEXT.search(text)
    found = _FIELD.findall(text, 0, quoted.start() if quoted else len(text))
    return {name.lower(): value for name, value in reversed(found)}


def _tlv_text(message: Message, tag: int) -> str:
    value = tlv(message.tlvs, tag) if message.tlvs else None
    return value.rstrip(b"\0").decode("latin-1").strip() if value else ""


def _state(word: str, message: Message) -> str:
    known = _STATES.get(word.upper()[:5])
    if known:
        return known
    value = tlv(message.tlvs, MESSAGE_STATE) if message.tlvs else None
    code = int.from_bytes(value, "big") if value else 7
    return _STATE_CODES.get(code, "unknown")


def _network_error(message: Message) -> str:
    """network_error_code: one octet of network type, two of code (§5.3.2.31)."""
    value = tlv(message.tlvs, NETWORK_ERROR_CODE) if message.tlvs else None
    return str(int.from_bytes(value[1:], "big")) if value and len(value) > 1 else ""


def spellings(message_id: str) -> tuple[str, ...]:
    """Other ways of writing the same id: SMSCs answer a submit in hex and write the receipt in decimal, or pad it."""
    if not (0 < len(message_id) <= 20 and message_id.isascii() and message_id.isalnum()):
        return ()
    forms: list[str] = []
    if message_id.isdigit():
        forms += _forms(int(message_id))
    if _HEX.fullmatch(message_id):
        forms += _forms(int(message_id, 16))
    found = dict.fromkeys(forms)
    found.pop(message_id, None)
    return tuple(found)


def _forms(value: int) -> tuple[str, ...]:
    decimal, lower = str(value), f"{value:x}"
    upper = lower.upper()
    return decimal, decimal.zfill(10), lower, upper, lower.zfill(8), upper.zfill(8)


@lru_cache(maxsize=256)
def parse_date(text: str) -> datetime | None:
    """``YYMMDDhhmm``, with or without seconds or century, taken as UTC: the format has no time zone."""
    if not (text.isascii() and text.isdigit()):
        return None
    layouts = {10: (text,), 12: (text, text[2:]), 14: (text[2:],)}.get(len(text), ())
    return next((found for layout in layouts if (found := _date(layout))), None)


def _date(digits: str) -> datetime | None:
    year, month, day, hour, minute = (int(digits[at : at + 2]) for at in range(0, 10, 2))
    try:
        return datetime(2000 + year, month, day, hour, minute, int(digits[10:] or 0), tzinfo=UTC)
    except ValueError:
        return None
