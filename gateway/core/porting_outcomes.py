"""Who ported of those whose features were taken: rows to train from, in which nobody can be found again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from flows.frozen import dataclass
from flows.values import SubscriptionId
from gateway.core.behaviour_desk import BehaviourDesk
from gateway.core.porting_features import SOURCES
from scoring import porting
from scoring.values import Floats
from store import ported_out
from store.ported_out import Ending
from store.reader import Reader


@dataclass(frozen=True, slots=True)
class Taken:
    """The features of one person as they were at ``at``."""

    subscription: SubscriptionId
    at: datetime
    features: Floats


@dataclass(frozen=True, slots=True)
class Outcome:
    """The features, without what was withdrawn since, and whether the person ported within the time."""

    features: Floats
    ported: bool


async def outcomes(
    reader: Reader, desk: BehaviourDesk, taken: Sequence[Taken], within: timedelta
) -> tuple[list[Outcome], Counter[str]]:
    """What became of people whose time is over; how many are left out, by why.

    Why: ``unknown`` to the store, ``erased`` on request, ``ended`` otherwise in that time, ``withdrawn`` everything.
    """
    ids = [one.subscription for one in taken]
    endings = await ported_out.endings(reader, ids)
    standing = await desk.standing([one for one in ids if one in endings and endings[one].at is None])
    found, left_out = list[Outcome](), Counter[str]()
    for one in taken:
        ending = endings.get(one.subscription)
        why = _left_out(ending, one.at + within)
        if ending is None or why:
            left_out[why] += 1
            continue
        # who has left withdrew nothing by leaving: what they agreed to when it was taken holds for rows without a name
        sources = standing.get(one.subscription)
        features = one.features if sources is None else porting.withheld(one.features, _agreed(sources))
        if np.isnan(features).all():
            left_out["withdrawn"] += 1
            continue
        found.append(Outcome(features, ported=ending.at is not None and ending.at <= one.at + within))
    return found, left_out


def _agreed(sources: frozenset[object]) -> frozenset[porting.Source]:
    return frozenset(one for one, source in SOURCES.items() if source in sources)


def _left_out(ending: Ending | None, until: datetime) -> str:
    if ending is None:
        return "unknown"
    if ending.erased:
        return "erased"
    return "ended" if ending.at is not None and ending.at <= until and not ending.ported else ""
