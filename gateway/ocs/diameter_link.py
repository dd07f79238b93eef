"""One open connection to a Diameter peer, from the capabilities exchange to its end (RFC 6733 §5, RFC 3539)."""

from __future__ import annotations

import asyncio
from asyncio import Future, StreamReader, StreamWriter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flows.frozen import dataclass
from gateway.ocs import diameter_codec as codec
from gateway.ocs.diameter_codec import Packet, UnreadablePacket, avp

_APPLICATIONS = frozenset({codec.CREDIT_CONTROL_APPLICATION, codec.RELAY})
_TGPP = 10415
_NO_VENDOR = 0
_PRODUCT = "Chasqui"
_LARGEST_HOP = 0xFFFFFFFF
_FAREWELL = 1.0


class NotReached(Exception):
    """Nothing of the request was written: no connection, or none that takes requests now. Its text is for people."""


class LinkLost(Exception):
    """The connection ended after the request was written and before its answer came."""


class PeerRefused(Exception):
    """The peer is there and does not want us: its answer to the capabilities exchange."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A node by its DiameterIdentity and realm. state: Origin-State-Id, the start of the process in seconds."""

    host: str
    realm: str
    state: int = 0

    def avps(self) -> list[Any]:
        """Origin-Host and Origin-Realm."""
        return [avp(codec.ORIGIN_HOST, self.host.encode()), avp(codec.ORIGIN_REALM, self.realm.encode())]


class Link:
    """Requests and answers over one connection; ``run`` reads until it ends, and whoever waits is told.

    watchdog: seconds of silence after which the peer is asked whether it is there, and has as long to answer.
    """

    def __init__(self, reader: StreamReader, writer: StreamWriter, us: Identity, watchdog: float) -> None:
        self.peer = Identity("", "")
        self._reader, self._writer = reader, writer
        self._us = us
        self._watchdog = watchdog
        self._head: bytes | None = None
        self._hop = 0
        self._waiting: dict[int, Future[bytes]] = {}
        self._leaving = False
        self._ended = False

    @property
    def takes_requests(self) -> bool:
        """Whether a request may be written now."""
        return not (self._leaving or self._ended or self._writer.is_closing())

    async def exchange_capabilities(self) -> None:
        """Say who we are and hear who the peer is. Raises PeerRefused, UnreadablePacket, OSError, EOFError."""
        address = self._writer.get_extra_info("sockname")[0]
        about = [
            *self._us.avps(),
            avp(codec.HOST_IP_ADDRESS, address),
            avp(codec.VENDOR_ID, _NO_VENDOR),
            avp(codec.PRODUCT_NAME, _PRODUCT),
            avp(codec.ORIGIN_STATE_ID, self._us.state),
            avp(codec.SUPPORTED_VENDOR, _TGPP),
            avp(codec.AUTH_APPLICATION, codec.CREDIT_CONTROL_APPLICATION),
        ]
        self._write(self._numbered(codec.CAPABILITIES, about))
        answer = codec.decode(await self._read())
        if answer.request or answer.command != codec.CAPABILITIES:
            raise UnreadablePacket("the peer did not answer the capabilities exchange")
        result = codec.number(answer.avps, codec.RESULT_CODE)
        if result != codec.SUCCESS:
            raise PeerRefused(f"the peer refused the capabilities exchange (Diameter {result})")
        if not _APPLICATIONS & _applications(answer.avps):
            raise PeerRefused("the peer does not speak credit control")
        host, realm = (codec.text(answer.avps, code) for code in (codec.ORIGIN_HOST, codec.ORIGIN_REALM))
        self.peer = Identity(host, realm)

    async def ask(self, packet: Packet) -> bytes:
        """The octets of the answer. Raises NotReached before anything is written, LinkLost after."""
        if not self.takes_requests:
            raise NotReached("the connection to the peer is ending")
        numbered = replace(packet, hop_by_hop=self._next_hop())
        answer = self._awaited(numbered)
        try:
            self._write(numbered)
            return await answer
        finally:
            self._waiting.pop(numbered.hop_by_hop, None)

    async def run(self) -> str:
        """Read until the connection ends; why it did. Nobody waits for an answer any more when this is over."""
        try:
            return await self._listen()
        except (OSError, EOFError) as error:
            return f"the connection was lost ({type(error).__name__})"
        except UnreadablePacket as error:
            return str(error)
        finally:
            self.end()

    async def say_goodbye(self) -> None:
        """Tell the peer that we leave (DPR), and wait a moment for its answer; requests go no more."""
        if self.takes_requests:
            self._leaving = True
            cause = avp(codec.DISCONNECT_CAUSE, codec.REBOOTING)
            packet = self._numbered(codec.DISCONNECT, [*self._us.avps(), cause])
            answer = self._awaited(packet)
            self._write(packet)
            await asyncio.wait([answer], timeout=_FAREWELL)

    def end(self) -> None:
        """Close, and tell everybody who waits that no answer will come."""
        self._ended = True
        self._writer.transport.abort()  # nothing that still waits to be written is of use to anybody
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(LinkLost("the connection ended before the answer"))
                answer.exception()  # taken note of, also where its asker has gone
        self._waiting.clear()

    async def _listen(self) -> str:
        silent = False
        while True:
            try:
                async with asyncio.timeout(self._watchdog):
                    octets = await self._read()
            except TimeoutError:
                if silent or self._leaving:
                    return "the peer has fallen silent"
                silent = True
                state = avp(codec.ORIGIN_STATE_ID, self._us.state)
                self._write(self._numbered(codec.WATCHDOG, [*self._us.avps(), state]))
                continue
            silent = False
            self._take(octets)

    async def _read(self) -> bytes:
        """One packet; what was read of it is kept if this is cancelled in the middle."""
        if self._head is None:
            self._head = await self._reader.readexactly(codec.LENGTH_OCTETS)
        rest = await self._reader.readexactly(codec.length_of(self._head) - codec.LENGTH_OCTETS)
        head, self._head = self._head, None
        return head + rest

    def _take(self, octets: bytes) -> None:
        header = codec.header_of(octets)
        if header.request:
            self._answer(codec.decode(octets))
        elif (waiting := self._waiting.get(header.hop_by_hop)) and not waiting.done():
            waiting.set_result(octets)  # what nobody waits for any more came too late, and is asked for again

    def _answer(self, request: Packet) -> None:
        """A peer's own requests: its watchdog, its leaving; all others are none that we know."""
        known = request.command in {codec.WATCHDOG, codec.DISCONNECT}
        result = codec.SUCCESS if known else codec.COMMAND_UNSUPPORTED
        session = codec.values(request.avps, codec.SESSION_ID)
        avps = [*(avp(codec.SESSION_ID, one) for one in session), avp(codec.RESULT_CODE, result), *self._us.avps()]
        self._write(request.answer(avps, error=not known))
        if request.command == codec.DISCONNECT:
            self._leaving = True

    def _awaited(self, packet: Packet) -> Future[bytes]:
        answer: Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[packet.hop_by_hop] = answer
        return answer

    def _numbered(self, command: int, avps: Sequence[Any]) -> Packet:
        hop = self._next_hop()
        return Packet(command, codec.BASE, tuple(avps), hop_by_hop=hop, end_to_end=hop)

    def _next_hop(self) -> int:
        self._hop = self._hop % _LARGEST_HOP + 1
        return self._hop

    def _write(self, packet: Packet) -> None:
        self._writer.write(codec.encode(packet))


def _applications(avps: Sequence[Any]) -> set[int]:
    """What a peer says it speaks, in either place."""
    specific = codec.values(avps, codec.VENDOR_SPECIFIC_APPLICATION)
    return {number for part in (avps, *specific) for number in codec.values(part, codec.AUTH_APPLICATION)}
