"""Texts on their way out: claimed in the store, handed to an SMSC, and what became of them written back.

A claim is durable before the first byte leaves, so that after a crash nobody has to guess which texts
may have gone out: those that were claimed and not settled (ADR 0002).
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from gateway.core.commit import STORE_PAUSE, persist
from gateway.core.context import Context
from gateway.core.crew import Waiting, Watched
from gateway.core.ports import ShortMessage, SmsSender, SubmitOutcome, Submitted, SubmitUnknown
from gateway.core.receipts import ExpectedText, ReceiptDesk
from gateway.core.retry import Backoff
from gateway.core.sms_claims import SmsClaims
from gateway.core.sms_outcomes import Verdict, judge, lost_sight
from store.errors import StoreError, WriterStopped
from store.outbox import SmsRow
from store.unit import Unit

_LOG = logging.getLogger(__name__)
_STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came of one text. text: what its receipts are matched with, if the SMSC took it."""

    row: SmsRow
    outcome: SubmitOutcome
    text: ExpectedText | None


class SmsLane:
    """Sends what is urgent first, never more at once than the SMSC takes.

    slots: texts claimed and not settled at most.
    """

    def __init__(
        self,
        context: Context,
        sender: SmsSender,
        receipts: ReceiptDesk,
        *,
        slots: int,
        backoff: Backoff | None = None,
    ) -> None:
        self._context = context
        self._claims = SmsClaims(context)
        self._sender = sender
        self._receipts = receipts
        self._slots = slots
        self._backoff = backoff or Backoff(first=1, longest=300, most=12)
        self._wake = asyncio.Event()
        self._waiting = Waiting[SmsRow](self._wake.set)
        self._on_its_way: set[str] = set()
        self._answers: list[_Answer] = []
        self._answered = asyncio.Event()
        self._settled = asyncio.Event()
        self._claiming = asyncio.Lock()
        self._claimer = Watched("sms-lane-claim", context.metrics, self._claim)
        self._settler = Watched("sms-lane-settle", context.metrics, self._settle)
        self._stopping = False
        sender.on_ready(self._wake.set)

    @property
    def backlog(self) -> int:
        """Texts that wait, are put off or are on their way."""
        return len(self._waiting) + len(self._on_its_way)

    @property
    def running(self) -> bool:
        """Whether texts can go out."""
        return self._claimer.running and self._settler.running

    def put(self, row: SmsRow) -> None:
        """Queue a row that is committed; one that is due later waits for its time, and one on its way is not queued."""
        if self._stopping or row.id in self._on_its_way:
            return
        pause = (row.due_at - self._context.clock()).total_seconds()
        self._waiting.put(row.id, row, rank=row.priority, after=pause)

    async def recover(self, row: SmsRow) -> None:
        """Take up a row that a stopped process left. One that was claimed may have gone out."""
        if row.state == "sending":
            stopped = SubmitUnknown("", "the gateway stopped while it was being sent", link_lost=True)
            verdict = lost_sight(row, stopped, self._context.clock())
            await self._write([verdict])
            if verdict.again is None:
                return
            row = verdict.again
        self.put(row)

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
            while self._waiting.due and len(self._on_its_way) < self._slots:
                if not self._sender.ready:
                    break
                async with self._claiming:
                    await self._claim_some()
            await self._wake.wait()
            self._wake.clear()

    async def _claim_some(self) -> None:
        """Claim as many as there is room for, and send them; what could not be written is claimed again."""
        now, taken, going = self._context.clock(), list[SmsRow](), list[SmsRow]()
        failed: Sequence[SmsRow] = taken
        try:
            room = min(self._slots - len(self._on_its_way), self._waiting.due)
            taken += [self._waiting.take() for _ in range(room)]
            self._on_its_way.update([row.id for row in taken])
            going, failed = await self._claims.claim(taken, now)
        except Exception:  # the lane must outlive whatever the store does
            _LOG.exception("texts wait: they could not be claimed")
        if len(going) < len(taken):
            self._on_its_way.difference_update({row.id for row in taken} - {row.id for row in going})
        for row in going:
            self._send(row, now)
        for row in failed:
            self.put(row)
        if failed:
            await asyncio.sleep(STORE_PAUSE)

    def _send(self, row: SmsRow, now: datetime) -> None:
        message = ShortMessage(
            id=row.id,
            source=row.source,
            destination=row.msisdn,
            text=row.repeat_text if row.repeats else row.text,
            purpose=row.purpose,
            validity_seconds=_seconds_left(row, now),
        )
        try:
            self._sender.submit(message, partial(self._hear, row))
        except Exception as error:  # one text must not end the lane; what became of it nobody knows
            _LOG.exception("a text could not be handed over", extra={"outbox_id": row.id})
            self._hear(row, SubmitUnknown("", type(error).__name__, link_lost=False))

    def _hear(self, row: SmsRow, outcome: SubmitOutcome) -> None:
        """Called from inside the bind: only notes the answer, so that a receipt in the same read finds its text."""
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
            self._on_its_way.difference_update([answer.row.id for answer in answers])
            for row in again:
                self.put(row)
            self._wake.set()
            self._settled.set()

    async def _settle_some(self, answers: Sequence[_Answer]) -> Sequence[SmsRow]:
        """Write them; which go out once more."""
        now = self._context.clock()
        verdicts = [self._verdict(answer, now) for answer in answers]
        unwritten = await self._write(verdicts)
        lost = [answer.text for answer, verdict in zip(answers, verdicts, strict=True) if verdict in unwritten]
        texts = [answer.text for answer in answers if answer.text is not None]
        self._receipts.not_stored([text for text in lost if text is not None], WriterStopped("not written"))
        self._receipts.stored([text for text in texts if text not in lost])
        return [one.again for one in verdicts if one.again is not None and one not in unwritten]

    def _verdict(self, answer: _Answer, now: datetime) -> Verdict:
        if answer.text is not None:
            return Verdict("sent", tuple(self._receipts.rows(answer.text)))
        return judge(answer.row, answer.outcome, now, self._backoff)

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
