"""Our SMSC side with an ESME that others wrote: Kannel sends, gets receipts, texts, and USSD by its TLV."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from fakes import ANA, eventually
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
