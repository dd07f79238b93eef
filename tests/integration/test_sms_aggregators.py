"""Texts by way of a real Kannel: out by its sendsms and over SMPP to the phone; answers and receipts to our doors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from aiohttp import web

from aggregators import WIRES, account, serve, text
from fakes import ANA, NUMBER, FakeInbox, eventually, submitted
from gateway.config.tree import DoorConfig
from gateway.core.doors import Doors
from gateway.core.ports import Delivery, DeliveryReceipt, MobileOriginated, SubmitRefused, Submitted
from gateway.core.problems import middleware
from gateway.errors import StoreUnavailable
from gateway.simulators.smsc_faults import Faults
from gateway.sms.routes import SmsRoutes
from gateway.sms.sender import AggregatorSender
from gateway.telemetry import Metrics
from kannel import SECONDS, Kannel, kannel

pytestmark = pytest.mark.peer
_TOKEN = "t0k3n"


class Refusing(FakeInbox):
    """Remembers what it did not keep."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[Delivery] = []

    async def take(self, deliveries: Sequence[Delivery]) -> Sequence[Exception | None]:
        outcomes = await super().take(deliveries)
        self.refused += [one for one, outcome in zip(deliveries, outcomes, strict=True) if outcome is not None]
        return outcomes


@dataclass(slots=True)
class Here:
    """Kannel, our account with it, and what came in."""

    kannel: Kannel
    sender: AggregatorSender
    inbox: Refusing

    async def mo(self, body: str) -> int:
        """A phone sends this text; how Kannel took it."""
        url = f"http://127.0.0.1:{self.kannel.smsc.control_port}/mo"
        async with self.kannel.http.post(url, json={"from": ANA, "to": NUMBER, "text": body}) as answer:
            return answer.status

    async def heard(self) -> MobileOriginated:
        """The next text that came in."""
        async with asyncio.timeout(SECONDS):
            return await self.inbox.texts.get()

    async def told(self) -> DeliveryReceipt:
        """The next receipt that came in."""
        async with asyncio.timeout(SECONDS):
            return await self.inbox.receipts.get()


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Here]:
    """Kannel between our SMSC simulator and our doors."""
    async with AsyncExitStack() as stack:
        metrics, inbox = Metrics(), Refusing()
        sender = AggregatorSender(account("kannel", user="u", secret="p"), WIRES["kannel"], metrics)
        app = web.Application(middlewares=[middleware(metrics)])
        doors = Doors([DoorConfig("kannel", "kannel", token=_TOKEN)])
        SmsRoutes([sender], inbox, doors, metrics, "127.0.0.1").add_to(app)
        below = f"{await serve(stack, app)}/sms/kannel/{_TOKEN}"
        url = f"{below}?from=%p&to=%P&text=%b&charset=%C&id=%I"
        peer = await stack.enter_async_context(kannel(tmp_path, url))
        here = f"http://127.0.0.1:{peer.sendsms}"
        sender.account = replace(sender.account, url=here, receipts=f"{below}/receipts")
        await sender.start()
        stack.push_async_callback(sender.stop)
        yield Here(peer, sender, inbox)


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        ("Hola, 1 GB por $3.000: responde 1", 1),
        ("€ [x] ¿Qué? Ñandú @_", 1),
        ("Привет, Ана 🎉", 1),
        ("abcdefghij" * 40, 3),
        ("Привет " * 20, 3),
    ],
)
async def test_a_text_reaches_the_phone_and_its_receipt_comes_back(here: Here, said: str, parts: int) -> None:
    """Whole, however many parts Kannel makes of it, and in the alphabet that it needs; told once."""
    outcome = await submitted(here.sender, text(said, id="01HWXYZ", validity_seconds=3600))
    assert outcome == Submitted("kannel-1", ("01HWXYZ",))
    receipt = await here.told()
    assert (receipt.smsc, receipt.message_id, receipt.state) == ("kannel-1", "01HWXYZ", "delivered")
    await eventually(lambda: bool(here.kannel.smsc.messages), SECONDS)  # one part's receipt may overtake the others
    (message,) = here.kannel.smsc.messages
    assert (message["to"], message["from"], message["parts"]) == (ANA, NUMBER, parts)
    assert message["text"] == said.replace("ú", "u")
    assert message["validity_period"]


async def test_a_long_number_leaves_as_international(here: Here) -> None:
    """Kannel reads the plus."""
    await submitted(here.sender, text(source="573110000000"))
    await eventually(lambda: bool(here.kannel.smsc.messages), SECONDS)
    (message,) = here.kannel.smsc.messages
    assert (message["from"], message["source_ton"], message["to"]) == ("573110000000", 1, ANA)


async def test_a_text_that_the_smsc_refuses_is_told_by_its_receipt(here: Here) -> None:
    """With the SMSC's status."""
    here.kannel.smsc.set_faults(Faults(status=0x0B))
    assert isinstance(await submitted(here.sender, text()), Submitted)
    receipt = await here.told()
    assert (receipt.message_id, receipt.state, receipt.error) == ("01MT", "failed", "0x0000000b")


@pytest.mark.parametrize("said", ["1", "SÍ", "mañana à las 3 & 50% + @", "Да, хочу 🎉", "  x  y ", "€"])
async def test_an_answer_from_the_phone_comes_in(here: Here, said: str) -> None:
    """Every character of it; and nothing goes back by itself."""
    assert await here.mo(said) == 202
    heard = await here.heard()
    assert (heard.smsc, heard.source, heard.destination) == ("kannel-1", ANA, NUMBER)
    assert heard.text == said.replace("Í", "I")
    assert heard.id
    assert here.kannel.smsc.messages == []


async def test_what_cannot_be_kept_comes_again_under_the_same_name(here: Here) -> None:
    """Texts and receipts; Kannel asks until it gets its 200."""
    here.inbox.failures.append(StoreUnavailable("away"))
    await here.mo("1")
    text_in = await here.heard()
    here.inbox.failures.append(StoreUnavailable("away"))
    await submitted(here.sender, text())
    assert here.inbox.refused == [text_in, await here.told()]


async def test_a_wrong_password_shuts_the_account(here: Here) -> None:
    """In Kannel's own words it is a 403."""
    here.sender.account = replace(here.sender.account, secret="wrong")
    outcome = await submitted(here.sender, text())
    assert isinstance(outcome, SubmitRefused)
    assert (outcome.status, outcome.refusal, here.sender.ready) == (403, "elsewhere", False)
