"""Hops whose screens never arrived: the SMSC delivers them again, whenever the bind is back."""

from __future__ import annotations

from collections.abc import Callable

from flows.frozen import dataclass
from gateway.core.turn import Reply
from gateway.smpp.pdu import Message, Tlv

_MOST = 10_000


@dataclass(frozen=True, slots=True)
class _Unseen:
    octets: bytes
    tlvs: tuple[Tlv, ...]
    reply: Reply
    until: float


class Repeats:
    """Remembers the last hop of a session if the SMSC did not acknowledge its screen.

    Without that acknowledgement the same octets again are the same hop, however late: nobody can have answered a
    screen that nobody has. With it they are left to the turn's own identity. clock: monotonic seconds; keep: seconds
    for which a session lives.
    """

    def __init__(self, clock: Callable[[], float], keep: float) -> None:
        self._clock = clock
        self._keep = keep
        self._unseen: dict[str, _Unseen] = {}
        self._newest: dict[str, int] = {}
        self._hops = 0

    def taken(self, session: str) -> int:
        """One more hop of this session; its number, for what becomes of its screen."""
        self._hops += 1
        self._newest.pop(session, None)
        self._newest[session] = self._hops
        if len(self._newest) > _MOST:
            del self._newest[next(iter(self._newest))]
        return self._hops

    def reply(self, session: str, message: Message) -> Reply | None:
        """What the message was answered with, if it is the session's unseen hop; any other hop ends the memory."""
        unseen = self._unseen.get(session)
        if unseen is None:
            return None
        if self._clock() < unseen.until and (message.user_data, message.tlvs) == (unseen.octets, unseen.tlvs):
            return unseen.reply
        del self._unseen[session]
        return None

    def missed(self, session: str, message: Message, reply: Reply, hop: int) -> None:
        """The screen of this hop did not arrive, as far as we know. Of an older hop that says nothing any more: it was
        answered, so it was seen.
        """
        if self._newest.get(session) != hop:
            return
        del self._newest[session]
        self._unseen.pop(session, None)
        self._unseen[session] = _Unseen(message.user_data, message.tlvs, reply, self._clock() + self._keep)
        if len(self._unseen) > _MOST:
            del self._unseen[next(iter(self._unseen))]

    def seen(self, session: str) -> None:
        """The SMSC has the session's last screen."""
        self._unseen.pop(session, None)
