"""Claims on texts: which may go out now, which without their offer, and what a claim that failed has left open."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flows.values import OfferId, Purpose
from gateway.core.context import Context
from store import offers, outbox, outgoing, subscriptions
from store.errors import StoreError
from store.outbox import SmsRow
from store.unit import Op, Unit

_POLICY_HOLDS = timedelta(minutes=1)
"""A text that waited longer is held against the contact policy again before it leaves."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """going: as they are from now on; failed: not written, to be claimed again. All others are over, or withdrawn."""

    going: Sequence[SmsRow]
    failed: Sequence[SmsRow]


class SmsClaims:
    """Claims texts, many in one commit. The store has the last word: what was withdrawn is not found any more."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._unsure: set[str] = set()

    async def claim(self, taken: Sequence[SmsRow], now: datetime) -> Claimed:
        """Claim them. When this raises, all are to be claimed again."""
        over, live = self._sorted_out(taken, now)
        bare = await self._no_longer_allowed(live, now)
        whole, stripped = [row for row in live if row.id not in bare], [row for row in live if row.id in bare]
        ended, *found = await asyncio.gather(
            self._written(_beside(over, stripped)),
            self._taken(whole),
            self._taken(stripped, bare=True),
        )
        going, failed = list[SmsRow](), [] if ended else [row for row, _ in over]
        for rows, one, repeats in ((whole, found[0], 0), (stripped, found[1], 1)):
            if one is None:
                failed += rows
                continue
            going += [_taken_now(row, repeats) for row in rows if row.id in one]
            if self._unsure:
                going += await self._claimed_before([row for row in rows if row.id not in one])
        self._unsure.difference_update([row.id for row in live])
        self._unsure.update([row.id for row in failed])
        return Claimed(going, failed)

    def _sorted_out(
        self, taken: Sequence[SmsRow], now: datetime
    ) -> tuple[Sequence[tuple[SmsRow, Op]], Sequence[SmsRow]]:
        """Those that do not go, each with what becomes of it, and the others."""
        reach, over, live = self._context.reach, list[tuple[SmsRow, Op]](), list[SmsRow]()
        for row in taken:
            withheld = "" if reach.quiet else reach.withheld(row.msisdn, row.purpose)
            if row.expires_at is not None and row.expires_at <= now:
                over.append((row, outbox.end(row.id, "expired", now, reason="too_late")))
            elif withheld:
                over.append((row, outbox.end(row.id, "suppressed", now, reason=withheld)))
            else:
                live.append(row)
        return over, live

    async def _written(self, unit: Unit) -> bool:
        """Whether it is durable."""
        return not unit.ops or await self._context.writer.settle_all([unit]) == [True]

    async def _taken(self, rows: Sequence[SmsRow], *, bare: bool = False) -> Collection[str] | None:
        """The ids of those that were there to be taken; None when that is not known."""
        if not rows:
            return ()
        try:
            return await self._context.writer.take(outgoing.take([row.id for row in rows], repeated=bare))
        except StoreError:
            return None

    async def _claimed_before(self, rows: Sequence[SmsRow]) -> Sequence[SmsRow]:
        """Of rows that are not there: those whose claim is written although it seemed to fail."""
        stored = [await outbox.by_id(self._context.reader, row.id) for row in rows if row.id in self._unsure]
        return [row for row in stored if isinstance(row, SmsRow) and row.state == "sending"]

    async def _no_longer_allowed(self, rows: Sequence[SmsRow], now: datetime) -> set[str]:
        """Texts that waited with an offer which may not go out any more, or ask what cannot be answered there."""
        bare = set()
        for row in rows:
            if not row.offers_something:
                continue
            if row.in_vain or self._context.reach.stops(Purpose.MARKETING):
                bare.add(row.id)
            elif row.held or now - row.created_at > _POLICY_HOLDS:
                subscriber = await subscriptions.by_id(self._context.reader, row.subscription)
                forbidden = subscriber is not None and not self._context.may_still_offer(subscriber, now)
                if forbidden or not await self._is_open(row.offer):
                    bare.add(row.id)
        return bare

    async def _is_open(self, offer: OfferId | None) -> bool:
        """Whether what a held text offers can still be accepted: it may have been answered otherwise meanwhile."""
        found = None if offer is None else await offers.by_id(self._context.reader, offer)
        return found is None or found.state == "open"


def _beside(over: Sequence[tuple[SmsRow, Op]], bare: Sequence[SmsRow]) -> Unit:
    """What does not go is written so; what a text does not name cannot be bought by an answer to it."""
    return Unit(ops=(*(op for _, op in over), *(offers.unbind(row.offer) for row in bare if row.offer)))


def _taken_now(row: SmsRow, repeats: int) -> SmsRow:
    return replace(row, state="sending", attempts=row.attempts + 1, repeats=row.repeats + repeats)
