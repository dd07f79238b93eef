"""Our SMSC side with an ESME that others wrote: Kannel sends, gets receipts, texts, and USSD by its TLV."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from fakes import ANA, eventually
from gateway.simulators.smsc import SmscSimulator
from gateway.simulators.smsc_faults import Faults
from gateway.smpp.pdu import Message, tlv
from gateway.smpp.server import Esme, SubmitReply
from kannel import SECONDS, Kannel, kannel

pytestmark = pytest.mark.peer


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Kannel]:
    """Kannel at a simulator."""
    async with kannel(tmp_path) as it:
        yield it


async def control(here: Kannel, path: str, **what: object) -> None:
    """Tell the simulator's phones something."""
    url = f"http://127.0.0.1:{here.smsc.control_port}{path}"
    async with here.http.post(url, json={"from": ANA, **what}) as answer:
        assert (answer.status, (await answer.json())["status"]) == (202, "ESME_ROK")


def tlvs(meta: str) -> dict[str, list[str]]:
    """The TLVs in Kannel's meta-data, ``?smpp?name=value&…``."""
    return parse_qs(meta.removeprefix("?smpp?"), encoding="latin-1")


async def test_a_text_reaches_the_phone_and_its_receipt_comes_back(here: Kannel) -> None:
    """Kannel finds its message by our id."""
    url = f"http://127.0.0.1:{here.answers}/receipt?state=%d&answer=%A"
    assert "Accepted" in await here.send(ANA, "Hola, 1 GB por $3.000", dlr_mask="31", dlr_url=url)
    states = [(await here.next("/receipt"))["state"] for _ in range(2)]
    assert states == ["8", "1"]  # taken by the SMSC, then delivered
    (message,) = here.smsc.messages
    assert (message["to"], message["from"], message["text"]) == (ANA, "12345", "Hola, 1 GB por $3.000")


async def test_a_long_text_is_one_again_on_the_phone(here: Kannel) -> None:
    """Kannel splits it."""
    text = "abcdefghij" * 40
    await here.send(ANA, text)
    await eventually(lambda: bool(here.smsc.messages), SECONDS)
    assert (here.smsc.messages[0]["text"], here.smsc.messages[0]["parts"]) == (text, 3)


@pytest.mark.parametrize("style", ["standard", "seconds", "letters", "short", "tlv"])
async def test_kannel_reads_what_became_of_a_text(here: Kannel, style: str) -> None:
    """However the receipt is written: it failed."""
    here.smsc.set_faults(Faults(failed=1.0, receipt_style=style))
    url = f"http://127.0.0.1:{here.answers}/receipt?state=%d"
    await here.send(ANA, "hola", dlr_mask="31", dlr_url=url)
    assert [(await here.next("/receipt"))["state"] for _ in range(2)] == ["8", "2"]
    assert here.smsc.messages == []


async def test_kannel_is_throttled_and_comes_again(here: Kannel) -> None:
    """The text arrives, once."""
    here.smsc.set_faults(Faults(throttle=1))
    await here.send(ANA, "hola")
    await eventually(lambda: bool(here.smsc.messages), SECONDS)
    assert here.smsc.counts()["throttled"] == 1
    assert [message["text"] for message in here.smsc.messages] == ["hola"]


async def test_kannel_comes_back_after_a_restart(here: Kannel) -> None:
    """We say unbind, it answers and binds again; what is sent meanwhile arrives."""
    here.smsc.set_faults(Faults(restart=True))
    await eventually(lambda: not here.smsc.binds(), SECONDS)
    await here.send(ANA, "hola")
    await eventually(lambda: bool(here.smsc.binds()), SECONDS)
    await eventually(lambda: bool(here.smsc.messages), SECONDS)


async def test_a_tlv_of_kannels_reaches_the_smsc_as_octets(here: Kannel) -> None:
    """A regulator's template, which nobody on the way needs to know."""
    seen: list[bytes | None] = []
    here.smsc._server.handler = Watched(here.smsc, seen)
    await here.send(ANA, "hola", meta_data="?smpp?template=1207161234567890123")
    await eventually(lambda: bool(here.smsc.messages), SECONDS)
    assert seen == [b"1207161234567890123"]


class Watched:
    """Takes what the simulator takes, and notes the TLV of each."""

    def __init__(self, smsc: SmscSimulator, seen: list[bytes | None]) -> None:
        self._smsc = smsc
        self._seen = seen

    def submit(self, esme: Esme, message: Message) -> SubmitReply | None:
        """See ``SubmitHandler``."""
        self._seen.append(tlv(message.tlvs, 0x1401))
        return self._smsc.submit(esme, message)


@pytest.mark.parametrize("text", ["SI", "mañana à las 3", "abcdefghij" * 20])
async def test_a_text_from_a_phone_is_fetched_by_kannels_service(here: Kannel, text: str) -> None:
    """Also one in parts; acknowledged."""
    sent = asyncio.create_task(control(here, "/mo", to="12345", text=text))
    query = await here.next("/mo")
    assert (query["from"].lstrip("+"), query["to"]) == (ANA, "12345")
    assert len(query["text"]) >= min(len(text), 153)
    await sent


async def test_kannel_is_dialled_and_answers_by_tlv(here: Kannel) -> None:
    """ussd_service_op and its_session_info go both ways as octets."""
    await control(here, "/ussd?timeout=0", service="*123#")
    heard = tlvs((await here.next("/mo"))["meta"])
    assert heard["uso"] == ["\x01"]  # this Kannel hands an integer on as its octet
    info = heard["its"][0].encode("latin-1")
    meta = f"?smpp?uso=2&its={''.join(f'%{octet:02x}' for octet in info)}"
    await here.send(ANA, "1. Comprar", meta_data=meta)
    await eventually(lambda: bool(here.smsc.ussd.screens), SECONDS)
    screen = here.smsc.ussd.screens[0]
    assert (screen["op"], screen["text"], screen["pushed"], screen["ends"]) == (2, "1. Comprar", False, False)
    await control(here, "/ussd?timeout=0", session=screen["session"], text="1")
    answer = await here.next("/mo")
    assert (answer["text"], tlvs(answer["meta"])["uso"]) == ("1", ["\x12"])
    assert here.smsc.messages == []
