"""From people and bundles to the arrays of one decision, and back."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from flows.alert import Forecast, others_lasting
from flows.catalogue import Bundle
from flows.frozen import dataclass
from flows.personal_price import at_own_price
from flows.usable import Pool
from flows.values import Unit
from gateway.core.case import Case
from gateway.core.forecasting import Forecasting
from gateway.core.keeping import Kept, kept_of
from gateway.core.offered import Offered
from gateway.core.offering import Made, decided
from gateway.core.ranking import Ranking
from scoring.depletion import told
from scoring.errors import ScoringError
from scoring.features import UsageFeatures, UsageState, features, from_bytes
from scoring.values import PRIOR_PER_HOUR, Reason, Rhythm, UsageBatch

__all__ = ["Case", "Verdict", "ends", "judge", "ranked"]
_NAN = math.nan
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What scoring says of a case. others_last_hours: for how long the other bundles of this unit last.

    kept: what is kept of the decision. segment: index into a model's ``SEGMENTS``, None where the forecast was made by
    hand.
    """

    forecast: Forecast
    others_last_hours: float
    best: Bundle | None
    on_sale: bool
    decision: Mapping[str, Any]
    pool: Pool
    kept: Kept
    segment: int | None = None


def judge(
    cases: Sequence[Case],
    sold: Callable[[Unit], Offered],
    at: datetime,
    ranking: Ranking | None = None,
    forecasting: Forecasting | None = None,
) -> list[Verdict]:
    """A verdict for every case, in order; cases of one unit are decided in one batch.

    sold: what is offered where a unit ends. ranking: that learns, None for today's rule. forecasting: by a model, None
    for by hand.
    """
    by_unit: defaultdict[Unit, list[int]] = defaultdict(list)
    for index, case in enumerate(cases):
        by_unit[case.event.bucket.unit].append(index)
    verdicts: dict[int, Verdict] = {}
    for unit, indices in by_unit.items():
        of_unit = [cases[index] for index in indices]
        pools = [case.pool(at) for case in of_unit]
        usage = _told(_usage(of_unit, pools, unit, at), of_unit, unit, forecasting)
        made = decided(of_unit, usage, sold(unit), ranking)
        for row, (index, kept) in enumerate(zip(indices, kept_of(made), strict=True)):
            verdicts[index] = _verdict(pools[row], made, row, kept)
    return [verdicts[index] for index in range(len(cases))]


def ends(cases: Sequence[Case], at: datetime, forecasting: Forecasting | None = None) -> list[Forecast | None]:
    """When each pool is used up; None where too little is known of the person's pace to tell without being asked."""
    found: dict[int, Forecast | None] = {}
    for unit in {case.event.bucket.unit for case in cases}:
        indices = [index for index, case in enumerate(cases) if case.event.bucket.unit is unit]
        of_unit = [cases[index] for index in indices]
        usage = _usage(of_unit, [case.pool(at) for case in of_unit], unit, at)
        forecasts = told(_told(usage, of_unit, unit, forecasting))
        watched = (usage.days >= 1) | ((usage.initial > usage.remaining) & (usage.elapsed_hours >= 1))
        for row, index in enumerate(indices):
            known = Forecast(float(forecasts.p10[row]), float(forecasts.p50[row]), float(forecasts.p90[row]))
            found[index] = known if watched[row] else None
    return [found[index] for index in range(len(cases))]


def ranked(
    cases: Mapping[Unit, Case], sold: Callable[[Unit], Offered], at: datetime, ranking: Ranking | None
) -> list[Bundle]:
    """What one person may buy, the best first, each at what it costs them; what they cannot pay is left out, unless
    nobody knows their balance.

    cases: the person as they stand in each unit. A bundle of several units counts by the one that it is best for.
    ranking: without one, or for whoever is held out, by today's rule, which ranks nothing while no balance is known.
    """
    scores: dict[str, tuple[float, Bundle]] = {}
    for unit, case in cases.items():
        made = decided([case], _usage([case], [case.pool(at)], unit, at), sold(unit), ranking)
        for column, score in made.worths():
            bundle = at_own_price(made.offered.bundles[column], case.own)
            if bundle.id not in scores or scores[bundle.id][0] < score:
                scores[bundle.id] = (score, bundle)
    best_first = sorted(scores.values(), key=lambda scored: (-scored[0], scored[1].price.amount))
    return [bundle for _, bundle in best_first]


def usage_of(cases: Sequence[Case], unit: Unit, at: datetime) -> UsageBatch:
    """What is forecast from, for cases of one unit: the same as decides on them."""
    return _usage(cases, [case.pool(at) for case in cases], unit, at)


def _usage(cases: Sequence[Case], pools: Sequence[Pool], unit: Unit, at: datetime) -> UsageBatch:
    """What is used up is the pool; how fast is told by the bundle that ends, among others."""
    known = [_features(case.usage if unit is Unit.BYTE else None, at) for case in cases]
    n = len(cases)
    return UsageBatch(
        remaining=np.array([_pooled(pool) for pool in pools], dtype=float),
        initial=np.array([_or_nan(pool.ending.initial) + _pooled(pool) - pool.ending.remaining for pool in pools]),
        elapsed_hours=np.array([_hours(pool.ending.activated_at, at) for pool in pools]),
        hours_to_expiry=np.array([-_hours(pool.ending.expires_at, at) for pool in pools]),
        hour=np.full(n, float(at.hour)),  # the profile is kept by UTC hours
        profile=np.array([one.profile for one in known]),
        recent_day=np.array([one.recent_day for one in known]),
        log_day_std=np.array([one.log_day_std for one in known]),
        days=np.array([one.days for one in known]),
        prior=np.full(n, PRIOR_PER_HOUR[unit]),
        rhythm=Rhythm(
            np.array([one.recent for one in known]),
            np.array([one.log_day_mean for one in known]),
            np.full(n, float(at.weekday())),
        ),
    )


def _told(usage: UsageBatch, cases: Sequence[Case], unit: Unit, forecasting: Forecasting | None) -> UsageBatch:
    """With what the model in service says of it; it knows data alone."""
    if forecasting is None or unit is not Unit.BYTE:
        return usage
    return forecasting.told(usage, [case.subscriber.segment or "" for case in cases])


def _verdict(pool: Pool, made: Made, row: int, kept: Kept) -> Verdict:
    forecasts, ranking, best = made.decisions.forecasts, made.decisions.ranking, made.best(row)
    others = others_lasting(pool)
    told = Forecast(float(forecasts.p10[row]), float(forecasts.p50[row]), float(forecasts.p90[row]))
    return Verdict(
        forecast=told,
        others_last_hours=others / float(forecasts.pace[row]),
        best=made.offered.bundles[best] if best >= 0 else None,
        on_sale=int(ranking.reasons[row]) != Reason.NONE_ELIGIBLE,
        decision={
            "p10_hours": round(told.p10, 2),
            "p50_hours": round(told.p50, 2),
            "p90_hours": round(told.p90, 2),
            "p_depletes_before_expiry": round(float(forecasts.p_before_expiry[row]), 4),
            "pace_per_hour": round(float(forecasts.pace[row]), 1),
            "score": round(float(ranking.scores[row, best]), 2) if 0 <= best < ranking.scores.shape[1] else 0,
            "considered": ranking.scores.shape[1],
            "reasons": kept.reasons,
            "forecast_by": "rules" if forecasts.segments is None else "model",
        },
        pool=pool,
        kept=kept,
        segment=None if forecasts.segments is None else int(forecasts.segments[row]),
    )


def _pooled(pool: Pool) -> int:
    """All that can be used here and now; where nothing can, the bundle alone."""
    return pool.remaining or pool.ending.remaining


def _features(usage: bytes | None, at: datetime) -> UsageFeatures:
    """Features of a person without history, or with one that cannot be read, are those of a new one."""
    try:
        return features(from_bytes(usage) if usage else UsageState(), at.timestamp())
    except ScoringError:
        return features(UsageState(), at.timestamp())


def _hours(since: datetime | None, at: datetime) -> float:
    return _NAN if since is None else (at - since).total_seconds() / _HOUR


def _or_nan(value: int | None) -> float:
    return _NAN if value is None else float(value)
