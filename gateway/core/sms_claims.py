"""Claims on texts: which may go out now, which without their offer, and what a claim that failed has left open."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from flows.contact_policy import Allowed, Denied, Reason
from flows.effects import RecordMarketingContact
from flows.frozen import dataclass
from flows.records import Subscriber
from flows.values import Channel, OfferId, Purpose, SubscriptionId
from gateway.core.context import Context
from store import offers, outbox, outgoing, sms_rows, subscriptions
from store.errors import StoreError
from store.sms_rows import SmsRow
from store.unit import Op, Unit

_QUIET_FOR = timedelta(minutes=10)
"""After that it is looked whether the quiet hours are over."""
_ONE_BY_ONE = timedelta(seconds=5)
_POLICY_HOLDS = timedelta(minutes=1)
"""A text that waited longer is held against the contact policy again before it leaves."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """going: those that are to be sent, this try not counted; failed: not written, to be claimed again; later: put off.

    All others are over, or withdrawn.
    """

    going: Sequence[SmsRow]
    failed: Sequence[SmsRow]
    later: Sequence[SmsRow] = ()


@dataclass(frozen=True, slots=True)
class _Stays:
    """A text that does not go now, what is written of that, and the row if it may go later."""

    row: SmsRow
    op: Op
    later: SmsRow | None = None


class SmsClaims:
    """Claims texts, many in one commit. The store has the last word: what was withdrawn is not found any more."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def claim(self, taken: Sequence[SmsRow], now: datetime) -> Claimed:
        """Claim them. When this raises, all are to be claimed again."""
        known = await self._people(taken, now)
        denied = {which: why for which, one in known.items() if (why := self._context.why_not_offer(one, now))}
        over, live = self._sorted_out(taken, denied, now)
        contacts, refused = self._counted([row for row in live if _is_scheduled(row)], known, now)
        over, live = [*over, *refused], [row for row in live if row.id not in {one.row.id for one in refused}]
        bare = {row.id for row in live if row.offers_something and await self._must_go_bare(row, denied, now)}
        live, reworded = self._brought_up_to_date(live, now)
        whole, stripped = [row for row in live if row.id not in bare], [row for row in live if row.id in bare]
        *found, ended = await asyncio.gather(
            self._taken(whole),
            self._taken(stripped, bare=True),
            self._written(
                _beside(over, stripped, whole, now), (*contacts, *reworded)
            ),  # behind the others: it looks at what they took
        )
        going, failed = list[SmsRow](), [] if ended else [one.row for one in over]
        stripped = [replace(row, repeats=row.repeats + 1) for row in stripped]
        for rows, one in ((whole, found[0]), (stripped, found[1])):
            if one is None:
                failed += [row for row in live if row.id in {missing.id for missing in rows}]
                continue
            gone = [row for row in rows if row.id in one]
            gone += await self._claimed_before([row for row in rows if row.id not in one])
            going += [row for row in gone if ended or not row.names]
            failed += [row for row in gone if row.names and not ended]  # what it offers could not be bought
        return Claimed(going, failed, [one.later for one in over if ended and one.later is not None])

    async def _people(self, rows: Sequence[SmsRow], now: datetime) -> Mapping[SubscriptionId, Subscriber]:
        """Those to whom offers go out that have waited."""
        people = {row.subscription for row in rows if _is_marketing(row) and _has_waited(row, now)}
        return await subscriptions.by_ids(self._context.reader, sorted(people))

    def _counted(
        self, rows: Sequence[SmsRow], known: Mapping[SubscriptionId, Subscriber], now: datetime
    ) -> tuple[Sequence[Op], Sequence[_Stays]]:
        """Scheduled marketing counts when it goes: contacts to note, and the texts that would be one too many.

        Of two to one person the second is looked at again once the first has counted.
        """
        contacts: dict[SubscriptionId, Op] = {}
        refused: list[_Stays] = []
        for row in rows:
            person = known.get(row.subscription)
            decision = self._context.may_contact(person, now) if person else Allowed()
            if isinstance(decision, Denied):
                refused.append(_Stays(row, outbox.end(row.id, "suppressed", now, reason=decision.reason)))
            elif row.subscription in contacts:
                refused.append(_put_off(row, "one_by_one", now, _ONE_BY_ONE))
            else:
                contact = RecordMarketingContact(row.subscription, now, Channel.SMS, decision.count_today + 1)
                contacts[row.subscription] = subscriptions.note_marketing(contact)
        return tuple(contacts.values()), refused

    def _sorted_out(
        self, taken: Sequence[SmsRow], denied: Mapping[SubscriptionId, str], now: datetime
    ) -> tuple[Sequence[_Stays], Sequence[SmsRow]]:
        """Those that do not go now, and the others."""
        reach, over, live = self._context.reach, list[_Stays](), list[SmsRow]()
        for row in taken:
            withheld = "" if reach.quiet else reach.withheld(row.msisdn, row.purpose)
            if row.purpose is Purpose.MARKETING and not withheld and _has_waited(row, now):
                withheld = denied.get(row.subscription, "")
            if row.expires_at is not None and row.expires_at <= now:
                over.append(_Stays(row, outbox.end(row.id, "expired", now, reason="too_late")))
            elif withheld == Reason.QUIET_HOURS:
                over.append(_put_off(row, withheld, now, _QUIET_FOR))
            elif withheld:
                over.append(_Stays(row, outbox.end(row.id, "suppressed", now, reason=withheld)))
            else:
                live.append(row)
        return over, live

    async def _must_go_bare(self, row: SmsRow, denied: Mapping[SubscriptionId, str], now: datetime) -> bool:
        """Whether what it offers may not go out any more, is stopped, or asks what cannot be answered there."""
        if row.in_vain or row.is_outdated(now) or self._context.reach.stops(Purpose.MARKETING):
            return True
        return _has_waited(row, now) and (row.subscription in denied or not await self._is_open(row.offer))

    def _brought_up_to_date(self, live: Sequence[SmsRow], now: datetime) -> tuple[Sequence[SmsRow], Sequence[Op]]:
        """What has waited so long that its figures are no claim to make goes without them; and how it is written so."""
        rows, ops = list[SmsRow](), list[Op]()
        for row in live:
            if row.is_outdated(now):
                self._context.metrics.claims_failed.labels("age").inc()
                rows.append(row.without_figures())
                ops.append(sms_rows.reword(rows[-1]))
            else:
                rows.append(row)
        return rows, ops

    async def _written(self, unit: Unit, contacts: Sequence[Op]) -> bool:
        """Whether it is durable."""
        unit = replace(unit, ops=(*unit.ops, *contacts))
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
        """Of rows that are not there: those whose claim is written although it seemed to fail. Nobody else claims."""
        stored = [await outbox.by_id(self._context.reader, row.id) for row in rows]
        return [row for row, one in zip(rows, stored, strict=True) if one is not None and one.state == "sending"]

    async def _is_open(self, offer: OfferId | None) -> bool:
        """Whether what a held text offers can still be accepted: it may have been answered otherwise meanwhile."""
        found = None if offer is None else await offers.by_id(self._context.reader, offer)
        return found is None or found.state == "open"


def _is_marketing(row: SmsRow) -> bool:
    return row.purpose is Purpose.MARKETING or row.offers_something


def _has_waited(row: SmsRow, now: datetime) -> bool:
    """Whether it is held against the contact policy again."""
    return row.held or now - row.created_at > _POLICY_HOLDS


def _is_scheduled(row: SmsRow) -> bool:
    """Marketing that was to go at a time: nobody has counted it yet."""
    return row.held and row.purpose is Purpose.MARKETING


def _put_off(row: SmsRow, reason: str, now: datetime, wait: timedelta) -> _Stays:
    due = now + wait
    move = outbox.move(row.id, "deferred", reason=reason, due_at=due)
    return _Stays(row, move, replace(row, state="deferred", due_at=due))


def _beside(over: Sequence[_Stays], bare: Sequence[SmsRow], whole: Sequence[SmsRow], now: datetime) -> Unit:
    """What does not go is written so; what a text names can be bought by an answer from now on, and nothing else."""
    return Unit(
        ops=(
            *(one.op for one in over),
            *(offers.unbind(row.offer) for row in bare if row.offer),
            *(op for row in whole for op in _named(row, now)),
        )
    )


def _named(row: SmsRow, now: datetime) -> Iterator[Op]:
    """An offer beside an alert is asked about when it goes; a list as one, with what was named before."""
    asked = None if row.offer is None else now
    return (offers.name(one, row.source, row.id, asked) for one in row.names if not row.repeats)
