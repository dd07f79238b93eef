"""The SMSC simulator: a phone's view, and faults on demand."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

import pytest
from smsc_bench import bench, within

from gateway.core.ports import (
    MobileOriginated,
    MobilePart,
    SubmitRefused,
    Submitted,
    SubmitUnknown,
)
from gateway.errors import PortInUse, StoreUnavailable
from gateway.simulators.smsc import SmscSimulator
from gateway.smpp.incoming import join


async def test_a_submitted_text_is_shown_as_the_phone_got_it() -> None:
    """Whole, with its parts counted and its sender's numbering."""
    async with bench() as it:
        outcome = await it.submit("Olá €" + "x" * 200)
        assert isinstance(outcome, Submitted)
        _, (seen,) = await it.ask("GET", "/messages")
        assert {key: seen[key] for key in ("n", "id", "from", "to", "text", "parts", "data_coding", "bind")} == {
            "n": 1,
            "id": outcome.message_ids[0],
            "from": "12345",
            "to": "573001112233",
            "text": "Ola €" + "x" * 200,
            "parts": 2,
            "data_coding": 0,
            "bind": "chasqui",
        }
        assert (seen["ids"], seen["source_ton"], seen["source_npi"]) == (list(outcome.message_ids), 3, 0)


async def test_one_can_wait_for_the_next_message() -> None:
    """The long-poll answers as soon as there is one, and with nothing when the time is over."""
    async with bench() as it:
        await it.submit("first")
        waiting = asyncio.ensure_future(it.ask("GET", "/messages?after=1&timeout=5"))
        await it.submit("second")
        assert [seen["text"] for seen in (await within(waiting))[1]] == ["second"]
        assert await it.ask("GET", "/messages?after=2&timeout=0.05") == (200, [])
        assert len((await it.ask("GET", "/messages"))[1]) == 2


async def test_every_part_gets_its_receipt() -> None:
    """In the classic text format, with the ids of the submit."""
    async with bench() as it:
        outcome = await it.submit("x" * 200)
        assert isinstance(outcome, Submitted)
        receipts = [await within(it.inbox.receipts.get()) for _ in range(2)]
        assert {receipt.message_id for receipt in receipts} == set(outcome.message_ids)
        assert {receipt.state for receipt in receipts} == {"delivered"}


async def test_a_receipt_that_could_not_be_kept_comes_again() -> None:
    """The ESME answered with a temporary error the first time."""
    async with bench() as it:
        it.inbox.failures.append(StoreUnavailable("down"))
        await it.submit()
        assert (await within(it.inbox.receipts.get())).state == "delivered"


@pytest.mark.parametrize("text", ["1", "sí, mañana", "x" * 400, "да" * 100])
async def test_a_phones_text_arrives_and_the_answer_is_told(text: str) -> None:
    """Long ones travel in parts."""
    async with bench() as it:
        answered = await it.ask("POST", "/mo", {"from": "+573001112233", "to": "12345", "text": text})
        assert answered == (202, {"status": "ESME_ROK", "statuses": ["ESME_ROK"]})
        said = it.inbox.said
        assert {(mo.source, mo.destination) for mo in said} == {("573001112233", "12345")}
        assert _text(said) == text.replace("í", "i")


def _text(said: Sequence[MobileOriginated | MobilePart]) -> str:
    """What was said, in one text or in parts."""
    parts = [one for one in said if isinstance(one, MobilePart)]
    return join(parts) + "".join(one.text for one in said if isinstance(one, MobileOriginated))


async def test_a_text_may_be_repeated_and_refused() -> None:
    """``repeat`` sends the same again; the store's failure shows as the SMPP status."""
    async with bench() as it:
        it.inbox.failures.append(StoreUnavailable("down"))
        body = {"from": "573001112233", "to": "12345", "text": "1", "repeat": 5}
        _, answer = await it.ask("POST", "/mo", body)
        assert sorted(answer["statuses"]) == ["ESME_ROK"] * 4 + ["ESME_RX_T_APPN"]


@pytest.mark.parametrize("text", ["1", "x" * 400])
async def test_a_text_goes_to_the_bind_that_is_named(text: str) -> None:
    """To no other, were it the only one."""
    async with bench() as it:
        body = {"from": "573001112233", "to": "12345", "text": text}
        status, problem = await it.ask("POST", "/mo", {**body, "bind": "nobody"})
        assert (status, problem["title"]) == (503, "no receiver is bound as nobody")
        status, _ = await it.ask("POST", "/mo", {**body, "bind": "chasqui"})
        assert status == 202
        assert _text(it.inbox.said) == text


async def test_parts_of_a_long_text_come_when_they_are_asked_for() -> None:
    """Of one text, in any order, were it hours apart."""
    async with bench() as it:
        body = {"from": "573001112233", "to": "12345", "text": "abc" * 150, "reference": 7}
        for parts in ([3], [1, 2]):
            status, _ = await it.ask("POST", "/mo", {**body, "parts": parts})
            assert status == 202
        said = [one for one in it.inbox.said if isinstance(one, MobilePart)]
        assert [(one.number, one.total) for one in said] == [(3, 3), (1, 3), (2, 3)]
        assert {one.reference for one in said} == {said[0].reference}
        assert _text([said[1], said[2], said[0]]) == body["text"]


async def test_throttle_and_silence_are_used_up() -> None:
    """The next n submits, then all is well; what is left can be read."""
    async with bench(response_timeout=0.2) as it:
        await it.ask("PUT", "/faults", {"throttle": 2, "no_response": 1})
        kinds = [type(await it.submit()) for _ in range(4)]
        assert kinds == [SubmitUnknown, SubmitRefused, SubmitRefused, Submitted]
        _, faults = await it.ask("GET", "/faults")
        assert (faults["throttle"], faults["no_response"]) == (0, 0)


async def test_a_status_holds_until_it_is_cleared() -> None:
    """An empty object clears everything."""
    async with bench() as it:
        await it.ask("PUT", "/faults", {"status": 0x0B})
        refused = await it.submit()
        assert isinstance(refused, SubmitRefused)
        assert (refused.status, refused.refusal) == (0x0B, "final")
        await it.ask("PUT", "/faults", {})
        assert isinstance(await it.submit(), Submitted)


async def test_drop_and_garbage_are_survived_by_the_esme() -> None:
    """The first costs the connection, the second nothing."""
    async with bench() as it:
        await it.ask("PUT", "/faults", {"garbage": "0000001100010200000000000000000700"})
        assert isinstance(await it.submit(), Submitted)
        await it.ask("PUT", "/faults", {"drop": True})
        assert [await within(it.states.get()) for _ in range(2)] == [False, True]
        assert isinstance(await it.submit(), Submitted)


async def test_refused_binds_keep_the_esme_out_until_they_are_allowed() -> None:
    """And ``GET /binds`` tells who is in."""
    async with bench() as it:
        assert await it.ask("GET", "/binds") == (200, [{"system_id": "chasqui", "mode": "transceiver"}])
        await it.ask("PUT", "/faults", {"refuse_binds": True, "drop": True})
        assert [await within(it.states.get()) for _ in range(3)] == [False, False, False]
        assert await it.ask("GET", "/binds") == (200, [])
        await it.ask("PUT", "/faults", {})
        await within(it.client.wait_ready())


async def test_receipts_wait_for_an_esme_that_is_away() -> None:
    """A receipt that finds nobody is delivered after the next bind."""
    async with bench() as it:
        await it.ask("PUT", "/faults", {"receipt_delay": 0.1})
        await it.submit()
        await it.ask("PUT", "/faults", {"drop": True, "receipt_delay": 0.1})
        assert (await within(it.inbox.receipts.get())).state == "delivered"


async def test_receipts_can_be_switched_off() -> None:
    """Then only the text with receipts on brings one."""
    async with bench() as it:
        await it.ask("PUT", "/faults", {"receipts": False})
        await it.submit()
        await it.ask("PUT", "/faults", {})
        second = await it.submit()
        assert isinstance(second, Submitted)
        assert (await within(it.inbox.receipts.get())).message_id == second.message_ids[0]
        assert it.inbox.receipts.empty()


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "title"),
    [
        ("PUT", "/faults", {"trottle": 1}, 400, "unknown key 'trottle'; known are "),
        (
            "PUT",
            "/faults",
            {"throttle": -1},
            400,
            "throttle must be a whole number from 0",
        ),
        (
            "PUT",
            "/faults",
            {"throttle": True},
            400,
            "throttle must be a whole number from 0",
        ),
        ("PUT", "/faults", {"garbage": "zz"}, 400, "garbage must be octets in hex"),
        ("PUT", "/faults", [], 400, "a JSON object is wanted"),
        ("POST", "/outbind", {"host": "a" * 99, "port": 1}, 503, "nobody at aaa"),
        ("POST", "/outbind", {"host": "\0", "port": 1}, 503, "nobody at"),
        ("POST", "/mo", {"from": "57"}, 400, "from, to and text are wanted"),
        ("POST", "/mo", {"from": "57", "to": "1", "text": "x", "repeat": 0}, 400, "repeat is a whole number"),
        ("POST", "/mo", {"from": "57", "to": "1", "text": "x" * 40_000}, 400, "262 parts"),
        ("POST", "/mo", {"from": "57", "to": "1", "text": "x", "bind": 1}, 400, "bind is a string"),
        ("POST", "/mo", {"from": "57", "to": "1", "text": "x", "parts": 1}, 400, "parts is a list"),
        ("POST", "/mo", {"from": "57", "to": "1", "text": "x", "parts": [2]}, 400, "the text has 1 part"),
        ("POST", "/mo", {"from": "57", "to": "1", "text": "x", "reference": 256}, 400, "reference is a whole number"),
        ("GET", "/messages?after=x", None, 400, "after is a number"),
        ("GET", "/nowhere", None, 404, "Not Found"),
        ("POST", "/messages", {}, 405, "Method Not Allowed"),
    ],
)
async def test_a_wrong_request_gets_a_problem_of_one_line(
    method: str, path: str, body: object, status: int, title: str
) -> None:
    """application/problem+json that says what to change."""
    async with bench() as it:
        found, problem = await it.ask(method, path, body)
        assert (found, problem["status"]) == (status, status)
        assert problem["title"].startswith(title)
        assert "\n" not in problem["title"]


async def test_a_text_from_a_phone_needs_a_receiver() -> None:
    """A transmitter cannot get it."""
    async with bench(bind="transmitter") as it:
        status, problem = await it.ask("POST", "/mo", {"from": "57", "to": "1", "text": "x"})
        assert (status, problem["title"]) == (503, "no receiver is bound")


@pytest.mark.parametrize("wrong", [{"system_id": "other"}, {"password": "other"}])
async def test_credentials_count_when_given(wrong: dict[str, str]) -> None:
    """A bind with others is refused."""
    async with bench(simulator=SmscSimulator(0, 0, **wrong)) as it:  # type: ignore[arg-type]
        assert not await within(it.states.get())
        assert not it.client.bound


@pytest.mark.parametrize("which", ["port", "control_port"])
async def test_a_taken_port_is_named(which: str) -> None:
    """In one line, and the other port is let go again."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        simulator = SmscSimulator(**({"port": 0, "control_port": 0} | {which: port}))
        with pytest.raises(PortInUse, match=f"^port {port} on 127.0.0.1 is in use"):
            await simulator.start()
