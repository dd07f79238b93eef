"""Screens on their way to phones: claimed with the session that they open, shown once at most, never again.

Behind every screen stands a text that is held back (``store.held_texts``). A screen that was seen withdraws it; one
that nobody saw lets it go at once; where nobody can say, also after a crash, it goes at its own time (ADR 15).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from flows.effects import RecordMarketingContact
from flows.values import Channel, Purpose
from gateway.core.commit import persist
from gateway.core.context import Context
from gateway.core.crew import Crew
from gateway.core.ports import PushFailed, PushOutcome, PushRequest, PushUnknown, Shown
from gateway.core.pushers import MenuPusher, Pushers
from gateway.core.pushes import Opening, Pushes
from gateway.core.turns import LONGEST_TURN
from store import held_texts, offers, outbox, push_rows, subscriptions, turns
from store.push_rows import PushRow
from store.sms_rows import SmsRow
from store.unit import Op, Unit
from store.writer import raise_first

_LOG = logging.getLogger(__name__)
_AT_ONCE = 500
"""At one door."""
_LEAST = 3
"""So much of the time until the text goes, as a fraction of one, must be left for a screen."""


class PushLane:
    """Pushes, many at a time at each door: each waits for a person. send: takes a text that may go now.

    stop_seconds: how long a stop waits for answers that are being worked on.
    """

    def __init__(
        self,
        context: Context,
        pushers: Pushers,
        pushes: Pushes,
        send: Callable[[SmsRow], None],
        *,
        stop_seconds: float = LONGEST_TURN + 0.5,
    ) -> None:
        self._context = context
        self._pushers = pushers
        self._pushes = pushes
        self._send = send
        self._stop_seconds = stop_seconds
        self._crews: dict[str, Crew[PushRow]] = {}
        self._open: dict[str, PushRow] = {}
        self._closing = False

    @property
    def backlog(self) -> int:
        """Screens that wait, or wait for an answer."""
        return sum(map(len, self._crews.values()))

    def put(self, row: PushRow) -> None:
        """Take up a committed row; a slow network is waited for at its own door alone."""
        if self._closing:  # the row is durable; the next start takes it up
            return
        if row.door not in self._crews:
            self._crews[row.door] = Crew("push", self._context.metrics, self._work, at_once=_AT_ONCE)
        self._crews[row.door].put(row.id, row)

    async def recover(self, row: PushRow) -> None:
        """Take up a row that a stopped process left. One that was claimed may have been shown, and is not again."""
        if row.state == "queued":
            self.put(row)
        else:
            await self._settle(row, PushUnknown("the gateway stopped while it was being shown"))

    def close(self) -> None:
        """Push nothing more; of a screen that is out what became of it is said by an answer, or by the next start."""
        self._closing = True
        for crew in self._crews.values():
            crew.close()

    async def stop(self) -> None:
        """Wait a moment for what is being answered; for the rest the next start lets the texts go."""
        self.close()
        await asyncio.gather(*(crew.stop(self._stop_seconds) for crew in self._crews.values()))
        for row in tuple(self._open.values()):
            if await self._answered(row):
                await self._settle(row, Shown())

    async def _work(self, row: PushRow) -> None:
        at = self._context.clock()
        if row.until - at < (row.until - row.created_at) / _LEAST:  # the text would come while they still read
            await self._write(outbox.end(row.id, "expired", at, reason="too_late"))
            self._count(row, "expired")
            return
        pusher = self._pushers.named(row.door)
        stopped = self._context.reach.stops(Purpose.MARKETING if row.offer else Purpose.ALERT)
        if stopped or pusher is None or not pusher.wire.ready:
            await self._settle(row, PushFailed("away"))
            return
        opening = await self._pushes.opening(row, pusher)
        if isinstance(opening, PushFailed):
            await self._settle(row, opening)
            return
        row = replace(row, state="sending", session=opening.session)
        if await self._claimed(row, opening):
            self._open[row.id] = row
            await self._settle(row, await self._pushed(row, pusher, opening))

    async def _claimed(self, row: PushRow, opening: Opening) -> bool:
        """Claim and session are durable before the screen leaves, and that it names its offer."""
        number, ops = self._context.service_number, [turns.put(opening.turn)]
        if row.offer and number.answerable:
            ops.append(offers.name(row.offer, number.address, row.id, self._context.clock()))
        return await self._context.writer.commit(Unit(ops=tuple(ops), gate=push_rows.claim(row)))

    async def _pushed(self, row: PushRow, pusher: MenuPusher, opening: Opening) -> PushOutcome:
        request = PushRequest(opening.session, row.msisdn, opening.turn.reply, opening.asks)
        try:
            return await pusher.wire.push(request)
        except Exception as error:  # what became of it nobody knows
            _LOG.exception("a screen was pushed and then lost", extra={"outbox_id": row.id})
            return PushUnknown(type(error).__name__)

    # ── what became of it ──

    async def _settle(self, row: PushRow, outcome: PushOutcome) -> None:
        """Write it; a text that may go now goes. Where something was said in the session, its screen was seen.

        What nobody can say while the lane closes is asked again at its end, and at the next start.
        """
        if isinstance(outcome, PushUnknown) and await self._answered(row):
            outcome = Shown()
        if isinstance(outcome, PushUnknown) and self._closing:
            return
        self._open.pop(row.id, None)
        at = self._context.clock()
        match outcome:
            case Shown():
                self._count(row, "shown")
                await self._write(outbox.end(row.id, "done", at), held_texts.withdraw(row.fallback, at))
            case PushFailed():
                self._count(row, outcome.reason)
                ended = outbox.end(row.id, "failed", at, reason=outcome.reason)
                released = held_texts.release(row.fallback, at)
                await self._write(ended, released, *await self._unseen(row, outcome))
                await self._let_go(row)
            case PushUnknown():
                self._count(row, "unknown")
                await self._write(outbox.move(row.id, "in_doubt", reason=outcome.detail[:80]))
            case _:
                assert_never(outcome)

    async def _answered(self, row: PushRow) -> bool:
        return await self._pushes.answered(row, self._pushers.named(row.door))

    async def _unseen(self, row: PushRow, failed: PushFailed) -> tuple[Op, ...]:
        """An offer on a screen that surely nobody saw was not named there, and no contact on that channel."""
        if row.offer is None or failed.reason == "no_answer":
            return ()
        return held_texts.unnamed(row.offer, row.fallback), *await self._contact(row)

    async def _contact(self, row: PushRow) -> tuple[Op, ...]:
        """The text is the contact."""
        person = await subscriptions.by_id(self._context.reader, row.subscription)
        if person is None or person.marketing_at is None or person.marketing_channel != Channel.USSD:
            return ()
        contact = RecordMarketingContact(row.subscription, person.marketing_at, Channel.SMS, person.marketing_count)
        return (subscriptions.note_marketing(contact),)

    async def _let_go(self, row: PushRow) -> None:
        text = await outbox.by_key(self._context.reader, row.fallback)
        if isinstance(text, SmsRow) and text.state in ("queued", "deferred"):
            self._send(text)

    async def _write(self, *ops: Op) -> None:
        """Write, as long as the store is away: what the network did cannot be asked again."""
        raise_first(await persist(self._context.writer, [Unit(ops=ops)]))

    def _count(self, row: PushRow, outcome: str) -> None:
        self._context.metrics.pushes.labels(row.door, outcome).inc()
