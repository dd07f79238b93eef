"""Making a step durable and handing what waits to the lanes that carry it out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from flows.effects import Effect, SendSms
from gateway.core.context import Reach
from store.errors import StoreError
from store.outbox import OutboxRow
from store.record import Written, write
from store.unit import Op, Unit
from store.writer import Writer


class Committer:
    """The one door from effects to the store. Replies and calls go out after the commit, never before."""

    def __init__(self, writer: Writer, reach: Reach, hand_over: Callable[[OutboxRow], None]) -> None:
        self._writer = writer
        self._reach = reach
        self._hand_over = hand_over

    async def commit(self, effects: Iterable[Effect], always: tuple[Op, ...] = (), beside: tuple[Op, ...] = ()) -> bool:
        """Write one step. False when its gate was shut: then nothing but ``always`` was written."""
        written = write(map(self._withhold, effects), always, beside)
        opened = await self._writer.commit(written.unit)
        if opened:
            self._wake(written)
        return opened

    async def commit_all(self, steps: Sequence[tuple[Iterable[Effect], tuple[Op, ...]]]) -> list[bool | StoreError]:
        """Write many independent steps in as few groups as can be: for each what ``commit`` returns or raises."""
        written = [write(map(self._withhold, effects), always) for effects, always in steps]
        outcomes = await self._writer.settle_all(one.unit for one in written)
        for one, outcome in zip(written, outcomes, strict=True):
            if outcome is True:
                self._wake(one)
        return outcomes

    async def note(self, *ops: Op) -> None:
        """Write rows that no flow decides on."""
        await self._writer.commit(Unit(ops=ops))

    def _wake(self, written: Written) -> None:
        for row in written.rows:
            self._hand_over(row)

    def _withhold(self, effect: Effect) -> Effect:
        """Keep a text to somebody who is not to be contacted, and say why, instead of sending it."""
        if isinstance(effect, SendSms) and not effect.suppressed:
            withheld = self._reach.withheld(effect.msisdn)
            if withheld:
                return replace(effect, suppressed=withheld)
        return effect
