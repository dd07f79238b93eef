"""Delivery receipts, read leniently: every SMSC writes them in its own way."""

from __future__ import annotations

import re
from typing import Final

from gateway.core.ports import DeliveryReceipt
from gateway.smpp.pdu import Message, tlv
from gateway.smpp.receipt_text import parse_date, read_fields
from gateway.smpp.user_data_header import UDHI, split_header
from gateway.smpp.vocabulary import LONGEST_ID, MESSAGE_STATE, NETWORK_ERROR_CODE, RECEIPTED_MESSAGE_ID

_RECEIPT: Final = 0x04
_INTERMEDIATE: Final = 0x20
"""esm_class message types: delivery receipt, intermediate notification (SMPP 3.4 §5.2.12)."""
_LONGEST_CODE: Final = 3
_HEX: Final = re.compile("[0-9A-Fa-f]+")
_NO_LETTER: Final = re.compile("[^A-Z]")
_STATES: Final = {
    "DELIV": "delivered",
    "DLVRD": "delivered",
    "EXPIR": "expired",
    "DELET": "failed",
    "UNDEL": "failed",
    "NOTDE": "failed",
    "REJEC": "failed",
    "REJCT": "failed",
    "SKIPP": "failed",
    "FAILE": "failed",
    "CANCE": "failed",
    "ACCEP": "accepted",
    "ACKED": "accepted",
    "ENROU": "enroute",
    "SCHED": "enroute",
    "BUFFE": "enroute",
    "QUEUE": "enroute",
    "STORE": "enroute",
    "RETRY": "enroute",
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
    return bool(message.esm_class & (_RECEIPT | _INTERMEDIATE)) or (
        bool(message.tlvs) and tlv(message.tlvs, RECEIPTED_MESSAGE_ID) is not None
    )


def parse_receipt(smsc: str, message: Message) -> DeliveryReceipt:
    """The receipt in ``message``, from its text, its TLVs or both. Never raises; what is missing stays empty."""
    octets = message.user_data
    if message.esm_class & UDHI:
        octets = split_header(octets).body
    fields = read_fields(octets, message.data_coding) if octets else {}
    by_tlv, by_text = _tlv_text(message, RECEIPTED_MESSAGE_ID)[:LONGEST_ID], fields.get("id", "")[:LONGEST_ID]
    message_id, also = by_tlv or by_text, spellings(by_tlv or by_text)
    if by_tlv and by_text and by_tlv != by_text:
        also = tuple(dict.fromkeys((by_text, *also, *spellings(by_text))))
    return DeliveryReceipt(
        smsc=smsc,
        message_id=message_id,
        state=_state(fields.get("stat", ""), message),
        error=fields.get("err") or _network_error(message),
        done_at=parse_date(fields.get("donedate", "")),
        also=also,
    )


def _tlv_text(message: Message, tag: int) -> str:
    value = tlv(message.tlvs, tag) if message.tlvs else None
    return value.split(b"\0")[0].decode("latin-1").strip() if value else ""


def _state(word: str, message: Message) -> str:
    """What became of it; whatever an intermediate notification says, more is to come."""
    state = _of_word(word)
    if state == "unknown" and message.tlvs:
        value = tlv(message.tlvs, MESSAGE_STATE)
        state = _STATE_CODES.get(int.from_bytes(value, "big"), state) if value else state
    return "enroute" if message.esm_class & (_RECEIPT | _INTERMEDIATE) == _INTERMEDIATE else state


def _of_word(word: str) -> str:
    known = _STATES.get(word[:5])
    if known:
        return known
    if len(word) <= _LONGEST_CODE and word.isascii() and word.isdigit():
        return _STATE_CODES.get(int(word), "unknown")
    return _STATES.get(_NO_LETTER.sub("", word.upper())[:5], "unknown")


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
