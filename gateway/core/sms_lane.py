"""Texts on their way out: claimed in the store, handed to an SMSC, and what became of them written back.

A claim is durable before the first byte leaves, so that after a crash nobody has to guess which texts
may have gone out: those that were claimed and not settled (ADR 0002).
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from gateway.core.commit import STORE_PAUSE, persist
from gateway.core.context import Context
from gateway.core.crew import Watched
from gateway.core.expected_text import ExpectedText
from gateway.core.ports import ShortMessage, SmsSender, SubmitOutcome, SubmitRefused, Submitted, SubmitUnknown
from gateway.core.receipts import ReceiptDesk
from gateway.core.retry import Backoff
from gateway.core.sms_claims import Claimed, SmsClaims
from gateway.core.sms_outcomes import Verdict, judge, lost_sight
from gateway.core.sms_routes import Plan, Routes
from gateway.core.waiting_texts import WaitingTexts
from store import outbox
from store.errors import StoreError, WriterStopped
from store.sms_rows import SmsRow
from store.unit import Unit

_LOG = logging.getLogger(__name__)
_STOP_SECONDS = 10.0
_MOST_CLAIMED = 256
"""In one commit."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came of one text. text: what its receipts are matched with, if the SMSC took it."""

    row: SmsRow
    outcome: SubmitOutcome
    text: ExpectedText | None


class SmsLane:
    """Sends what is urgent first, never more at once than each sender takes, by the way that the routes say.

    waiting: how many texts of one rank and way are kept in memory; the others wait in the store.
    """

    def __init__(
        self,
        context: Context,
        senders: Sequence[SmsSender],
        receipts: ReceiptDesk,
        *,
        routes: Routes | None = None,
        backoff: Backoff | None = None,
        waiting: int = 1_000,
    ) -> None:
        self._context = context
        self._claims = SmsClaims(context)
        self._senders = {sender.name: sender for sender in senders}
        self._routes = routes or Routes({sender.name: sender.numbers for sender in senders})
        self._receipts = receipts
        self._backoff = backoff or Backoff(first=1, longest=300, most=12)
        self._wake = asyncio.Event()
        self._on_its_way: dict[str, str] = {}
        self._busy = Counter[str]()
        self._unanswered: dict[str, SmsRow] = {}
        self._waiting = WaitingTexts(
            context.reader,
            context.clock,
            plan=self._plan,
            in_hand=self._on_its_way.__contains__,
            wake=self._wake.set,
            held=context.reach.stops,
            most=waiting,
        )
        self._answers: list[_Answer] = []
        self._answered = asyncio.Event()
        self._settled = asyncio.Event()
        self._claiming = asyncio.Lock()
        self._claimer = Watched("sms-lane-claim", context.metrics, self._claim)
        self._settler = Watched("sms-lane-settle", context.metrics, self._settle)
        self._stopping = False
        context.reach.on_change(self._wake.set)
        for sender in senders:
            sender.on_ready(self._wake.set)

    @property
    def backlog(self) -> int:
        """Texts in memory that wait, are put off or are on their way; at least one while others are to be read."""
        return len(self._waiting) + len(self._on_its_way) + self._waiting.unread

    @property
    def running(self) -> bool:
        """Whether texts can go out."""
        return self._claimer.running and self._settler.running

    def put(self, row: SmsRow) -> None:
        """Queue a row that is committed; one that is due later waits for its time, and one on its way is not queued."""
        if not self._stopping:
            self._waiting.put(row)

    async def recover(self, row: SmsRow) -> None:
        """Take up a row that a stopped process had in hand: it may have gone out."""
        if row.state == "sending":
            stopped = SubmitUnknown("", "the gateway stopped while it was being sent", link_lost=True)
            verdict = lost_sight(row, stopped, self._context.clock())
            await self._write([verdict])
            if verdict.again is None:
                return
            row = verdict.again
        self.put(row)

    def read_all(self) -> None:
        """Take up what waits in the store, as it becomes due."""
        self._waiting.read_all()

    def start(self) -> None:
        """Begin sending."""
        self._claimer.start()
        self._settler.start()

    async def stop(self) -> None:
        """Take nothing new; wait a while for what is on its way."""
        self._stopping = True
        self._waiting.close()
        async with self._claiming:  # never between a claim and its sending
            self._claimer.cancel()
        await self._until_settled(_STOP_SECONDS)

    async def drain(self) -> None:
        """Wait until everything on its way is settled; to be called once the sender has ended."""
        await self._until_settled(None)
        self._settler.cancel()

    async def _until_settled(self, seconds: float | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._on_its_way:
                    self._settled.clear()
                    await self._settled.wait()

    async def _claim(self) -> None:
        while True:
            more = await self._waiting.fill()
            async with self._claiming:
                more = await self._claim_some() or more
            if not more:
                await self._wake.wait()
            self._wake.clear()

    async def _claim_some(self) -> bool:
        """Claim as many as there is room for, and send them; what could not be written is claimed again.

        Whether there was anything.
        """
        room = {name: max(0, one.slots - self._busy[name]) for name, one in self._senders.items() if one.ready}
        taken = self._waiting.take(
            room, _MOST_CLAIMED
        )  # who is there and full is waited for: the next is for who is away
        if not taken:
            return False
        now, by = self._context.clock(), {row.id: sender for row, sender in taken}
        rows = [
            row if (vain := self._in_vain(row, by[row.id])) == row.in_vain else replace(row, in_vain=vain)
            for row, _ in taken
        ]
        claimed = Claimed((), rows)
        self._begin(by)
        try:
            claimed = await self._claims.claim(rows, now)
        except Exception:  # the lane must outlive whatever the store does
            _LOG.exception("texts wait: they could not be claimed")
        going = {row.id for row in claimed.going}
        self._end([row.id for row in rows if row.id not in going])
        for row in claimed.going:
            self._send(row, by[row.id], now)
        for row in (*claimed.failed, *claimed.later):
            self.put(row)
        if claimed.failed:
            await asyncio.sleep(STORE_PAUSE)
        return True

    def _begin(self, by: Mapping[str, str]) -> None:
        self._on_its_way.update(by)
        self._busy.update(by.values())

    def _end(self, row_ids: Iterable[str]) -> None:
        for row_id in row_ids:
            self._busy[self._on_its_way.pop(row_id)] -= 1

    def _in_vain(self, row: SmsRow, sender: str) -> bool:
        return row.asks and bool(sender) and not self._routes.may_ask(sender, row.source)

    def _plan(self, row: SmsRow) -> Plan:
        """Who may take it; whoever has refused it only when nobody else is left.

        Where nobody may ask what it asks, and it makes sense without that, it goes without.
        """
        asks = row.asks and not row.repeats
        plan = self._routes.plan(row.msisdn, row.purpose, row.source, asks=asks)
        if not plan and asks and row.offers_something:
            plan = self._routes.plan(row.msisdn, row.purpose, row.source, asks=False)
        left = tuple(name for name in plan if name not in row.avoid) if row.avoid else plan
        return left or plan

    def _send(self, row: SmsRow, sender: str, now: datetime) -> None:
        self._unanswered[row.id] = row
        if not sender:
            self._hear(row, SubmitRefused("", 0, "no route", "final"))
            return
        message = ShortMessage(
            id=row.id,
            source=self._routes.source(sender, row.source),
            destination=row.msisdn,
            text=row.repeat_text if row.repeats else row.text,
            purpose=row.purpose,
            validity_seconds=_seconds_left(row, now),
        )
        try:
            self._senders[sender].submit(message, partial(self._hear, row))
        except Exception as error:  # one text must not end the lane; what became of it nobody knows
            _LOG.exception("a text could not be handed over", extra={"outbox_id": row.id})
            self._hear(row, SubmitUnknown(sender, type(error).__name__, link_lost=False))

    def _hear(self, row: SmsRow, outcome: SubmitOutcome) -> None:
        """Called from inside the bind: only notes the answer, so that a receipt in the same read finds its text.

        The first answer to one try counts: what follows from it cannot be called back.
        """
        if self._unanswered.get(row.id) is not row:
            _LOG.error("a text was answered twice", extra={"outbox_id": row.id})
            return
        del self._unanswered[row.id]
        text = None
        if isinstance(outcome, Submitted):
            text = self._receipts.foresee(outcome.smsc, row.id, outcome.message_ids)
        self._answers.append(_Answer(row, outcome, text))
        self._answered.set()

    async def _settle(self) -> None:
        """Write what came of texts, all answers of one commit's time together."""
        while True:
            await self._answered.wait()
            self._answered.clear()
            answers, self._answers = self._answers, []
            again: Sequence[SmsRow] = ()
            try:
                again = await self._settle_some(answers)
            except Exception:  # the lane must outlive its own mistakes; the next start finds these texts claimed
                self._context.metrics.failures.labels("sms").inc()
                _LOG.exception("what came of texts could not be written")
                texts = [answer.text for answer in answers if answer.text is not None]
                self._receipts.not_stored(texts, WriterStopped("not written"))
            self._end([answer.row.id for answer in answers])
            for row in again:
                self.put(row)
            self._wake.set()
            self._settled.set()

    async def _settle_some(self, answers: Sequence[_Answer]) -> Sequence[SmsRow]:
        """Write them; which go out once more."""
        now = self._context.clock()
        verdicts = [self._guarded_verdict(answer, now) for answer in answers]
        unwritten = await self._write(verdicts)
        lost = [answer.text for answer, verdict in zip(answers, verdicts, strict=True) if verdict in unwritten]
        texts = [answer.text for answer in answers if answer.text is not None]
        self._receipts.not_stored([text for text in lost if text is not None], WriterStopped("not written"))
        self._receipts.stored([text for text in texts if text not in lost])
        return [one.again for one in verdicts if one.again is not None and one not in unwritten]

    def _guarded_verdict(self, answer: _Answer, now: datetime) -> Verdict:
        """One that cannot be judged takes no other along: what became of it nobody knows."""
        try:
            return self._verdict(answer, now)
        except Exception as error:
            self._context.metrics.failures.labels("sms").inc()
            _LOG.exception("what came of a text could not be judged", extra={"outbox_id": answer.row.id})
            return Verdict("in_doubt", (outbox.move(answer.row.id, "in_doubt", reason=type(error).__name__),))

    def _verdict(self, answer: _Answer, now: datetime) -> Verdict:
        if answer.text is not None:
            return Verdict("sent", tuple(self._receipts.rows(answer.text)))
        sender, row = self._on_its_way[answer.row.id], answer.row
        others = any(name != sender for name in self._plan(row))
        tried = replace(row, state="sending", attempts=row.attempts + 1)
        return judge(tried, answer.outcome, now, self._backoff, sender, others=others)

    async def _write(self, verdicts: Sequence[Verdict]) -> Sequence[Verdict]:
        """Write the outcomes, as long as the store is away: what the network did cannot be asked again.

        Those come back that were not written: the store has stopped, or does not take them whatever is tried.
        """
        for state, count in Counter(verdict.state for verdict in verdicts).items():
            self._context.metrics.texts_out.labels(state).inc(count)
        together = Unit(ops=tuple(op for verdict in verdicts for op in verdict.ops))
        try:
            if await self._context.writer.settle_all([together]) == [True]:
                return ()
            each = [Unit(ops=verdict.ops) for verdict in verdicts]  # one bad row must not take its neighbours along
            outcomes = await persist(self._context.writer, each)
        except WriterStopped:  # the next start takes the rows for such whose fate is open
            return verdicts
        return [one for one, outcome in zip(verdicts, outcomes, strict=True) if isinstance(outcome, StoreError)]


def _seconds_left(row: SmsRow, now: datetime) -> int | None:
    return None if row.expires_at is None else max(60, int((row.expires_at - now).total_seconds()))
