"""The SMSC simulator misbehaves as it is told, and remembers what it took."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from smsc_bench import Bench, bench, within

from fakes import ANA, eventually, submitted
from flows.values import Msisdn, Purpose
from gateway.core.ports import DeliveryReceipt, ShortMessage, SubmitRefused, Submitted, SubmitUnknown
from gateway.simulators.smsc import SmscSimulator
from gateway.simulators.smsc_book import Journal, JournalUnusable
from gateway.simulators.smsc_messages import receipt
from gateway.smpp.pdu import Address, Message, MultiMessage, MultiResponse, format_request
from gateway.smpp.session import ask
from gateway.smpp.vocabulary import Command, Status

PHONE = Msisdn(ANA)


async def many(it: Bench, count: int) -> list[Any]:
    """What becomes of so many texts, all at once."""
    texts = (ShortMessage(f"m-{at}", "", PHONE, f"text {at}", Purpose.REPLY) for at in range(count))
    return list(await within(asyncio.gather(*(submitted(it.client, text) for text in texts)), 20.0))


async def counts(it: Bench) -> dict[str, int]:
    """Totals since the start."""
    found: dict[str, int] = (await it.ask("GET", "/counts"))[1]
    return found


async def faults(it: Bench, **wanted: Any) -> None:
    """Misbehave so from now on."""
    status, answer = await it.ask("PUT", "/faults", wanted)
    assert status == 200, answer


async def test_a_share_is_refused_by_a_vendors_status_and_the_same_in_each_run() -> None:
    """The seed decides which."""
    refused = []
    for _ in range(2):
        async with bench() as it:
            await faults(it, status=0x400, status_share=0.3, seed=7)
            outcomes = await many(it, 100)
            refused.append([isinstance(one, SubmitRefused) and one.status == 0x400 for one in outcomes])
            assert (await counts(it))["refused"] == sum(refused[-1])
    assert refused[0] == refused[1]
    assert 15 < sum(refused[0]) < 45


@pytest.mark.parametrize(("fault", "kind"), [("no_response", SubmitUnknown), ("throttle", SubmitRefused)])
async def test_below_one_it_is_a_share(fault: str, kind: type) -> None:
    """And does not get less."""
    async with bench(response_timeout=0.3) as it:
        await faults(it, **{fault: 0.5}, seed=1)
        struck = [isinstance(await it.submit(f"text {at}"), kind) for at in range(4)]
        assert any(struck)
        assert (await it.ask("GET", "/faults"))[1][fault] == 0.5


async def test_answers_come_late_and_in_another_order() -> None:
    """But all of them."""
    async with bench() as it:
        await faults(it, delay=0.05, jitter=0.05, reorder=0.1)
        order: list[int] = []

        async def one(at: int) -> None:
            text = ShortMessage(f"m-{at}", "", PHONE, "hola", Purpose.REPLY)
            assert isinstance(await submitted(it.client, text), Submitted)
            order.append(at)

        await within(asyncio.gather(*(one(at) for at in range(20))))
        assert sorted(order) == list(range(20)) != order


@pytest.mark.parametrize(("before", "last"), [(True, SubmitUnknown), (False, Submitted)])
async def test_the_link_goes_after_so_many(before: bool, last: type) -> None:
    """Before the answer, the text was taken and nobody knows; after it, all is told."""
    async with bench() as it:
        await faults(it, drop_after=3, drop_before_answer=before)
        outcomes = [await it.submit(f"text {at}") for at in range(3)]
        assert [type(one) for one in outcomes] == [Submitted, Submitted, last]
        assert [await within(it.states.get()) for _ in range(2)] == [False, True]
        assert isinstance(await it.submit("after"), Submitted)
        found = await counts(it)
        assert (found["accepted"], found["drops"]) == (4, 1)


async def test_what_came_with_the_text_that_cut_the_link_was_not_taken() -> None:
    """Were it read at once: so it can go by another link, and reaches its phone once."""
    async with bench() as it:
        await faults(it, drop_after=3, drop_before_answer=False)
        outcomes = await within(asyncio.gather(*(it.submit(f"text {at}") for at in range(10))))
        assert [type(one) for one in outcomes] == [Submitted] * 3 + [SubmitUnknown] * 7
        assert (await counts(it))["accepted"] == 3


@pytest.mark.parametrize(
    ("style", "written", "error"),
    [
        ("standard", "0000000c", "011"),
        ("hex", "C", "011"),
        ("decimal", "0000000012", "011"),
        ("seconds", "0000000c", "011"),
        ("letters", "0000000c", "0A1"),
        ("tlv", "0000000c", ""),
        ("short", "0000000c", ""),
    ],
)
async def test_receipts_are_written_in_many_ways(style: str, written: str, error: str) -> None:
    """Each names the text that was submitted, in one spelling or another."""
    async with bench() as it:
        for _ in range(11):
            it.simulator._new_id()  # from here on hex and decimal differ
        await faults(it, receipt_style=style, failed=1)
        outcome = await it.submit()
        assert isinstance(outcome, Submitted)
        receipt = await within(it.inbox.receipts.get())
        assert outcome.message_ids[0] in (receipt.message_id, *receipt.also)
        assert (receipt.message_id, receipt.state, receipt.error) == (written, "failed", error)


@pytest.mark.parametrize(("style", "digits"), [("standard", 10), ("seconds", 12)])
def test_a_receipt_has_dates_with_seconds_where_they_are_asked_for(style: str, digits: int) -> None:
    """Both of its dates."""
    text = Message(Command.SUBMIT_SM, 0, 3, 0, "12345", 1, 1, ANA, b"hola")
    dates = re.findall(rb"date:(\d+)", receipt(text, "0000002a", "delivered", style).short_message)
    assert [len(date) for date in dates] == [digits, digits]


async def test_shares_of_texts_fail_and_expire() -> None:
    """Their receipts say so, and no phone shows them."""
    async with bench() as it:
        await faults(it, failed=0.3, expired=0.3, seed=3)
        await many(it, 40)
        receipts: list[DeliveryReceipt] = [await within(it.inbox.receipts.get()) for _ in range(40)]
        states = {state: sum(one.state == state for one in receipts) for state in ("delivered", "failed", "expired")}
        assert min(states.values()) > 4
        assert (await counts(it))["texts"] == states["delivered"]


async def test_receipts_are_lost_and_come_twice() -> None:
    """Each is counted."""
    async with bench() as it:
        await faults(it, receipt_loss=0.5, duplicate=0.5, seed=2)
        await many(it, 40)
        found = await counts(it)
        lost = found["receipts_lost"]
        assert 8 < lost < 32
        await eventually(lambda: it.simulator.book.counts.receipts == 40 - lost + it.simulator.book.counts.duplicates)
        assert it.simulator.book.counts.duplicates > 3


async def test_texts_from_phones_come_twice() -> None:
    """As some SMSCs do."""
    async with bench() as it:
        await faults(it, duplicate=1)
        await it.ask("POST", "/mo", {"from": ANA, "to": "12345", "text": "1"})
        assert [(await within(it.inbox.texts.get())).text for _ in range(2)] == ["1", "1"]


async def test_mutated_pdus_are_survived() -> None:
    """Two thousand of them; texts go on."""
    async with bench() as it:
        await faults(it, garbage=2000, seed=5)
        await eventually(lambda: it.client.counters.session.pdus_in > 100)
        await eventually(lambda: it.client.ready)
        while not isinstance(await it.submit(), Submitted):
            await eventually(lambda: it.client.ready)


async def test_a_restart_unbinds_and_takes_binds_again() -> None:
    """On the same port."""
    async with bench() as it:
        await faults(it, restart=True)
        assert [await within(it.states.get()) for _ in range(2)] == [False, True]
        assert isinstance(await it.submit(), Submitted)


async def test_congestion_is_told_with_each_answer() -> None:
    """And the ESME heeds it."""
    async with bench(tps=100) as it:
        for congestion, slowed in ((95, True), (10, False), (95, True), (-1, False)):
            await faults(it, congestion=congestion)
            assert isinstance(await it.submit(), Submitted)
            assert it.client.queue is not None
            assert it.client.queue.slowed == slowed


async def test_a_query_is_answered_truthfully() -> None:
    """Under way until its receipt, then what the receipt says; what it never took it does not know."""
    async with bench() as it:
        await faults(it, receipt_delay=0.2)
        outcome = await it.submit()
        assert isinstance(outcome, Submitted)
        (message_id,) = outcome.message_ids
        under_way = await within(it.client.query(message_id, "12345"))
        await within(it.inbox.receipts.get())
        ended = await within(it.client.query(message_id, "12345"))
        assert under_way is not None
        assert ended is not None
        assert (under_way.state, under_way.done_at) == ("enroute", None)
        assert ended.state == "delivered"
        assert ended.done_at is not None
        assert await within(it.client.query("ffffffff", "12345")) is None
        assert await within(it.client.query(message_id, "777")) is None


async def test_a_text_is_taken_back_while_it_is_under_way() -> None:
    """Then its receipt says so; afterwards it is too late."""
    async with bench() as it:
        await faults(it, receipt_delay=0.2)
        outcome = await it.submit()
        assert isinstance(outcome, Submitted)
        (message_id,) = outcome.message_ids
        assert await within(it.client.cancel(message_id, "12345", PHONE))
        receipt = await within(it.inbox.receipts.get())
        assert (receipt.message_id, receipt.state) == (message_id, "failed")
        assert not await within(it.client.cancel(message_id, "12345", PHONE))
        assert not await within(it.client.cancel("ffffffff", "12345", PHONE))
        assert (await counts(it))["cancelled"] == 1


async def test_a_text_to_many_reaches_each_phone_and_no_list() -> None:
    """submit_multi: one id, and who could not get it."""
    async with bench() as it:
        link = it.client._links.up[0]
        text = ShortMessage("m-1", "", PHONE, "hola", Purpose.REPLY)
        assert isinstance(await within(submitted(it.client, text)), Submitted)
        phones = (Address(1, 1, ANA), Address(1, 1, "573009998877"), "friends")
        message = MultiMessage(Message(Command.SUBMIT_MULTI, 0, 3, 0, "12345", 0, 0, "", b"hola"), phones)
        answer = await within(ask(link.session, Command.SUBMIT_MULTI, format_request(message)))
        assert isinstance(answer, MultiResponse)
        assert answer.failed == ((Address(0, 0, "friends"), Status.INVALID_LIST_NAME),)
        _, shown = await it.ask("GET", "/messages?after=1")
        assert [(one["to"], one["id"]) for one in shown] == [(ANA, answer.text), ("573009998877", answer.text)]


async def test_an_esme_is_asked_to_bind() -> None:
    """``POST /outbind``; whoever does not listen is named."""
    async with bench(outbind_port=0) as it:
        body = {"port": it.client.outbind_port, "system_id": "chasqui", "password": "secret"}
        assert await it.ask("POST", "/outbind", body) == (202, {"status": "asked"})
        await eventually(lambda: len(it.simulator.binds()) == 2)
        await it.client.stop()
        status, problem = await it.ask("POST", "/outbind", body)
        assert status == 503
        assert problem["title"].startswith(f"nobody at 127.0.0.1:{body['port']}")


async def test_the_last_texts_are_kept_and_all_are_counted() -> None:
    """Numbers go on, and what is forgotten is not shown."""
    async with bench(simulator=SmscSimulator(0, 0, keep=10)) as it:
        await many(it, 45)
        _, shown = await it.ask("GET", "/messages")
        assert 10 <= len(shown) < 20
        assert shown[-1]["n"] == 45
        assert [one["n"] for one in (await it.ask("GET", "/messages?after=43"))[1]] == [44, 45]
        found = await counts(it)
        assert (found["texts"], found["accepted"], found["submits"]) == (45, 45, 45)


async def test_the_same_text_again_is_counted() -> None:
    """As repeated; whether it should have been is for others to say."""
    async with bench() as it:
        for _ in range(3):
            await it.submit("twice")
        assert (await counts(it))["repeated"] == 2


async def test_each_accepted_submit_is_a_line_of_the_journal_and_ids_go_on_after_a_crash(tmp_path: Path) -> None:
    """Also where the last line was cut off."""
    file = tmp_path / "journal"
    async with bench(simulator=SmscSimulator(0, 0, journal=file)) as it:
        await it.submit("hola")
        await it.submit("x" * 200)
        await faults(it, status=8)
        await it.submit("refused")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(one["id"], one["part"], one["parts"]) for one in lines] == [
        ("00000001", 1, 1),
        ("00000002", 1, 2),
        ("00000003", 2, 2),
    ]
    assert (lines[0]["to"], lines[0]["from"], lines[0]["text"]) == (ANA, "12345", "hola")
    assert len({one["reference"] for one in lines[1:]}) == 1
    with file.open("ab") as cut_off:
        cut_off.write(b'{"id": "0000')
    async with bench(simulator=SmscSimulator(0, 0, journal=file)) as it:
        outcome = await it.submit("again")
        assert isinstance(outcome, Submitted)
        assert outcome.message_ids == ("00000004",)
    assert [json.loads(line)["id"] for line in file.read_text().splitlines()][-1] == "00000004"


@pytest.mark.parametrize(
    "content", ["not a journal\n", '{"n": 1}\n', "[]\n", "not a journal\nnor ended", "one line", '{"id": "zz"}\n{"id']
)
def test_a_journal_of_somebody_else_is_left_as_it_is(tmp_path: Path, content: str) -> None:
    """And that is told in one line."""
    file = tmp_path / "journal"
    file.write_text(content)
    with pytest.raises(JournalUnusable, match="--journal") as refused:
        Journal(file)
    assert "\n" not in str(refused.value)
    assert file.read_text() == content


def test_a_journal_that_cannot_be_written_is_told_in_words(tmp_path: Path) -> None:
    """By the option that names it, without an errno."""
    with pytest.raises(JournalUnusable) as refused:
        Journal(tmp_path / "nowhere" / "journal")
    assert str(refused.value) == f"--journal {tmp_path}/nowhere/journal: cannot be written: no such file or directory"


@pytest.mark.parametrize("content", ["", '{"id', '{"id": "00000007", "te'])
def test_a_journal_that_was_cut_off_in_its_first_line_begins_anew(tmp_path: Path, content: str) -> None:
    """That submit was not answered."""
    file = tmp_path / "journal"
    file.write_text(content)
    journal = Journal(file)
    journal.close()
    assert (journal.last_id, file.read_text()) == (0, "")


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ({"throttle": 1.5}, "throttle must be a whole number from 0 to 4294967295, or a share below 1, not 1.5"),
        ({"no_response": -0.5}, "no_response must be a whole number"),
        ({"duplicate": 2}, "duplicate must be a share from 0 to 1, not 2"),
        ({"status": 1.5}, "status must be a whole number from 0 to 4294967295, not 1.5"),
        ({"drop": 1}, "drop must be true or false, not 1"),
        ({"delay": "1"}, 'delay must be seconds from 0 to 86400, not "1"'),
        ({"congestion": 101}, "congestion must be a whole number from -1 to 100, not 101"),
        ({"receipt_style": "nice"}, "receipt_style must be one of standard, hex"),
        ({"garbage": -1}, "garbage must be octets in hex, or a whole number from 0 to 1000000, not -1"),
        ({"failed": 0.7, "expired": 0.7}, "failed and expired are more than all together"),
    ],
)
async def test_a_fault_that_cannot_be_is_named(body: dict[str, Any], title: str) -> None:
    """And nothing is changed."""
    async with bench() as it:
        await faults(it, throttle=3)
        status, problem = await it.ask("PUT", "/faults", body)
        assert (status, problem["title"][: len(title)]) == (400, title)
        assert (await it.ask("GET", "/faults"))[1]["throttle"] == 3
