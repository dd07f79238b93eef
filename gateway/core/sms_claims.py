"""Claims on texts: which may go out now, which without their offer, and what a claim that failed has left open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from flows.values import OfferId
from gateway.core.context import Context
from store import offers, outbox, outgoing, subscriptions
from store.errors import StoreError
from store.outbox import SmsRow
from store.unit import Op, Unit

_POLICY_HOLDS = timedelta(minutes=1)
"""A text that waited longer is held against the contact policy again before it leaves."""


class SmsClaims:
    """Claims texts, many in one commit; those that were held back through gates, each on its own terms."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._unsure: set[str] = set()

    async def claim(self, taken: Sequence[SmsRow], now: datetime) -> tuple[list[SmsRow], list[SmsRow]]:
        """Which go, as they are from now on, and which could not be written: these are to be claimed again.

        All others are over: past their time, or withdrawn. When this raises, all are to be claimed again.
        """
        bare = await self._no_longer_allowed(taken, now)
        plain = [row for row in taken if not row.held or _pointless(row, now)]
        held = [row for row in taken if row.held and not _pointless(row, now)]
        again = self._unsure.intersection(row.id for row in held)
        self._unsure.update(row.id for row in held)
        together = Unit(ops=tuple(op for row in plain for op in _claim(row, row.id in bare, now)))
        gates = [_gate(row, row.id in bare) for row in held]
        written, *opened = await self._context.writer.settle_all([together, *gates])
        going, failed = list[SmsRow](), list[SmsRow]()
        for row, outcome in zip((*plain, *held), (*[written] * len(plain), *opened), strict=True):
            if isinstance(outcome, StoreError):
                failed.append(row)
            elif outcome and not _pointless(row, now):
                repeats = row.repeats + (row.id in bare)
                going.append(replace(row, state="sending", attempts=row.attempts + 1, repeats=repeats))
            elif row.id in again:
                going += await self._claimed_before(row)
        self._unsure.difference_update({row.id for row in held} - {row.id for row in failed})
        return going, failed

    async def _claimed_before(self, row: SmsRow) -> Sequence[SmsRow]:
        """A row whose gate is shut now: its claim may be written although it seemed to fail."""
        stored = await outbox.by_id(self._context.reader, row.id)
        return [stored] if isinstance(stored, SmsRow) and stored.state == "sending" else []

    async def _no_longer_allowed(self, rows: Sequence[SmsRow], now: datetime) -> set[str]:
        """Texts that waited with an offer which may not go out any more: then the alert goes alone."""
        bare = set()
        for row in rows:
            offers_something = row.repeat_text and row.repeat_text != row.text and not row.repeats
            if offers_something and (row.held or now - row.created_at > _POLICY_HOLDS) and not _pointless(row, now):
                subscriber = await subscriptions.by_id(self._context.reader, row.subscription)
                forbidden = subscriber is not None and not self._context.may_still_offer(subscriber, now)
                if forbidden or not await self._is_open(row.offer):
                    bare.add(row.id)
        return bare

    async def _is_open(self, offer: OfferId | None) -> bool:
        """Whether what a held text offers can still be accepted: it may have been answered otherwise meanwhile."""
        found = None if offer is None else await offers.by_id(self._context.reader, offer)
        return found is None or found.state == "open"


def _claim(row: SmsRow, bare: bool, now: datetime) -> Sequence[Op]:
    if _pointless(row, now):
        return (outbox.end(row.id, "expired", now, reason="too_late"),)
    return outgoing.claim(row.id, repeated=bare), *_unbound(row, bare)


def _gate(row: SmsRow, bare: bool) -> Unit:
    return Unit(_unbound(row, bare), gate=outgoing.claim_once(row.id, repeated=bare))


def _unbound(row: SmsRow, bare: bool) -> tuple[Op, ...]:
    """What a text does not name cannot be bought by an answer to it."""
    return (offers.unbind(row.offer),) if bare and row.offer else ()


def _pointless(row: SmsRow, now: datetime) -> bool:
    return row.expires_at is not None and row.expires_at <= now
