"""What came of what models spoke of: found out once it is over, written beside what they said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from store import model_outcomes, model_scores
from store.model_scores import ModelScore
from store.reader import Reader
from store.unit import Unit
from store.writer import Writer

NOT_IN_TIME = -1.0
"""Stands for hours where a bundle was not used up before its end by the clock."""
GRACE = timedelta(hours=1)
"""For what is told late."""
_HOUR = 3600.0
Actual = Mapping[str, float | None]
"""By id of the score; None for never to be known."""


async def settle(reader: Reader, writer: Writer, now: datetime) -> int:
    """Find out what came of everything that is over; how much of it."""
    done = 0
    while page := await model_scores.over(reader, now - GRACE):
        by_kind: defaultdict[str, list[ModelScore]] = defaultdict(list)
        for score in page:
            by_kind[score.kind].append(score)
        actual: dict[str, float | None] = {}
        for kind, scores in by_kind.items():
            actual |= await OUTCOMES.get(kind, _never)(reader, scores)
        await writer.commit(Unit(ops=tuple(model_scores.settle(one, actual.get(one.id), now) for one in page)))
        done += len(page)
    return done


async def depletions(reader: Reader, scores: Sequence[ModelScore]) -> Actual:
    """Hours until the bundle was used up. Of a subscription that has ended before, nobody told."""
    times = await model_outcomes.depleted(reader, [(one.subscription, one.reference) for one in scores])
    ended = await model_outcomes.ended(reader, [one.subscription for one in scores])

    def of(one: ModelScore) -> float | None:
        for at in times.get((one.subscription, one.reference), ()):
            if one.at <= at <= one.until + GRACE:
                return (at - one.at).total_seconds() / _HOUR
        over = ended.get(one.subscription)
        return None if over is not None and over < one.until else NOT_IN_TIME

    return {one.id: of(one) for one in scores}


async def acceptances(reader: Reader, scores: Sequence[ModelScore]) -> Actual:
    """1 for an offer that was accepted, 0 for one that was declined or not answered."""
    states = await model_outcomes.offer_states(reader, [one.reference for one in scores])
    came = {"accepted": 1.0, "declined": 0.0, "expired": 0.0}
    return {one.id: came.get(states.get(one.reference, "")) for one in scores}


async def _never(reader: Reader, scores: Sequence[ModelScore]) -> Actual:
    return {}


OUTCOMES: Mapping[str, Callable[[Reader, Sequence[ModelScore]], Awaitable[Actual]]] = {
    "depletion": depletions,
    "acceptance": acceptances,
}
"""By kind."""
