"""Where a session's id stands in a USSD message over SMPP, and what else stands there: a count, and the end."""

from __future__ import annotations

from typing import Final

from flows.frozen import dataclass
from gateway.config.tree import UssdProfileConfig
from gateway.smpp.pdu import Tlv, tlv
from gateway.smpp.vocabulary import ITS_SESSION_INFO, USER_MESSAGE_REFERENCE

_TAGS: Final = {"its_session_info": ITS_SESSION_INFO, "user_message_reference": USER_MESSAGE_REFERENCE, "none": None}
_END: Final = 0x01
_MOST_OCTETS: Final = 32


@dataclass(frozen=True, slots=True)
class Info:
    """What one message says of its session.

    id: in hex, empty where the number alone names the session. value: the TLV's, as it came. number: the hop's count
    in its session, None where nothing counts. over: the end bit is set.
    """

    id: str = ""
    value: bytes = b""
    number: int | None = None
    over: bool = False


class SessionInfo:
    """Reads and writes the TLV of one vendor's profile.

    ``its_session_info`` is two octets: the session's number, then seven bits of sequence and the end bit (SMPP 3.4
    §5.3.2.43). Other lengths are met; what is missing reads as zero, what is too much is left alone.
    """

    def __init__(self, profile: UssdProfileConfig) -> None:
        session = profile.session
        self._tag = _TAGS[session] if session in _TAGS else int(session, 16)
        self._two_octets = self._tag == ITS_SESSION_INFO
        self._sequence = profile.sequence
        self._first = profile.counts_from
        self._end_bit = profile.end_by != "op"

    @property
    def numbers(self) -> int:
        """How many sessions of one subscriber can be told apart."""
        if self._tag is None:
            return 1
        if not self._two_octets:
            return 1 << 16
        return 1 << 15 if self._sequence == "session" else 1 << 8

    def read(self, tlvs: tuple[Tlv, ...]) -> Info:
        """What the message says. Never raises; a value too long to name a session names none."""
        value = tlv(tlvs, self._tag) if self._tag is not None and tlvs else None
        if not value or len(value) > _MOST_OCTETS:
            return Info()
        if not self._two_octets:
            return Info(value.hex(), value)
        first, second = value[0], value[1] if len(value) > 1 else 0
        over = self._end_bit and bool(second & _END)
        if self._sequence == "session":
            return Info(f"{first:02x}{second & ~_END:02x}", value, None, over)
        return Info(f"{first:02x}", value, self._number(second >> 1), over)

    def answering(self, value: bytes, number: int, *, ends: bool) -> tuple[Tlv, ...]:
        """The TLV of our message to a session whose last one held ``value``. number: of the hop that it answers."""
        if self._tag is None or not value:
            return ()
        if not self._two_octets:
            return ((self._tag, value),)
        second = (value[1] if len(value) > 1 else 0) & ~_END
        if self._sequence == "units":
            second = second + 2 & 0xFE
        elif self._sequence == "ours":  # what comes back is the next hop's
            second = number + 1 + self._first << 1 & 0xFE
        return ((self._tag, bytes((value[0], second | (_END if ends and self._end_bit else 0)))),)

    def naming(self, number: int) -> str:
        """The id of a session that we open, by a number below ``numbers``."""
        if self._tag is None:
            return ""
        if self._two_octets and self._sequence != "session":
            return f"{number:02x}"
        return f"{number << 1:04x}" if self._two_octets else f"{number:04x}"

    def opening(self, session: str, *, ends: bool) -> tuple[bytes, tuple[Tlv, ...]]:
        """The value with which we open the session of this id, and its TLV."""
        value = bytes.fromhex(session)
        if self._two_octets and self._sequence != "session":
            value += bytes((self._first + (self._sequence == "ours") << 1 & 0xFE,))
        if self._tag is None:
            return b"", ()
        end = _END if ends and self._end_bit and self._two_octets else 0
        return value, ((self._tag, value[:-1] + bytes((value[-1] | end,))),)

    def _number(self, sequence: int) -> int | None:
        """The hop's number, 0 for the one that begins. The answer to our push is 1: the push itself was 0."""
        count = sequence - self._first
        if count < 0 or self._sequence == "none":
            return None
        return (count + 1) // 2 if self._sequence == "units" else count
