"""Phones of the SMSC simulator with a USSD session, over its control API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import aiohttp
import pytest

from fakes import FakeInbox
from gateway.simulators.smsc import SmscSimulator
from gateway.smpp.client import SmppClient
from gateway.smpp.pdu import Message, Response, Tlv, format_message, tlv
from gateway.smpp.session import Answer, Session
from gateway.smpp.settings import SmppSettings
from gateway.smpp.vocabulary import ITS_SESSION_INFO, USSD_SERVICE_OP, Command, Status

ANA = "573001112233"
_T = TypeVar("_T")


async def within(work: Awaitable[_T]) -> _T:
    """The result of ``work``; fails the test when it takes too long."""
    async with asyncio.timeout(5):
        return await work


@dataclass(slots=True)
class Esme:
    """Takes note of what phones say."""

    heard: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)
    status: int = Status.OK

    def takes(self, message: Message) -> bool:
        """All of it."""
        return True

    def take(self, session: Session, message: Message) -> None:
        """Answer with ``status``."""
        self.heard.put_nowait(message)
        session.respond(message, self.status, b"\0")

    def link_lost(self) -> None:
        """Nothing is under way."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A simulator, an ESME at it, and its control API."""

    simulator: SmscSimulator
    client: SmppClient
    esme: Esme
    http: aiohttp.ClientSession

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Status and document of a control request."""
        url = f"http://127.0.0.1:{self.simulator.control_port}{path}"
        async with self.http.request(method, url, json=body) as response:
            return response.status, await response.json(content_type=None)

    async def submit(self, text: bytes, op: int, info: bytes) -> int:
        """Send a screen to Ana; the status."""
        tlvs: tuple[Tlv, ...] = ((USSD_SERVICE_OP, bytes((op,))), (ITS_SESSION_INFO, info))
        body = format_message(Message(Command.SUBMIT_SM, 0, 3, 0, "12345", 1, 1, ANA, text, 0x0F, tlvs=tlvs))
        answered: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self.client.submit_urgent(body, answered.set_result)
        answer = await within(answered)
        assert isinstance(answer, Response)
        return answer.status


@pytest.fixture
async def it() -> AsyncIterator[Bench]:
    """All of it on free ports."""
    simulator, esme = SmscSimulator(0, 0), Esme()
    await simulator.start()
    client = SmppClient(SmppSettings("a", "127.0.0.1", simulator.port, "menu", "secret", tps=0), FakeInbox())
    client.ussd = esme
    await client.start()
    async with aiohttp.ClientSession() as http:
        try:
            await within(client.wait_ready())
            yield Bench(simulator, client, esme, http)
        finally:
            await client.stop(1.0)
            await simulator.stop()


def ops(message: Message) -> tuple[bytes | None, bytes | None]:
    """ussd_service_op and its_session_info."""
    return tlv(message.tlvs, USSD_SERVICE_OP), tlv(message.tlvs, ITS_SESSION_INFO)


async def test_a_phone_dials_answers_and_hangs_up(it: Bench) -> None:
    """Each on the wire as the specification has it; the sequence counts what the phone said."""
    dialling = asyncio.create_task(it.ask("POST", "/ussd", {"from": f"+{ANA}", "service": "*123#", "text": "4"}))
    dialled = await within(it.esme.heard.get())
    assert (dialled.source, dialled.user_data, dialled.service_type) == (ANA, b"*123*4#", "USSD")
    assert ops(dialled) == (b"\x01", b"\x00\x00")
    assert await it.submit(b"Hola", 2, b"\x00\x00") == Status.OK
    status, said = await dialling
    assert (status, said["session"], said["status"], said["screen"]["text"]) == (202, 0, "ESME_ROK", "Hola")
    await it.ask("POST", "/ussd?timeout=0", {"from": ANA, "session": 0, "text": "да"})
    answered = await within(it.esme.heard.get())
    assert (ops(answered), answered.data_coding) == ((b"\x12", b"\x00\x02"), 0x48)
    await it.ask("POST", "/ussd", {"from": ANA, "session": 0, "release": True})
    assert ops(await within(it.esme.heard.get())) == (b"\x12", b"\x00\x05")
    assert (await it.ask("POST", "/ussd", {"from": ANA, "session": 0, "text": "1"}))[0] == 409


async def test_screens_are_listed_and_waited_for(it: Bench) -> None:
    """Pushed ones too; a notification is confirmed by the phone, and over."""
    waiting = asyncio.create_task(it.ask("GET", "/ussd?timeout=5"))
    assert await it.submit(b"1 GB?", 2, b"\x63\x00") == Status.OK
    (screen,) = (await within(waiting))[1]
    assert (screen["n"], screen["to"], screen["session"], screen["pushed"], screen["ends"]) == (1, ANA, 99, True, False)
    assert await it.submit(b"Listo", 3, b"\x64\x00") == Status.OK
    assert ops(await within(it.esme.heard.get())) == (b"\x13", b"\x64\x00")
    (notified,) = (await it.ask("GET", "/ussd?after=1"))[1]
    assert (notified["text"], notified["ends"], it.simulator.messages) == ("Listo", True, [])


async def test_a_session_that_nobody_has_cannot_be_ended_or_go_on(it: Bench) -> None:
    """As at a network whose subscriber hung up."""
    assert await it.submit(b"Adios", 17, b"\x07\x01") == Status.INVALID_TLV_VALUE


async def test_a_push_can_be_made_to_fail(it: Bench) -> None:
    """The rest goes on."""
    assert (await it.ask("PUT", "/faults", {"push_status": 0x400}))[0] == 200
    assert await it.submit(b"1 GB?", 2, b"\x63\x00") == 0x400
    asyncio.get_running_loop().create_task(it.ask("POST", "/ussd?timeout=0", {"from": ANA, "service": "*123#"}))
    info = ops(await within(it.esme.heard.get()))[1]
    assert info is not None
    assert await it.submit(b"Hola", 2, info) == Status.OK


async def test_the_same_delivery_many_times_and_how_each_was_taken(it: Bench) -> None:
    """Without waiting for a screen where none was taken."""
    it.esme.status = Status.TEMPORARY_APP_ERROR
    _, said = await within(it.ask("POST", "/ussd", {"from": ANA, "service": "*123#", "repeat": 3}))
    assert (said["statuses"], said["screen"]) == (["ESME_RX_T_APPN"] * 3, None)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"service": "*123#"}, 400),
        ({"from": ANA}, 400),
        ({"from": ANA, "session": "x", "text": "1"}, 400),
        ({"from": ANA, "session": 9, "text": "1"}, 409),
        ({"from": ANA, "service": "*123#", "repeat": 0}, 400),
        ({"from": ANA, "service": "*123#", "bind": "nobody"}, 503),
        ([], 400),
    ],
)
async def test_what_cannot_be_done_is_told_in_a_problem_document(it: Bench, body: object, status: int) -> None:
    """As everywhere in the control API."""
    found, problem = await it.ask("POST", "/ussd", body)
    assert (found, problem["status"]) == (status, status)
