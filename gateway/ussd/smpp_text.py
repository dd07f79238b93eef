"""The text of a USSD message over SMPP: read in any data coding, written in the door's charset."""

from __future__ import annotations

from typing import Final

from gateway.config.tree import UssdProfileConfig
from gateway.smpp.pdu import Message
from gateway.smpp.text import UDHI, decode, split_header
from gateway.smpp.vocabulary import Status, gsm_encode
from gateway.ussd.dialect import CONTROL, MOST_TEXT, BadHop
from menus.charset import is_gsm7, transliterate

_LANGUAGE_GSM7: Final = 0x10
_LANGUAGE_UCS2: Final = 0x11
"""CBS data coding with the language in front: two letters and CR, or two octets (3GPP TS 23.038 §5)."""


def read_text(message: Message) -> str:
    """What was typed, without what nobody types. Raises BadHop."""
    octets, coding = message.user_data, message.data_coding
    if message.esm_class & UDHI:
        octets = split_header(octets).body
    if coding == _LANGUAGE_UCS2:
        text = octets[2:].decode("utf-16-be", "replace")
    else:
        text = decode(octets, coding)[3 if coding == _LANGUAGE_GSM7 else 0 :]
    if len(text) > MOST_TEXT:
        raise BadHop(f"the text has more than {MOST_TEXT} characters", Status.INVALID_MESSAGE_LENGTH)
    return text.translate(CONTROL)


def written(text: str, profile: UssdProfileConfig, charset: str) -> tuple[int, bytes]:
    """data_coding and octets, a septet each. A door for GSM 7-bit sends nothing else, ``?`` for what it has not."""
    if charset == "ucs2" and not is_gsm7(text):
        return profile.data_coding_ucs2, text.encode("utf-16-be", "replace")
    spelled = transliterate(text)
    if not is_gsm7(spelled):
        spelled = "".join(char if is_gsm7(char) else "?" for char in spelled)
    return profile.data_coding, gsm_encode(spelled)
