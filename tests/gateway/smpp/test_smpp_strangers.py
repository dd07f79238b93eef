"""Strangers at our ports: what they send, keep open or do not read costs no bind anything."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from contextlib import suppress
from pathlib import Path

import pytest
from certificates import authority, signed, trusting
from smpp_fakes import asked, wired, within

from fakes import eventually
from gateway.smpp import writing
from gateway.smpp.pdu import format_pdu
from gateway.smpp.vocabulary import Command


async def test_silent_strangers_keep_no_smsc_out_of_the_port_for_outbind() -> None:
    """The one that has been silent for the longest makes room."""
    async with asked(bind="receiver") as (server, smsc, client, _):
        port = client.outbind_port or 0
        strangers = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
        await server.outbind("127.0.0.1", port, "chasqui", "secret")
        await within(smsc.bound.get())
        assert [await within(reader.read()) for reader, _ in strangers[:12]] == [b""] * 12
        for _, writer in strangers:
            writer.close()


async def test_handshakes_that_fail_keep_no_smsc_out_of_the_port_for_outbind(tmp_path: Path) -> None:
    """However many there were."""
    ca = authority(tmp_path, "ca")
    ours = signed(tmp_path, "gateway", ca)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ours.certificate_file, ours.key_file)
    async with asked(context, bind="receiver") as (server, smsc, client, _):
        for _ in range(20):
            reader, writer = await asyncio.open_connection("127.0.0.1", client.outbind_port or 0)
            writer.write(b"no TLS at all")
            await within(reader.read())
            writer.close()
        await server.outbind("127.0.0.1", client.outbind_port or 0, "chasqui", "secret", ssl_context=trusting(ca))
        await within(smsc.bound.get())


async def test_who_knows_the_words_gets_eight_links_at_once(caplog: pytest.LogCaptureFixture) -> None:
    """The ninth is refused, until one of them goes."""
    async with asked(bind="receiver") as (server, smsc, client, _):
        port = client.outbind_port or 0
        for _ in range(8):
            await server.outbind("127.0.0.1", port, "chasqui", "secret")
            await within(smsc.bound.get())
        await server.outbind("127.0.0.1", port, "chasqui", "secret")
        await eventually(lambda: "8 such links are open already" in caplog.text)
        assert len(server.esmes) == 8
        server.esmes[0].session.abort("dropped")
        await eventually(lambda: len(client._links.up) == 7)
        await server.outbind("127.0.0.1", port, "chasqui", "secret")
        await within(smsc.bound.get())


async def test_who_sends_much_and_binds_nothing_is_let_go() -> None:
    """Whether lengths that are none or enquire_link: the loop that carries all binds has better to do."""
    async with asked() as (_, smsc, client, _):
        await within(smsc.bound.get())
        for flooded in (struct.pack(">I", 4), format_pdu(Command.ENQUIRE_LINK, 0, 1)):
            reader, writer = await asyncio.open_connection("127.0.0.1", client.outbind_port or 0)
            writer.write(flooded * 10_000)
            with suppress(ConnectionError):
                await within(reader.read())
            writer.close()
        assert client.counters.session.bad_pdus < 1_000
        assert client.bound


async def test_who_does_not_read_the_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """An end that waits for a reader would never come, nor a new connection after it."""
    monkeypatch.setattr(writing, "_LINGER", 0.05)
    async with wired() as wire:
        esme = wire.esme
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.setblocking(False)
            await asyncio.get_running_loop().sock_connect(deaf, ("127.0.0.1", wire.server.port))
            await eventually(lambda: len(wire.server._esmes) == 2)
            (other,) = (one for one in wire.server._esmes if one is not esme)
            writer = other.session._writer
            for _ in range(1_000):
                other.session.write_raw(bytes(8_000))
                writer._flush()
                if writer._transport is not None and writer._transport.get_write_buffer_size():
                    break
            other.session.close("over")
            await eventually(lambda: len(wire.server._esmes) == 1)
