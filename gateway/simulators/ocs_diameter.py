"""The Diameter port of the simulated charging system: lets in every peer, hands requests to the server behind."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter

from gateway.errors import listening
from gateway.ocs import diameter_codec as codec
from gateway.ocs import diameter_wire as wire
from gateway.ocs.diameter_codec import Packet, UnreadablePacket, avp
from gateway.simulators.ocs_credit_control import CreditControl, origin, plain
from gateway.simulators.ocs_desk import Desk, NoAnswer

_TURNS_TO_CONNECT = 2
"""Of the event loop, until a socket that was just accepted is a connection, which can be closed."""


class DiameterPort:
    """Listens for peers (RFC 6733 §5); ``start`` and ``stop`` it as often as wanted, it keeps what it has seen."""

    def __init__(self, desk: Desk) -> None:
        self._credit_control = CreditControl(desk)
        self._server: asyncio.Server | None = None
        self._open: dict[StreamWriter, asyncio.Task[None]] = {}

    async def start(self, host: str, port: int) -> int:
        """Listen, if it does not yet; on which port. Raises PortInUse, CannotListen."""
        if self._server is None:
            with listening(host, port, "charging system, Diameter"):
                self._server = await asyncio.start_server(self._let_in, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close the port and every connection, those included that were let in this very moment."""
        if self._server:
            loop = asyncio.get_running_loop()
            for listener in self._server.sockets:
                loop.remove_reader(listener)
            for _ in range(_TURNS_TO_CONNECT):  # a server that closes earlier loses the socket, and it stays open
                await asyncio.sleep(0)
            self._server.close()
            self._server = None
        for writer in self._open:
            writer.transport.abort()
        await asyncio.gather(*self._open.values())

    def _let_in(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Known from here on, whether or not its task gets to run before ``stop``."""
        self._open[writer] = asyncio.create_task(self._serve(reader, writer), name="diameter peer of the simulator")

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        answers: set[asyncio.Task[None]] = set()
        try:
            while True:
                packet = codec.decode(await _read(reader))
                if packet.request:
                    answer = asyncio.create_task(self._answer(packet, writer))
                    answers.add(answer)
                    answer.add_done_callback(answers.discard)
        except (OSError, EOFError, UnreadablePacket):
            pass  # the peer has gone, or does not speak Diameter
        finally:
            for answer in answers:
                answer.cancel()
            writer.transport.abort()
            del self._open[writer]

    async def _answer(self, request: Packet, writer: StreamWriter) -> None:
        """Answer one request; a fault closes the connection instead."""
        try:
            answer = await self._answer_to(request, writer)
        except NoAnswer:
            writer.transport.abort()
            return
        if not writer.is_closing():
            writer.write(codec.encode(answer))

    async def _answer_to(self, request: Packet, writer: StreamWriter) -> Packet:
        match request.command:
            case codec.CREDIT_CONTROL:
                return await self._credit_control.answer(request)
            case codec.CAPABILITIES:
                return _capabilities(request, writer)
            case codec.WATCHDOG | codec.DISCONNECT:
                return request.answer([avp(codec.RESULT_CODE, codec.SUCCESS), *origin()])
            case _:
                return plain(request, codec.COMMAND_UNSUPPORTED)


async def _read(reader: StreamReader) -> bytes:
    head = await reader.readexactly(codec.LENGTH_OCTETS)
    return head + await reader.readexactly(codec.length_of(head) - codec.LENGTH_OCTETS)


def _capabilities(request: Packet, writer: StreamWriter) -> Packet:
    address = writer.get_extra_info("sockname")[0]
    about = [
        avp(codec.RESULT_CODE, codec.SUCCESS),
        *origin(),
        avp(codec.HOST_IP_ADDRESS, address),
        avp(codec.VENDOR_ID, 0),
        avp(codec.PRODUCT_NAME, "Chasqui simulator"),
        avp(codec.SUPPORTED_VENDOR, wire.TGPP),
        avp(codec.AUTH_APPLICATION, codec.CREDIT_CONTROL_APPLICATION),
    ]
    return request.answer(about)
