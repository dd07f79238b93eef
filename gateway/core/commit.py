"""Making a step durable and handing what waits to the lanes that carry it out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from flows.effects import Effect, PushUssd, SendSms
from flows.values import Purpose
from gateway.core.reach import Reach
from store.consent_ledger import ConsentLedger
from store.errors import StoreError
from store.record import Due, Written, write
from store.unit import Op, Unit
from store.webhook_rows import WebhookRow
from store.writer import Writer

_LOG = logging.getLogger(__name__)
_SCREEN = Purpose.ALERT
"""What a screen is for that nobody has asked for."""
STORE_PAUSE = 1.0
"""Seconds until a store that was away is asked again."""


Tell = Callable[[Sequence[Effect]], Sequence[WebhookRow]]


def nothing(effects: Sequence[Effect]) -> Sequence[WebhookRow]:
    """Nobody hears anything."""
    return ()


class Committer:
    """The one door from effects to the store. Replies and calls go out after the commit, never before.

    hand_over: raises nothing, as what it is given is durable by then, and must not look as if it were not.
    tell: what the operator's own systems hear of a step; it is written with it.
    """

    def __init__(
        self,
        writer: Writer,
        reach: Reach,
        hand_over: Callable[[Due], None],
        consents: ConsentLedger,
        *,
        tell: Tell = nothing,
    ) -> None:
        self._writer = writer
        self._reach = reach
        self._hand_over = hand_over
        self._consents = consents
        self._tell = tell

    async def commit(
        self,
        effects: Iterable[Effect],
        always: tuple[Op, ...] = (),
        beside: tuple[Op, ...] = (),
    ) -> bool:
        """Write one step. False when its gate was shut: then nothing but ``always`` was written."""
        written = self._written(effects, always, beside)
        durable = asyncio.ensure_future(self._made_durable(written))
        durable.add_done_callback(partial(self._woken, written))
        return await asyncio.shield(durable)  # a caller who gives up must not leave what is committed lying

    async def commit_all(self, steps: Sequence[tuple[Iterable[Effect], tuple[Op, ...]]]) -> list[bool | StoreError]:
        """Write many independent steps in as few groups as can be: for each what ``commit`` returns or raises."""
        written = [self._written(effects, always) for effects, always in steps]
        outcomes = await self._settled(written)
        for one, outcome in zip(written, outcomes, strict=True):
            if outcome is True:
                self._wake(one)
        return outcomes

    async def note(self, *ops: Op) -> None:
        """Write rows that no flow decides on."""
        await self._writer.commit(Unit(ops=ops))

    def _written(self, effects: Iterable[Effect], always: tuple[Op, ...], beside: tuple[Op, ...] = ()) -> Written:
        effects = tuple(effects)
        return write(map(self._withhold, effects), always, beside, self._tell(effects))

    def _made_durable(self, written: Written) -> Awaitable[bool]:
        """Consents take their place in the chain one after the other; everything else goes to the writer at once."""
        if written.consents:
            return self._consents.commit(written.unit, written.consents)
        return self._writer.submit(written.unit)

    async def _settled(self, written: Sequence[Written]) -> list[bool | StoreError]:
        """Each on its own terms; without consents in one group."""
        if not any(one.consents for one in written):
            return await self._writer.settle_all(one.unit for one in written)
        outcomes = await asyncio.gather(*map(self._made_durable, written), return_exceptions=True)
        return [_outcome(one) for one in outcomes]

    def _woken(self, written: Written, durable: asyncio.Future[bool]) -> None:
        if not durable.cancelled() and durable.exception() is None and durable.result():
            self._wake(written)

    def _wake(self, written: Written) -> None:
        for row in written.rows:
            self._hand_over(row)

    def _withhold(self, effect: Effect) -> Effect:
        """Keep what would go to somebody who is not to be contacted, and say why, instead of sending it."""
        if isinstance(effect, SendSms | PushUssd) and not effect.suppressed:
            withheld = self._reach.withheld(effect.msisdn, effect.purpose if isinstance(effect, SendSms) else _SCREEN)
            if withheld:
                return replace(effect, suppressed=withheld)
        return effect


async def persist(writer: Writer, units: Sequence[Unit]) -> list[bool | StoreError]:
    """Write what has happened outside and cannot be asked again, each unit by itself, as long as the store is away.

    For each what its commit returns, or the error of what the store does not take whatever is tried.
    Raises WriterStopped.
    """
    outcomes = await writer.settle_all(units)
    while away := [n for n, one in enumerate(outcomes) if isinstance(one, StoreError) and one.retryable]:
        _LOG.error("what has happened waits for the store", extra={"units": len(away)})
        await asyncio.sleep(STORE_PAUSE)
        for n, outcome in zip(away, await writer.settle_all(units[n] for n in away), strict=True):
            outcomes[n] = outcome
    return outcomes


def _outcome(outcome: bool | BaseException) -> bool | StoreError:
    if isinstance(outcome, bool | StoreError):
        return outcome
    raise outcome
