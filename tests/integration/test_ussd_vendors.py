"""Each USSD dialect over the real wires, driven by a client that knows its vendor's contract alone."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from copy import copy
from pathlib import Path
from time import perf_counter

import pytest
from vendor_clients import CLIENTS, FORM, JSON, XML, Airtel, Sent, Shown, VendorClient

from fakes import ANA, BEN
from running import Town, town

GIGABYTE = "1 GB por 7 dias"
ONE_OF_EACH = tuple({kind.dialect: kind for kind in reversed(CLIENTS)}.values())


@pytest.fixture
async def here(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway between both simulators."""
    async with town(tmp_path, migrated) as it:
        yield it


def every(kinds: tuple[type[VendorClient], ...] = CLIENTS) -> pytest.MarkDecorator:
    """A test for each vendor."""
    return pytest.mark.parametrize("kind", kinds, ids=lambda kind: kind.__name__)


def phone(here: Town, kind: type[VendorClient], msisdn: str = ANA, session: str = "77001") -> VendorClient:
    """A phone on this vendor's network."""
    return kind(here.http, here.url, msisdn, session)


async def choose(here: Town, client: VendorClient, shown: Shown, wanted: str) -> Shown:
    """The person reads, leafs on until a line says what they want, and types its number."""
    while not shown.key(wanted):
        assert shown.key("Mas"), shown.text
        here.clock.advance(seconds=4)
        shown = await client.answer(shown.key("Mas"))
    here.clock.advance(seconds=4)
    return await client.answer(shown.key(wanted))


async def asked_whether_to_buy(here: Town, client: VendorClient) -> Shown:
    """Dialled, and one step before buying."""
    shown = await choose(here, client, await client.dial(), "Comprar")
    shown = await choose(here, client, shown, GIGABYTE)
    assert "¿Lo compras?" in shown.text
    assert not shown.ends
    return shown


@every()
async def test_a_bundle_is_dialled_and_charged_once_however_often_the_last_hop_comes(
    here: Town, kind: type[VendorClient]
) -> None:
    """Twenty times at once, and once more: the same bytes."""
    client = phone(here, kind)
    asked = await asked_whether_to_buy(here, client)
    assert (await client.again()).body == asked.body
    here.clock.advance(seconds=4)
    client.said.append(asked.key("Comprar"))
    client.sent = client.later(client.said[-1])
    answers = await asyncio.gather(*(client.again() for _ in range(20)))
    assert len({answer.body for answer in answers}) == 1
    assert answers[0].ends
    assert answers[0].text.startswith("Listo")
    (entry,) = await here.ledger(ANA, 1)
    assert entry["amount"] == 300_000
    assert (await client.again()).body == answers[0].body
    here.clock.advance(seconds=30)
    assert (await client.again()).body == answers[0].body
    assert len(await here.ledger(ANA)) == 1
    (order,) = await here.items("orders")
    assert (order["state"], order["channel"]) == ("confirmed", "ussd")


@every()
async def test_a_first_hop_that_comes_again_is_answered_with_the_same_bytes(
    here: Town, kind: type[VendorClient]
) -> None:
    """Twenty times at once, and once more."""
    client = phone(here, kind)
    client.code = "*123#"
    client.sent = client.first()
    answers = {(await answer).body for answer in asyncio.as_completed([client.again() for _ in range(20)])}
    assert answers == {(await client.again()).body}


@every(tuple(kind for kind in CLIENTS if kind.knows_late_answers))
async def test_a_late_answer_is_answered_as_it_was_and_moves_nothing(here: Town, kind: type[VendorClient]) -> None:
    """Where the contract lets it be told from a new one."""
    client = phone(here, kind)
    menu = await client.dial()
    listed = await choose(here, client, menu, "Comprar")
    late = client.sent
    shown = await choose(here, client, listed, GIGABYTE)
    here.clock.advance(seconds=4)
    assert (await client.again(late)).body == listed.body
    done = await choose(here, client, shown, "Comprar")
    assert done.text.startswith("Listo")
    assert len(await here.ledger(ANA, 1)) == 1


@every(tuple(kind for kind in CLIENTS if kind.knows_late_dialling))
async def test_a_late_first_hop_is_answered_as_it_was_and_moves_nothing(here: Town, kind: type[VendorClient]) -> None:
    """Where the contract lets it be told from a new one."""
    client = phone(here, kind)
    menu = await client.dial()
    late = client.sent
    listed = await choose(here, client, menu, "Comprar")
    here.clock.advance(seconds=4)
    assert (await client.again(late)).body == menu.body
    assert "¿Lo compras?" in (await choose(here, client, listed, GIGABYTE)).text


@every()
async def test_whatever_comes_late_buys_nothing(here: Town, kind: type[VendorClient]) -> None:
    """All that was sent so far, once more, while the person is asked whether to buy."""
    client = phone(here, kind)
    sent = []
    shown = await client.dial()
    sent.append(client.sent)
    for wanted in ("Comprar", GIGABYTE):
        shown = await choose(here, client, shown, wanted)
        sent.append(client.sent)
    for late in sent:
        here.clock.advance(seconds=4)
        await client.again(late)
    assert await here.ledger(ANA) == []


@every(tuple(kind for kind in ONE_OF_EACH if kind.end is not VendorClient.end))
async def test_the_end_of_a_session_is_taken_note_of_in_the_vendors_form(here: Town, kind: type[VendorClient]) -> None:
    """Also of one that nobody knows; and the person may dial again."""
    client = phone(here, kind)
    for _ in range(2):
        end = client.end()
        assert end is not None
        answer = await client.knock(end)
        assert answer.status == 200
        client.ended(answer)
        await client.dial()
    here.clock.advance(seconds=4)
    again = phone(here, kind, session="77002")
    assert not (await again.dial()).ends
    assert f'dialect="{kind.dialect}",door="loopback",outcome="ended_' in await here.metrics()


@every()
async def test_an_answer_to_a_session_that_nobody_knows_is_told_so(here: Town, kind: type[VendorClient]) -> None:
    """In words that end it; a wire that repeats all that was said is known by what it repeats."""
    client = phone(here, kind)
    client.code = "*123#"
    if kind.dialect in ("africastalking", "safaricom"):
        assert "¿Qué paquete quieres?" in (await client.answer("2")).text
    else:
        shown = await client.answer("2")
        assert shown.ends
        assert shown.text.startswith("La sesi")
    assert await here.ledger(ANA) == []


@every(ONE_OF_EACH)
async def test_a_code_that_leads_nowhere_is_told_so(here: Town, kind: type[VendorClient]) -> None:
    """And ends the session."""
    shown = await phone(here, kind).dial("*999#")
    assert shown.ends
    assert shown.text


@every(ONE_OF_EACH)
async def test_a_code_is_dialled_with_what_stands_behind_it(here: Town, kind: type[VendorClient]) -> None:
    """Straight to a page."""
    straight = await phone(here, kind).dial("*123*4#")
    assert straight.text.startswith("Mi linea")


@every(tuple(kind for kind in ONE_OF_EACH if kind.dialect != "restcomm"))  # whose later hops have no number
async def test_another_number_in_a_session_is_refused(here: Town, kind: type[VendorClient]) -> None:
    """And the session goes on for whom it belongs to."""
    client = phone(here, kind)
    menu = await client.dial()
    here.clock.advance(seconds=4)
    other = copy(client)
    other.msisdn, other.said = BEN, []
    assert (await other.answer("1")).ends
    assert "¿Qué paquete quieres?" in (await choose(here, client, menu, "Comprar")).text


# ── what is no hop ──


BOMB = b'<!DOCTYPE ussd [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    b'<!ENTITY %c "&%c;&%c;&%c;&%c;">' % ((chr(98 + n).encode(),) + (chr(97 + n).encode(),) * 4) for n in range(12)
)
EVERYWHERE = {
    "nothing": b"",
    "broken UTF-8": b"\xff\xfe\xfd",
    "NUL": b"\0" * 100,
    "long": b"x" * 100_000,
}
ROTTEN: dict[str, dict[str, bytes]] = {
    JSON: EVERYWHERE
    | {
        "a list": b"[]",
        "NaN": b'{"SessionId": NaN}',
        "a deep list": b"[" * 8_000,
        "a deep object": b'{"a":' * 2_500,
        "broken within": b'{"SESSIONID": "\xff"}',
        "half a character": b'{"SESSIONID": "\\ud83d", "SessionId": "\\ud83d", "text": "\\ud83d"}',
        "no fields": b"{}",
    },
    XML: EVERYWHERE
    | {
        "no XML": b"sessionid=1",
        "not closed": b"<ussd>",
        "another root": b"<html/>",
        "an entity bomb": BOMB + b"]><ussd><msg>&m;</msg></ussd>",
        "a foreign DTD": b'<!DOCTYPE ussd SYSTEM "file:///etc/passwd"><ussd/>',
        "a foreign entity": b'<!DOCTYPE ussd [<!ENTITY x SYSTEM "file:///etc/passwd">]><ussd><msg>&x;</msg></ussd>',
        "deep": b"<ussd>" * 2_500,
        "wide": b"<ussd>" + b"<msg/>" * 2_500 + b"</ussd>",
        "no fields": b"<ussd/>",
        "an empty dialogue": b"<dialog/>",
    },
    FORM: {name: body for name, body in EVERYWHERE.items() if name != "nothing"}
    | {"broken within": b"SessionID=%ff&SESSION_ID=%ff", "many": b"&".join(b"a%d=1" % n for n in range(99))},
}
WIRES = {"hubtel": JSON, "nalo": JSON, "infobip": JSON, "restcomm": XML, "truroute": XML} | {
    "africastalking": FORM,
    "airtel": FORM,
    "safaricom": FORM,
}
FOREIGN = {JSON: (XML, FORM, "multipart/form-data; boundary=x"), XML: (JSON,), FORM: (JSON, XML)}


async def refused(client: VendorClient, sent: Sent, statuses: tuple[int, ...]) -> Shown:
    """The answer to what is no hop: in time, in the vendor's form, and an end."""
    began = perf_counter()
    answer = await client.knock(sent)
    assert perf_counter() - began < 1
    assert answer.status in statuses, answer
    shown = client.read(answer)
    assert shown.ends
    assert shown.text.startswith("Lo sentimos")
    return shown


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Each line of the USSD door, with all that is in it."""
    lines = [record for record in caplog.records if record.name.startswith("gateway.ussd")]
    return [json.dumps({**vars(record), "message": record.getMessage()}, default=str) for record in lines]


@every(ONE_OF_EACH)
async def test_what_is_no_hop_is_answered_in_the_dialect_at_once(
    here: Town, kind: type[VendorClient], caplog: pytest.LogCaptureFixture
) -> None:
    """And logged once."""
    caplog.set_level(logging.WARNING)
    media = WIRES[kind.dialect]
    client = phone(here, kind)
    path = client.first().path
    for name, body in ROTTEN[media].items():
        caplog.clear()
        await refused(client, Sent("POST", body, media, path), (400, 413))
        assert len(told(caplog)) == 1, name
    assert await here.ledger() == []


@every(tuple(kind for kind in ONE_OF_EACH if kind.dialect != "africastalking"))
async def test_a_content_type_that_cannot_be_the_vendors_is_refused(here: Town, kind: type[VendorClient]) -> None:
    """Whatever it brings."""
    client = phone(here, kind)
    client.code = "*123#"
    first = client.first()
    for media in FOREIGN[WIRES[kind.dialect]]:
        await refused(client, Sent("POST", first.body or b"?", media, first.path), (415,))


FIELDS = {
    "hubtel": ("SessionId", "Type", "Mobile"),
    "nalo": ("USERID", "MSISDN", "MSGTYPE", "SESSIONID"),
    "infobip": ("msisdn",),
    "airtel": ("SessionID", "MSISDN", "input"),
    "safaricom": ("ORIG", "DEST", "SESSION_ID", "USSD_PARAMS"),
    "restcomm": ("localId", "processUnstructuredSSRequest_Request"),
    "truroute": ("msisdn", "sessionid", "type", "msg"),
}


def without(sent: Sent, name: str) -> Sent:
    """The request with this field called otherwise."""
    body = sent.body.replace(name.encode(), b"unknown").replace(b"remoteId", b"unheard")
    query = {key: value for key, value in sent.query.items() if key != name}
    return Sent(sent.method, body, sent.media, sent.path, query, sent.headers)


@every(tuple(kind for kind in ONE_OF_EACH if kind.dialect in FIELDS))
async def test_a_missing_field_is_named_and_no_number_is(
    here: Town, kind: type[VendorClient], caplog: pytest.LogCaptureFixture
) -> None:
    """In the log; the vendor reads words that end the session."""
    caplog.set_level(logging.INFO)
    client = phone(here, kind)
    client.code = "*123#"
    for name in FIELDS[kind.dialect]:
        caplog.clear()
        await refused(client, without(client.first(), name), (400,))
        (line,) = told(caplog)
        assert ANA[2:] not in line


DOUBLED = {
    "hubtel": (b'"Type": "Initiation"', b'"Type": "Initiation", "Type": "Release", "type": "Query"'),
    "nalo": (b'"MSGTYPE": true', b'"MSGTYPE": true, "MSGTYPE": false'),
    "infobip": (b'"shortCode"', b'"text": "*123#", "text": "*9#", "shortCode"'),
    "restcomm": (b"<destinationReference", b'<msisdn number="1"/><destinationReference'),
    "truroute": (b"<type>1</type>", b"<type>1</type><type>3</type>"),
}


@every(tuple(kind for kind in ONE_OF_EACH if kind.dialect in DOUBLED))
async def test_of_two_fields_with_one_name_the_first_counts(here: Town, kind: type[VendorClient]) -> None:
    """As in a form."""
    client = phone(here, kind)
    client.code = "*123#"
    first = client.first()
    body = first.body.replace(*DOUBLED[kind.dialect])
    assert body != first.body
    shown = await client.again(Sent(first.method, body, first.media, first.path, first.query, first.headers))
    assert not shown.ends
    assert shown.text.startswith("Hola")


ODD = ("\N{PILE OF POO}", "1\x01x", "x" * 300, "<&\"'>", "*#", "{balance}", "%00", "-1")


@every(ONE_OF_EACH)
async def test_any_input_is_answered_and_the_session_goes_on(here: Town, kind: type[VendorClient]) -> None:
    """With a word about it, never with an error; what a document cannot carry is not sent."""
    for number, said in enumerate(ODD):
        client = phone(here, kind, session=f"78{number}")
        await client.dial()
        here.clock.advance(seconds=4)
        shown = await client.answer(said.replace("\x01", "") if WIRES[kind.dialect] == XML else said)
        assert not shown.ends
        assert "No entendi" in shown.text
        assert "Mi linea" in (await choose(here, client, shown, "Mi linea")).text


async def test_no_number_is_in_any_log(here: Town, caplog: pytest.LogCaptureFixture) -> None:
    """Whichever way it came in; of a code that leads nowhere no digit: it may be the beginning of one."""
    caplog.set_level(logging.DEBUG, "gateway")
    for number, kind in enumerate(ONE_OF_EACH):
        client = phone(here, kind, session=f"77{number}")
        await client.dial()
        await client.answer("9")
        end = client.end()
        if end is not None:
            await client.knock(end)
        client.session = f"88{number}"
        await client.dial(f"*999*{ANA}#")
        client.session = f"99{number}"
        await client.dial("*88881234#")
        await client.knock(Sent(client.sent.method, client.sent.body[1:], client.sent.media, client.sent.path))
    assert told(caplog)
    assert not any(ANA[2:] in line or "8888" in line for line in told(caplog))


async def test_an_airtel_address_of_broken_text_is_answered(here: Town) -> None:
    """As any other input."""
    client = phone(here, Airtel)
    await client.dial()
    here.clock.advance(seconds=4)
    query = "SessionID=77001&MSISDN=" + ANA + "&MSC=mas&input=%ff%fe"
    async with here.http.get(f"{here.url}/ussd/airtel?{query}") as answer:
        assert (answer.status, answer.headers["Freeflow"]) == (200, "FC")
