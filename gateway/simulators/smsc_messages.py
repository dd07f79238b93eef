"""What the SMSC simulator delivers: receipts as different SMSCs write them, and texts from phones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from gateway.simulators.smsc_chance import Ending
from gateway.smpp.incoming import read_user_data
from gateway.smpp.pdu import Message
from gateway.smpp.text import decode, encode
from gateway.smpp.vocabulary import MESSAGE_STATE, NPI, RECEIPTED_MESSAGE_ID, TON, Command

_RECEIPT: Final = 0x04
_LATIN_1: Final = 0x03
_QUOTED: Final = 20

Outcome = Ending | str
_WORDS: Final = {"delivered": "DELIVRD", "failed": "UNDELIV", "expired": "EXPIRED", "cancelled": "DELETED"}
STATES: Final = {"enroute": 1, "delivered": 2, "expired": 3, "cancelled": 4, "failed": 5}
"""message_state (SMPP 3.4 §5.2.28)."""


def receipt(message: Message, message_id: str, outcome: Outcome, style: str = "standard") -> Message:
    """The receipt of a submit, in the format of SMPP 3.4 Appendix B or what some make of it.

    style: ``hex`` and ``decimal`` write the id so, ``seconds`` writes dates with them, ``letters`` an error code with
    letters, ``tlv`` nothing but TLVs, ``short`` nothing but id and state. outcome: a key of ``STATES``.
    """
    empty = Message(
        Command.DELIVER_SM,
        0,
        message.destination_ton,
        message.destination_npi,
        message.destination,
        message.source_ton,
        message.source_npi,
        message.source,
        data_coding=_LATIN_1,
        esm_class=_RECEIPT,
    )
    if style == "tlv":
        told = (
            (RECEIPTED_MESSAGE_ID, message_id.encode("ascii") + b"\0"),
            (MESSAGE_STATE, bytes((STATES[outcome],))),
        )
        return replace(empty, data_coding=0, tlvs=told)
    return replace(empty, short_message=_text(message, message_id, _WORDS[outcome], style).encode("latin-1", "replace"))


def _text(message: Message, message_id: str, word: str, style: str) -> str:
    number = int(message_id, 16)
    written = {"hex": f"{number:X}", "decimal": f"{number:010d}"}.get(style, message_id)
    if style == "short":
        return f"id:{written} stat:{word}"
    stamp = datetime.now(UTC).strftime("%y%m%d%H%M%S" if style == "seconds" else "%y%m%d%H%M")
    delivered = word == "DELIVRD"
    error = "000" if delivered else "0A1" if style == "letters" else "011"
    data = read_user_data(message)
    return (
        f"id:{written} sub:001 dlvrd:{int(delivered):03} submit date:{stamp} done date:{stamp} stat:{word} err:{error} "
        f"text:{decode(data.body, message.data_coding, data.tables)[:_QUOTED]}"
    )


def originated(sender: str, service: str, text: str, reference: int) -> list[Message]:
    """The deliver_sm of a text that a subscriber sends, in parts if it is long. Raises TextTooLong."""
    encoded = encode(text, reference)
    return [
        Message(
            Command.DELIVER_SM,
            0,
            int(TON.INTERNATIONAL),
            int(NPI.ISDN),
            sender.lstrip("+"),
            int(TON.NETWORK_SPECIFIC),
            int(NPI.UNKNOWN),
            service,
            part,
            encoded.data_coding,
            encoded.esm_class,
        )
        for part in encoded.parts
    ]
