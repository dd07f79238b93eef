"""``*123#`` over the real wires: the aggregator's form in, the charging system and the SMSC behind."""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from time import perf_counter
from urllib.parse import urlencode

import pytest

from fakes import ANA, BEN, NUMBER
from running import Town, town

FORM = {"phoneNumber": f"+{ANA}", "networkCode": "73201", "serviceCode": "*123#", "text": ""}


@pytest.fixture
async def here(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway between both simulators."""
    async with town(tmp_path, migrated) as it:
        yield it


async def hop(here: Town, text: str, session: str = "at-1", path: str = "", **fields: str) -> tuple[int, str]:
    """One hop; status and answer."""
    form = {**FORM, "sessionId": session, "text": text, **fields}
    async with here.http.post(f"{here.url}/ussd/africastalking{path}", data=form) as answer:
        assert answer.content_type == "text/plain"
        return answer.status, await answer.text()


async def test_a_bundle_is_dialled_charged_once_and_confirmed(here: Town) -> None:
    """In the session and by SMS; the order tells its channel."""
    for text in ("", "2", "2*4"):
        status, shown = await hop(here, text)
        assert (status, shown[:4]) == (200, "CON "), shown
    answers = {await answer for answer in asyncio.as_completed([hop(here, "2*4*1") for _ in range(20)])}
    ((status, shown),) = answers
    assert (status, shown[:9]) == (200, "END Listo")
    (entry,) = await here.ledger(ANA, 1)
    assert entry["amount"] == 300_000
    assert (await here.texts())[0].startswith("Listo: 1 GB")
    (order,) = await here.items("orders")
    assert (order["state"], order["channel"]) == ("confirmed", "ussd")


async def test_an_offer_by_sms_is_accepted_by_ussd_and_the_sms_answer_is_told(here: Town) -> None:
    """One order, one charge."""
    await here.offer()
    assert (await hop(here, "3", "at-2"))[1].startswith("CON Para ti: ")
    assert (await hop(here, "3*1", "at-2"))[1].startswith("END Listo")
    await here.ledger(ANA, 1)
    await here.texts(number=2)
    await here.smsc.send_mo(ANA, NUMBER, "1")
    assert (await here.texts(number=3))[2].startswith("Ya compraste")
    assert len(await here.ledger(ANA)) == 1


async def test_consents_are_read_by_care_and_by_nobody_else(here: Town) -> None:
    """With the screens exactly as shown."""
    await hop(here, "5")
    asked = (await hop(here, "5*1"))[1].removeprefix("CON ")
    confirmed = (await hop(here, "5*1*1"))[1].removeprefix("CON ")
    await hop(here, "5*1*1*1")
    status, document = await here.call("GET", f"subscribers/{ANA}/consents")
    (record,) = document["items"]
    assert (status, record["event"], record["prompts"]) == (200, "given", [asked, confirmed])
    assert (record["channel"], record["session"], record["menu"]) == ("ussd", "at-1", "main")
    assert (await here.call("GET", f"subscribers/{ANA}/consents", role="app"))[0] == 403


async def test_care_sees_where_an_open_session_stands(here: Town) -> None:
    """Until it ends."""
    await hop(here, "")
    await hop(here, "2")
    _, profile = await here.call("GET", f"subscribers/{ANA}")
    session = profile["session"]
    assert (session["channel"], session["menu"], session["page"], session["turns"]) == ("ussd", "main", "buy", 2)
    await hop(here, "2*4")
    await hop(here, "2*4*1")
    assert (await here.call("GET", f"subscribers/{ANA}"))[1]["session"] is None


BAD = {
    "no session": ({"sessionId": ""}, 400),
    "no number": ({"phoneNumber": ""}, 400),
    "not a number": ({"phoneNumber": "PROMO"}, 400),
    "no code": ({"serviceCode": ""}, 400),
    "unknown code": ({"serviceCode": "*999#"}, 200),
    "long text": ({"text": "1" * 5000}, 400),
    "100 kB": ({"text": "1" * 100_000}, 413),
}


@pytest.mark.parametrize("name", BAD)
async def test_what_is_wrong_is_answered_in_the_dialect_at_once_and_logged_without_the_number(
    here: Town, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Once, and nothing is kept."""
    fields, wanted = BAD[name]
    caplog.set_level(logging.WARNING)
    began = perf_counter()
    status, shown = await hop(here, **{"text": "", "session": "at-9", **fields})
    assert perf_counter() - began < 1
    assert (status, shown[:4]) == (wanted, "END ")
    told = [record.getMessage() for record in caplog.records if record.name.startswith("gateway.ussd")]
    assert len(told) == 1
    assert not any(ANA[2:] in line for line in told)


@pytest.mark.parametrize("said", ["7", "#", "2#", "*", "1\0\0x", "\N{PILE OF POO}", "x" * 300, "{balance}", "%s"])
async def test_any_input_is_answered_and_the_session_goes_on(here: Town, said: str) -> None:
    """With a word about it, never with an error."""
    await hop(here, "")
    status, shown = await hop(here, said)
    assert status == 200
    assert "No entendi" in shown
    assert (await hop(here, f"{said}*4"))[1].startswith("CON Mi linea")


@pytest.mark.parametrize("body", [b"\xff\xfe", b"sessionId=%ff", b"{}", b"", b"\0" * 50])
async def test_bytes_that_are_no_form_are_answered_too(here: Town, body: bytes) -> None:
    """Broken UTF-8, JSON, nothing."""
    async with here.http.post(f"{here.url}/ussd/africastalking", data=body) as answer:
        assert answer.status == 400
        assert (await answer.text()).startswith("END ")


@pytest.mark.parametrize("size", [100_000, 3_000_000])
async def test_a_long_request_that_does_not_say_how_long_is_refused_too(here: Town, size: int) -> None:
    """In the dialect's words, also beyond what any request of the gateway may have."""

    async def body() -> AsyncIterator[bytes]:
        for _ in range(size // 10_000):
            yield b"x" * 10_000

    async with here.http.post(f"{here.url}/ussd/africastalking", data=body()) as answer:
        assert answer.status == 413
        assert (await answer.text()).startswith("END ")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "foo"])
async def test_a_body_that_is_not_packed_as_it_says_is_no_hop(
    here: Town, coding: str, caplog: pytest.LogCaptureFixture
) -> None:
    """In the dialect's words, and without a traceback."""
    headers = {"Content-Encoding": coding}
    async with here.http.post(f"{here.url}/ussd/africastalking", data=b"sessionId=at-1", headers=headers) as answer:
        assert answer.status == 400
        assert (await answer.text()).startswith("END ")
    assert not any(record.exc_info for record in caplog.records)


async def test_a_packed_hop_is_unpacked(here: Town) -> None:
    """As every server does that says nothing of it."""
    body = gzip.compress(urlencode({**FORM, "sessionId": "at-z"}).encode())
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/x-www-form-urlencoded"}
    async with here.http.post(f"{here.url}/ussd/africastalking", data=body, headers=headers) as answer:
        assert (answer.status, (await answer.text())[:4]) == (200, "CON ")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "http://[", "http://127.0.0.1"])
async def test_a_page_of_another_origin_cannot_dial(here: Town, origin: str) -> None:
    """A form can be sent from any web page that is open on this machine."""
    form = {**FORM, "sessionId": "at-x"}
    headers = {"Origin": origin}
    async with here.http.post(f"{here.url}/ussd/africastalking", data=form, headers=headers) as answer:
        assert answer.status == 403
        assert (await answer.text()).startswith("END ")


async def test_another_number_in_the_same_session_is_refused(here: Town) -> None:
    """And the session goes on for whom it belongs to."""
    await hop(here, "")
    assert (await hop(here, "4", phoneNumber=f"+{BEN}"))[1].startswith("END ")
    assert (await hop(here, "4"))[1].startswith("CON Mi linea")


async def test_the_end_of_a_session_is_taken_note_of(here: Town) -> None:
    """And counted by the network's word for it."""
    await hop(here, "")
    form = {"sessionId": "at-1", "status": "Incomplete", "phoneNumber": f"+{ANA}", "hopsCount": "1"}
    async with here.http.post(f"{here.url}/ussd/africastalking/events", data=form) as answer:
        assert (answer.status, await answer.text()) == (200, "")
    assert 'outcome="ended_incomplete"' in await here.metrics()


async def test_a_door_with_a_token_asks_for_it(tmp_path: Path, migrated: Path) -> None:
    """In the path or as a bearer token."""
    door = '[[doors]]\nname = "at"\ndialect = "africastalking"\ntoken = "s3cret"\nmax_septets = 120\n'
    async with town(tmp_path, migrated, more=door) as here:
        assert (await hop(here, ""))[0] == 403
        assert (await hop(here, "", path="/wrong"))[0] == 403
        status, shown = await hop(here, "2", path="/s3cret")
        assert status == 200
        assert len(shown.removeprefix("CON ")) <= 120


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example:8080", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("", 403),
        ("[", 403),
        ("x" * 5000, 403),
        ("LOCALHOST:1", 200),
        ("127.0.0.1", 200),
        ("[::1]:8080", 200),
    ],
)
async def test_another_name_that_leads_here_is_another_origin(here: Town, host: str, status: int) -> None:
    """A page that is told a new address of its own name speaks for nobody on this machine."""
    form = {**FORM, "sessionId": "at-h"}
    async with here.http.post(f"{here.url}/ussd/africastalking", data=form, headers={"Host": host}) as answer:
        assert answer.status == status
    event = {"Content-Type": "application/cloudevents+json"}
    async with here.http.post(f"{here.url}/triggers", json={}, headers={"Host": host, **event}) as answer:
        assert answer.status == (403 if status == 403 else 422)
    refused = 'chasqui_refused_knocks_total{dialect="africastalking",reason="origin"} 1.0'
    assert (refused in await here.metrics()) == (status == 403)
