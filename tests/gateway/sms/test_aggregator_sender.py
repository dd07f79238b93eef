"""Texts handed to an aggregator over HTTP, and whatever may go wrong on the way."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import pytest

from aggregators import KINDS, WIRES, account, running, text
from fakes import ANA, eventually, submitted
from flows.values import Purpose
from gateway.core.ports import (
    ShortMessage,
    SubmitNotSent,
    SubmitOutcome,
    SubmitRefused,
    Submitted,
    SubmitUnknown,
)
from gateway.simulators.aggregator_faults import AggregatorFaults
from gateway.sms import sender as sender_module
from gateway.sms.sender import AggregatorSender
from gateway.telemetry import Metrics
from running import free_port

each = pytest.mark.parametrize("kind", KINDS)


def kept_apart(kind: str, foretold: tuple[str, ...], detail: str, *, lost: bool) -> SubmitUnknown:
    """What nobody knows the fate of; receipts by our own id may still settle it, but at Africa's Talking."""
    names = () if kind == "africastalking" else foretold
    return SubmitUnknown(f"{kind}-1", detail, lost, names, len(names))


@each
async def test_a_text_is_taken_whole_and_its_receipt_comes_back_under_its_name(kind: str) -> None:
    """Also one that takes several parts: to cut it is the aggregator's work."""
    async with running() as sms:
        body = "abcdefghij" * 40
        outcome = await submitted(sms.senders[kind], text(body))
        receipt = await sms.inbox.receipts.get()
    assert [(one.destination, one.source, one.text) for one in sms.aggregator.messages] == [(f"+{ANA}", "12345", body)]
    assert isinstance(outcome, Submitted)
    assert (receipt.smsc, (receipt.message_id,), receipt.state) == (f"{kind}-1", outcome.message_ids, "delivered")


@each
@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ("¿Sí? Ñandú: á", "¿Si? Ñandu: a"),
        ("1 + 1 = 2 & 50% #", "1 + 1 = 2 & 50% #"),
        ("Привет 🎉", "Привет 🎉"),
        ("€ [x]\n{y}", "€ [x]\n{y}"),
    ],
)
async def test_every_character_arrives(kind: str, said: str, sent: str) -> None:
    """In the GSM alphabet where that holds the text, as a bind would send it."""
    async with running() as sms:
        await submitted(sms.senders[kind], text(said))
    assert [one.text for one in sms.aggregator.messages] == [sent]


@each
@pytest.mark.parametrize("ending", ["close", "reset"])
async def test_a_connection_that_goes_before_the_answer_leaves_the_text_in_doubt(kind: str, ending: str) -> None:
    """As a link that is lost; and nothing is sent a second time, not even by the library."""
    async with running() as sms:
        await submitted(sms.senders[kind], text())
        sms.aggregator.faults = AggregatorFaults(ending=ending)
        outcome = await submitted(sms.senders[kind], text(id="01DOUBT"))
        asked = sms.aggregator.requests
    assert isinstance(outcome, SubmitUnknown)
    assert outcome == kept_apart(kind, ("01DOUBT",), outcome.detail, lost=True)
    assert asked == 2


@each
async def test_an_answer_that_does_not_come_in_time_leaves_the_text_in_doubt(kind: str) -> None:
    """The link is not lost: such a text is never repeated."""
    async with running(timeout=0.2) as sms:
        sms.aggregator.faults = AggregatorFaults(ending="silence")
        outcome = await submitted(sms.senders[kind], text())
    assert outcome == kept_apart(kind, ("01MT",), "no answer in time", lost=False)


@each
async def test_an_answer_longer_than_any_is_not_read(kind: str) -> None:
    """Its status still counts."""
    async with running() as sms:
        sms.aggregator.faults = AggregatorFaults(status=201, body="x" * 1_000_000)
        assert isinstance(await submitted(sms.senders[kind], text()), SubmitUnknown)
        sms.aggregator.faults = AggregatorFaults(status=400, body="x" * 1_000_000)
        assert isinstance(await submitted(sms.senders[kind], text()), SubmitRefused)


@each
async def test_what_is_no_http_leaves_the_text_in_doubt(kind: str) -> None:
    """Something was there, and it may have taken it."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sender = AggregatorSender(account(kind, url=f"http://127.0.0.1:{port}"), WIRES[kind], Metrics())
    await sender.start()
    outcome = await submitted(sender, text())
    await sender.stop()
    server.close()
    await server.wait_closed()
    assert isinstance(outcome, SubmitUnknown)
    assert not outcome.link_lost


@each
async def test_nobody_there_means_that_nothing_was_sent(kind: str) -> None:
    """The account is left alone for a moment, so that nothing turns in a circle."""
    sender = AggregatorSender(account(kind, url=f"http://127.0.0.1:{free_port()}"), WIRES[kind], Metrics())
    await sender.start()
    outcome = await submitted(sender, text())
    ready = sender.ready
    await sender.stop()
    assert outcome == SubmitNotSent(f"{kind}-1: ClientConnectorError")
    assert not ready


@each
async def test_a_redirect_is_not_followed(kind: str) -> None:
    """Credentials go nowhere else."""
    async with running() as sms:
        sms.aggregator.faults = AggregatorFaults(status=302)
        outcome = await submitted(sms.senders[kind], text())
    assert outcome == SubmitRefused(f"{kind}-1", 302, "HTTP 302", "elsewhere")
    assert sms.aggregator.requests == 1


@each
async def test_a_throttled_account_pauses_and_comes_back(kind: str) -> None:
    """For as long as it is told; who waits for it hears of it."""
    async with running() as sms:
        sender, again = sms.senders[kind], asyncio.Event()
        sender.on_ready(again.set)
        sms.aggregator.faults = AggregatorFaults(count=1, status=429, retry_after="1")
        outcome = await submitted(sender, text())
        assert isinstance(outcome, SubmitRefused)
        assert (outcome.status, outcome.refusal, sender.ready) == (429, "throttled", False)
        assert await submitted(sender, text()) == SubmitNotSent(f"{kind}-1 takes nothing now")
        await again.wait()
        assert isinstance(await submitted(sender, text()), Submitted)


@each
async def test_wrong_credentials_shut_the_account_and_are_logged_once(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Without the credentials, without anybody's number."""
    async with running() as sms:
        sms.aggregator.faults = AggregatorFaults(status=401, body=f"s3cr3t {ANA}")
        with caplog.at_level(logging.DEBUG):
            outcomes = await asyncio.gather(*(submitted(sms.senders[kind], text()) for _ in range(5)))
        assert not sms.senders[kind].ready
    assert {type(outcome) for outcome in outcomes} <= {SubmitRefused, SubmitNotSent}
    assert [record.getMessage() for record in caplog.records if record.name.startswith("gateway")] == [
        "an aggregator takes no texts: HTTP 401"
    ]
    assert "s3cr3t" not in caplog.text
    assert ANA not in caplog.text


def come_back(sender: AggregatorSender) -> None:
    """The pause is over."""
    assert sender._back is not None
    sender._back.cancel()
    sender._come_back()


async def test_an_account_that_is_shut_again_is_logged_again_only_if_it_was_open(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What stays shut for days is one line."""
    lines = []
    async with running() as sms:
        sender = sms.senders["kannel"]
        for status in (403, 403, 0, 403):
            sms.aggregator.faults = AggregatorFaults(status=status)
            await submitted(sender, text())
            lines.append(sum("takes no texts" in record.getMessage() for record in caplog.records))
            if status:
                come_back(sender)
    assert lines == [1, 1, 1, 2]


async def test_of_two_pauses_the_longer_one_counts() -> None:
    """An answer that asks for a second does not open an account that is shut for a minute."""
    async with running() as sms:
        sender = sms.senders["kannel"]
        sms.aggregator.faults = AggregatorFaults(status=403, delay=0.1)
        first = submitted(sender, text())
        await eventually(lambda: sms.aggregator.requests == 1)
        sms.aggregator.faults = AggregatorFaults(status=429, retry_after="1", delay=0.2)
        outcomes = await asyncio.gather(first, submitted(sender, text()))
        assert [one.refusal for one in outcomes if isinstance(one, SubmitRefused)] == [
            "elsewhere",
            "throttled",
        ]
        assert sender._back is not None
        assert sender._back.when() - asyncio.get_running_loop().time() > 30


async def test_of_texts_in_doubt_the_last_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there were."""
    monkeypatch.setattr(sender_module, "_MOST_DOUBTS", 2)
    async with running() as sms:
        sms.aggregator.faults = AggregatorFaults(ending="close")
        for which in "abc":
            await submitted(sms.senders["kannel"], text(id=which))
        assert [sms.senders["kannel"].doubts(which) for which in "abc"] == [False, True, True]


@each
async def test_what_waits_goes_back_when_the_account_pauses(kind: str) -> None:
    """Others may take it meanwhile."""
    async with running(at_once=1) as sms:
        sms.aggregator.faults = AggregatorFaults(status=403)
        first, *others = await asyncio.gather(*(submitted(sms.senders[kind], text()) for _ in range(4)))
    assert isinstance(first, SubmitRefused)
    assert others == [SubmitNotSent(f"{kind}-1 pauses")] * 3
    assert sms.aggregator.requests == 1


@each
async def test_no_more_requests_at_once_than_the_account_has(kind: str) -> None:
    """The others wait their turn."""
    async with running(at_once=2) as sms:
        sms.aggregator.faults = AggregatorFaults(delay=0.05)
        texts = [submitted(sms.senders[kind], text(id=f"01{n}")) for n in range(6)]
        await eventually(lambda: sms.aggregator.requests == 2)
        assert not any(one.done() for one in texts)
        sms.aggregator.faults = AggregatorFaults()
        assert {type(one) for one in await asyncio.gather(*texts)} == {Submitted}


async def test_what_is_urgent_goes_first() -> None:
    """A confirmation before an alert before marketing, and in order among their like."""
    purposes = [Purpose.MARKETING, Purpose.ALERT, Purpose.CONFIRMATION, Purpose.ALERT]
    async with running(at_once=1) as sms:
        sender, ids = sms.senders["kannel"], iter("abcd")
        first = submitted(sender, text("first"))
        rest = [submitted(sender, text(f"{one} {next(ids)}", purpose=one)) for one in purposes]
        await asyncio.gather(first, *rest)
    assert [one.text for one in sms.aggregator.messages] == [
        "first",
        "confirmation c",
        "alert b",
        "alert d",
        "marketing a",
    ]


async def test_the_rate_is_kept() -> None:
    """Ten a second: the eleventh waits for a second after the first."""
    async with running(tps=10) as sms:
        loop = asyncio.get_running_loop()
        since = loop.time()
        await asyncio.gather(*(submitted(sms.senders["kannel"], text()) for _ in range(11)))
        assert 1.0 <= loop.time() - since < 3.0


@each
async def test_a_stop_waits_for_what_is_under_way_and_hands_the_rest_back(kind: str) -> None:
    """Whatever was handed over is settled once."""
    async with running(at_once=1) as sms:
        sms.aggregator.faults = AggregatorFaults(delay=0.1)
        texts = [submitted(sms.senders[kind], text()) for _ in range(3)]
        await eventually(lambda: sms.aggregator.requests == 1)
        await sms.senders[kind].stop()
        outcomes = [one.result() for one in texts]
    assert isinstance(outcomes[0], Submitted)
    assert outcomes[1:] == [SubmitNotSent(f"{kind}-1 is stopping")] * 2


@each
async def test_a_stop_that_may_not_wait_leaves_in_doubt_what_is_under_way(kind: str) -> None:
    """It may have arrived."""
    async with running() as sms:
        sms.aggregator.faults = AggregatorFaults(ending="silence")
        waiting = submitted(sms.senders[kind], text())
        await eventually(lambda: sms.aggregator.requests == 1)
        await sms.senders[kind].stop(seconds=0.01)
        assert waiting.result() == kept_apart(kind, ("01MT",), "stopped before the answer", lost=True)


@pytest.mark.parametrize("kind", ["twilio", "kannel"])
async def test_a_text_in_doubt_is_settled_by_its_receipt(kind: str) -> None:
    """It was taken, only the answer was lost: the receipt has the name that was foretold."""
    async with running() as sms:
        sms.aggregator.faults = AggregatorFaults(count=1, ending="close", taken=True, delay=0.05, receipts=False)
        outcome = await submitted(sms.senders[kind], text(id="01DOUBT"))
        sms.aggregator._start(sms.aggregator._tell(kind, sms.aggregator.messages[0], AggregatorFaults()))
        receipt = await sms.inbox.receipts.get()
    assert isinstance(outcome, SubmitUnknown)
    assert (outcome.message_ids, receipt.message_id) == (("01DOUBT",), "01DOUBT")


async def test_a_wire_that_fails_costs_one_text() -> None:
    """Nobody knows what became of it; the next goes out."""
    async with running() as sms:
        sender = sms.senders["twilio"]
        whole = sender.account
        sender.account = replace(whole, url="no url")
        assert isinstance(await submitted(sender, text()), SubmitUnknown)
        sender.account = whole
        assert isinstance(await submitted(sender, text()), Submitted)


@each
async def test_every_text_is_settled_exactly_once_whatever_is_answered(kind: str) -> None:
    """Of those that were taken and answered none is called anything else."""
    faults = [
        AggregatorFaults(count=3, status=500),
        AggregatorFaults(count=2, ending="close"),
        AggregatorFaults(count=1, ending="reset"),
        AggregatorFaults(count=2, status=400),
        AggregatorFaults(count=2, status=200, body="<html>"),
    ]
    async with running() as sms:
        heard: dict[str, list[SubmitOutcome]] = {}

        def note(message: ShortMessage) -> None:
            sms.senders[kind].submit(message, lambda outcome: heard.setdefault(message.id, []).append(outcome))

        for number in range(60):
            if number % 12 == 0:
                sms.aggregator.faults = faults[number // 12]
            note(text(id=f"01{number:02}"))
            await eventually(lambda number=number: len(heard) == number + 1)
    assert [len(outcomes) for outcomes in heard.values()] == [1] * 60
    taken = [one for (one,) in heard.values() if isinstance(one, Submitted)]
    assert len(taken) == len(sms.aggregator.messages) == 50
