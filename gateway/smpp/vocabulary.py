"""The words of SMPP 3.4: commands, statuses, numbering, tags, and the GSM 7-bit codec.

They come from aiosmpplib, which is imported here and nowhere else (ADR 0004): its enums and
its codec are sound; its sessions and PDU classes are not used.
"""

from __future__ import annotations

from typing import Final

from aiosmpplib import NPI, TON, BindMode, GSM7BitCodec, SmppCommand, SmppCommandStatus, SmppSessionState
from aiosmpplib.state import (
    ITS_SESSION_INFO,
    MESSAGE_PAYLOAD,
    MESSAGE_STATE,
    NETWORK_ERROR_CODE,
    RECEIPTED_MESSAGE_ID,
    SAR_MSG_REF_NUM,
    SAR_SEGMENT_SEQNUM,
    SAR_TOTAL_SEGMENTS,
    SC_INTERFACE_VERSION,
    USER_MESSAGE_REFERENCE,
    USSD_SERVICE_OP,
)

from menus.charset import DEFAULT_ALPHABET, EXTENSION_TABLE

__all__ = [
    "CONGESTION_STATE",
    "ITS_SESSION_INFO",
    "LONGEST_ID",
    "MESSAGE_PAYLOAD",
    "MESSAGE_STATE",
    "NETWORK_ERROR_CODE",
    "NPI",
    "RECEIPTED_MESSAGE_ID",
    "RESPONSE",
    "SAR_MSG_REF_NUM",
    "SAR_SEGMENT_SEQNUM",
    "SAR_TOTAL_SEGMENTS",
    "SC_INTERFACE_VERSION",
    "TON",
    "USER_MESSAGE_REFERENCE",
    "USSD_SERVICE_OP",
    "BindMode",
    "Command",
    "SmppCommand",
    "SmppCommandStatus",
    "SmppSessionState",
    "Status",
    "gsm_decode",
    "gsm_encode",
    "spelled_as_in_ascii",
    "status_name",
]

CONGESTION_STATE: Final = 0x0428
"""How busy the SMSC is, 0 to 100 (SMPP 5.0 §4.8.4.18)."""
RESPONSE: Final = 0x80000000
"""The bit that tells a response from its request."""
LONGEST_ID: Final = 255
"""Characters of a message_id that are kept; SMPP 3.4 §5.2.23 allows 64."""

_CODEC: Final = GSM7BitCodec()
_ALPHABET: Final = frozenset(DEFAULT_ALPHABET.replace("\x1b", "") + EXTENSION_TABLE)
_SEPTETS: Final = {ord(char): _CODEC.encode(char)[0].decode("latin-1") for char in sorted(_ALPHABET)}
"""The codec's own table, spread out once: it encodes character by character, which is felt per message."""
_SAME_IN_ASCII: Final = b"\n\r !\"#%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""Written alike in every table of GSM 7-bit that is known here."""


class Command:
    """The command ids that this package speaks, as plain ints (they are compared for every PDU)."""

    BIND_RECEIVER: Final = int(SmppCommand.BIND_RECEIVER)
    BIND_TRANSMITTER: Final = int(SmppCommand.BIND_TRANSMITTER)
    BIND_TRANSCEIVER: Final = int(SmppCommand.BIND_TRANSCEIVER)
    OUTBIND: Final = int(SmppCommand.OUTBIND)
    UNBIND: Final = int(SmppCommand.UNBIND)
    SUBMIT_SM: Final = int(SmppCommand.SUBMIT_SM)
    SUBMIT_SM_RESP: Final = int(SmppCommand.SUBMIT_SM_RESP)
    SUBMIT_MULTI: Final = int(SmppCommand.SUBMIT_MULTI)
    SUBMIT_MULTI_RESP: Final = int(SmppCommand.SUBMIT_MULTI_RESP)
    DELIVER_SM: Final = int(SmppCommand.DELIVER_SM)
    DELIVER_SM_RESP: Final = int(SmppCommand.DELIVER_SM_RESP)
    DATA_SM: Final = int(SmppCommand.DATA_SM)
    DATA_SM_RESP: Final = int(SmppCommand.DATA_SM_RESP)
    QUERY_SM: Final = int(SmppCommand.QUERY_SM)
    QUERY_SM_RESP: Final = int(SmppCommand.QUERY_SM_RESP)
    CANCEL_SM: Final = int(SmppCommand.CANCEL_SM)
    REPLACE_SM: Final = int(SmppCommand.REPLACE_SM)
    ENQUIRE_LINK: Final = int(SmppCommand.ENQUIRE_LINK)
    ALERT_NOTIFICATION: Final = int(SmppCommand.ALERT_NOTIFICATION)
    GENERIC_NACK: Final = int(SmppCommand.GENERIC_NACK)


class Status:
    """The command statuses that this package sends or decides upon, as plain ints (SMPP 3.4 §5.1.3)."""

    OK: Final = int(SmppCommandStatus.ESME_ROK)
    INVALID_MESSAGE_LENGTH: Final = int(SmppCommandStatus.ESME_RINVMSGLEN)
    INVALID_COMMAND_LENGTH: Final = int(SmppCommandStatus.ESME_RINVCMDLEN)
    INVALID_COMMAND_ID: Final = int(SmppCommandStatus.ESME_RINVCMDID)
    INVALID_BIND_STATUS: Final = int(SmppCommandStatus.ESME_RINVBNDSTS)
    ALREADY_BOUND: Final = int(SmppCommandStatus.ESME_RALYBND)
    INVALID_PRIORITY: Final = int(SmppCommandStatus.ESME_RINVPRTFLG)
    INVALID_REGISTERED_DELIVERY: Final = int(SmppCommandStatus.ESME_RINVREGDLVFLG)
    SYSTEM_ERROR: Final = int(SmppCommandStatus.ESME_RSYSERR)
    INVALID_SOURCE: Final = int(SmppCommandStatus.ESME_RINVSRCADR)
    INVALID_DESTINATION: Final = int(SmppCommandStatus.ESME_RINVDSTADR)
    INVALID_MESSAGE_ID: Final = int(SmppCommandStatus.ESME_RINVMSGID)
    BIND_FAILED: Final = int(SmppCommandStatus.ESME_RBINDFAIL)
    INVALID_PASSWORD: Final = int(SmppCommandStatus.ESME_RINVPASWD)
    INVALID_SYSTEM_ID: Final = int(SmppCommandStatus.ESME_RINVSYSID)
    CANCEL_FAILED: Final = int(SmppCommandStatus.ESME_RCANCELFAIL)
    REPLACE_FAILED: Final = int(SmppCommandStatus.ESME_RREPLACEFAIL)
    QUEUE_FULL: Final = int(SmppCommandStatus.ESME_RMSGQFUL)
    INVALID_SERVICE_TYPE: Final = int(SmppCommandStatus.ESME_RINVSERTYP)
    INVALID_DESTINATION_COUNT: Final = int(SmppCommandStatus.ESME_RINVNUMDESTS)
    INVALID_LIST_NAME: Final = int(SmppCommandStatus.ESME_RINVDLNAME)
    INVALID_DESTINATION_FLAG: Final = int(SmppCommandStatus.ESME_RINVDESTFLAG)
    INVALID_ESM_CLASS: Final = int(SmppCommandStatus.ESME_RINVESMCLASS)
    SUBMIT_FAILED: Final = int(SmppCommandStatus.ESME_RSUBMITFAIL)
    INVALID_SOURCE_TON: Final = int(SmppCommandStatus.ESME_RINVSRCTON)
    INVALID_SOURCE_NPI: Final = int(SmppCommandStatus.ESME_RINVSRCNPI)
    INVALID_SYSTEM_TYPE: Final = int(SmppCommandStatus.ESME_RINVSYSTYP)
    INVALID_REPLACE_FLAG: Final = int(SmppCommandStatus.ESME_RINVREPFLAG)
    THROTTLED: Final = int(SmppCommandStatus.ESME_RTHROTTLED)
    INVALID_SCHEDULE: Final = int(SmppCommandStatus.ESME_RINVSCHED)
    INVALID_EXPIRY: Final = int(SmppCommandStatus.ESME_RINVEXPIRY)
    TEMPORARY_APP_ERROR: Final = int(SmppCommandStatus.ESME_RX_T_APPN)
    REJECTED: Final = int(SmppCommandStatus.ESME_RX_R_APPN)
    QUERY_FAILED: Final = int(SmppCommandStatus.ESME_RQUERYFAIL)
    INVALID_TLV_STREAM: Final = int(SmppCommandStatus.ESME_RINVOPTPARSTREAM)
    TLV_NOT_ALLOWED: Final = int(SmppCommandStatus.ESME_ROPTPARNOTALLWD)
    INVALID_TLV_LENGTH: Final = int(SmppCommandStatus.ESME_RINVPARLEN)
    MISSING_TLV: Final = int(SmppCommandStatus.ESME_RMISSINGOPTPARAM)
    INVALID_TLV_VALUE: Final = int(SmppCommandStatus.ESME_RINVOPTPARAMVAL)
    DELIVERY_FAILED: Final = int(SmppCommandStatus.ESME_RDELIVERYFAILURE)
    UNKNOWN_ERROR: Final = int(SmppCommandStatus.ESME_RUNKNOWNERR)


def status_name(status: int) -> str:
    """The specification's name (``ESME_RTHROTTLED``), or the number in hex for a vendor's own."""
    try:
        return str(SmppCommandStatus(status).name)
    except ValueError:
        return f"0x{status:08X}"


def spelled_as_in_ascii(text: str) -> bytes | None:
    """The septets of a text that GSM 7-bit spells as ASCII does, whatever its tables; None of any other."""
    if not text.isascii():
        return None
    octets = text.encode("ascii")
    return None if octets.translate(None, _SAME_IN_ASCII) else octets


def gsm_encode(text: str) -> bytes:
    """Septets of ``text``, one per octet. Raises UnicodeEncodeError outside the alphabet."""
    spelled = spelled_as_in_ascii(text)
    if spelled is not None:
        return spelled
    if not _ALPHABET.issuperset(text):
        encoded: bytes = _CODEC.encode(text)[0]  # names the character that is at fault
        return encoded
    return text.translate(_SEPTETS).encode("latin-1")


def gsm_decode(octets: bytes) -> str:
    """The text of unpacked septets; an octet that is none reads ``?``."""
    if not octets.translate(None, _SAME_IN_ASCII):  # receipts, and most of what people write
        return octets.decode("ascii")
    decoded: str = _CODEC.decode(bytes(octets), "replace")[0]
    return decoded
