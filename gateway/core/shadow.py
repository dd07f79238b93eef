"""What models say, noted beside each other: the challenger sees what the champion saw, later, and decides nothing.

A decision pays for a digest and a place in a queue, no more. The queue has an end; what does not fit is left out and
counted. Everything else happens in a task of its own, a few decisions a second, the model itself in a thread.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zlib import crc32

from flows.frozen import dataclass
from flows.values import SubscriptionId
from gateway.core.models import RULES, Models
from gateway.telemetry import Metrics
from store import model_scores
from store.ids import new_id
from store.model_scores import ModelScore, Said
from store.unit import Unit
from store.writer import Writer

_LOG = logging.getLogger(__name__)
_MOST_WAITING = 1_000
_PAUSE = 1.0
_ALL = 2**32
Ask = Callable[[Any, Sequence[Any]], Sequence[Said]]
"""What a model says of inputs, in order."""


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision. inputs: what ``Ask`` of its kind takes; said: what it was decided by. See ``ModelScore``.

    by_rules: the rules decided, though a model may be in service.
    """

    kind: str
    subscription: SubscriptionId
    reference: str
    at: datetime
    until: datetime
    inputs: Any
    said: Said
    by_rules: bool = False


@dataclass(frozen=True, slots=True)
class _Noted:
    """With the version that it was decided by: there may be another by the time that it is worked on."""

    decided: Decided
    champion: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """share: of decisions that are noted, always the same ones. per_second: of these at most."""

    share: float = 0.1
    per_second: float = 1


class Shadow:
    """Notes decisions of the kinds that a model is in service for. models: those in service now; asks: by kind."""

    def __init__(
        self,
        models: Callable[[], Models],
        writer: Writer,
        metrics: Metrics,
        asks: Mapping[str, Ask],
        sampling: Sampling,
    ) -> None:
        self._models = models
        self._writer = writer
        self._metrics = metrics
        self._asks = asks
        self._share = int(sampling.share * _ALL)
        self._pause = max(_PAUSE, 1 / sampling.per_second)
        self._at_once = max(1, round(self._pause * sampling.per_second))
        self._waiting: deque[_Noted] = deque()
        self._broken: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    def watches(self, kind: str) -> bool:
        """Whether there is a model of it; without one nothing is noted."""
        models = self._models()
        return kind in models.champions or kind in models.challengers

    def note(self, kind: str, decisions: Iterable[Decided]) -> None:
        """Keep them for later, those of the share for which there is room. Raises nothing.

        decisions: of this kind; made only if there is a model of it.
        """
        if not self.watches(kind):
            return
        champion = self._models().version(kind)
        try:
            for one in decisions:
                if _digest(one) >= self._share:
                    continue
                if len(self._waiting) < _MOST_WAITING:
                    self._waiting.append(_Noted(one, RULES if one.by_rules else champion))
                else:
                    self._metrics.shadow.labels(kind, "left_out").inc()
        except Exception:  # whoever decides must not fail for whoever watches
            self._failed(kind, 1, "a decision could not be noted", kind)

    def start(self) -> None:
        """Begin to work on what is noted."""
        self._task = asyncio.create_task(self._run(), name="shadow")

    async def stop(self) -> None:
        """Leave what waits: it is a sample."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def work(self) -> int:
        """Ask the challengers about what waits, as much as may be at once, and write it down; how many."""
        taken = [self._waiting.popleft() for _ in range(min(self._at_once, len(self._waiting)))]
        by_kind: defaultdict[str, list[_Noted]] = defaultdict(list)
        for one in taken:
            by_kind[one.decided.kind].append(one)
        models = self._models()
        for kind, noted in by_kind.items():
            scores = await self._scores(models, kind, noted)
            await self._writer.commit(Unit(ops=tuple(map(model_scores.put, scores))))
            self._metrics.shadow.labels(kind, "noted").inc(len(scores))
        return len(taken)

    async def _scores(self, models: Models, kind: str, noted: Sequence[_Noted]) -> list[ModelScore]:
        challenger, answers = await self._challenged(models, kind, [one.decided.inputs for one in noted])
        return [
            ModelScore(
                id=new_id(one.decided.at),
                kind=kind,
                subscription=one.decided.subscription,
                reference=one.decided.reference,
                at=one.decided.at,
                until=one.decided.until,
                champion=one.champion,
                champion_said=one.decided.said,
                challenger=challenger,
                challenger_said=answer,
            )
            for one, answer in zip(noted, answers, strict=True)
        ]

    async def _challenged(
        self, models: Models, kind: str, inputs: Sequence[Any]
    ) -> tuple[str, Sequence[Said] | Sequence[None]]:
        """The version of the challenger and what it says; empty and nothing where there is none, or where it fails."""
        if kind in models.challengers:
            version = models.version(kind, "challenger")
            try:
                answers = await asyncio.to_thread(self._asks[kind], models.challenger(kind), inputs)
                if len(answers) == len(inputs):
                    return version, answers
            except Exception:  # whatever is wrong with a model that only watches, the champion's word is noted
                self._failed(kind, len(inputs), "a challenger fails", version)
        return "", [None] * len(inputs)

    def _failed(self, kind: str, times: int, what: str, which: str) -> None:
        """Count it, and tell it once."""
        self._metrics.shadow.labels(kind, "failed").inc(times)
        if which not in self._broken:
            self._broken.add(which)
            _LOG.exception(what, extra={"kind": kind, "which": which})

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._pause)
            try:
                await self.work()
            except Exception:
                self._metrics.failures.labels("shadow").inc()
                _LOG.exception("noting what models say failed; some of it is lost")


def _digest(decided: Decided) -> int:
    """The same for the same decision, whoever asks."""
    return crc32(f"{decided.kind}/{decided.subscription}/{decided.reference}/{decided.at.isoformat()}".encode())
