"""From people and bundles to the arrays of one decision, and back."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from flows.alert import Forecast, others_lasting
from flows.catalogue import Bundle
from flows.events import BundleChange, BundleReported
from flows.frozen import dataclass
from flows.records import Subscriber
from flows.usable import Place, Pool, pool_of
from flows.values import Bucket, Unit, Wallet
from gateway.core.context import eligibility_facts
from gateway.core.forecasting import Forecasting
from scoring.decide import decide
from scoring.depletion import told
from scoring.errors import ScoringError
from scoring.features import UsageFeatures, UsageState, features, from_bytes
from scoring.values import PRIOR_PER_HOUR, DecisionBatch, Decisions, OfferBatch, Reason, Rhythm, UsageBatch

_NAN = math.nan
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Case:
    """One person whose bundle ends. usage: what the store holds of their use. place: where they are, if known."""

    subscriber: Subscriber
    event: BundleReported
    wallet: Wallet | None
    usage: bytes | None
    place: Place | None = None

    def pool(self, at: datetime) -> Pool:
        """All that can be used in place of the bundle that ends."""
        return pool_of(self.event, self.wallet, self.place or Place(at))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What scoring says of a case. others_last_hours: for how long the other bundles of this unit last.

    segment: index into a model's ``SEGMENTS``, None where the forecast was made by hand.
    """

    forecast: Forecast
    others_last_hours: float
    best: Bundle | None
    on_sale: bool
    decision: Mapping[str, Any]
    pool: Pool
    segment: int | None = None


def judge(
    cases: Sequence[Case], on_sale: Sequence[Bundle], at: datetime, forecasting: Forecasting | None = None
) -> list[Verdict]:
    """A verdict for every case, in order; cases of one unit are decided in one batch.

    forecasting: by a model, None for by hand.
    """
    by_unit: defaultdict[Unit, list[int]] = defaultdict(list)
    for index, case in enumerate(cases):
        by_unit[case.event.bucket.unit].append(index)
    verdicts: dict[int, Verdict] = {}
    for unit, indices in by_unit.items():
        offered = [bundle for bundle in on_sale if bundle.amount(unit) > 0]
        of_unit = [cases[index] for index in indices]
        pools = [case.pool(at) for case in of_unit]
        usage = _told(_usage(of_unit, pools, unit, at), of_unit, unit, forecasting)
        decisions = decide(DecisionBatch(usage, _offers(of_unit, offered, unit)))
        for row, index in enumerate(indices):
            verdicts[index] = _verdict(pools[row], offered, decisions, row)
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


def payable(
    person: Subscriber, wallet: Wallet, usage: bytes | None, on_sale: Sequence[Bundle], at: datetime
) -> list[Bundle]:
    """What this person may buy and can pay, the best first, judged as if they had nothing left of anything.

    A bundle of several units counts by the one that it is best for.
    """
    scores: dict[str, tuple[float, Bundle]] = {}
    for unit in Unit:
        offered = [bundle for bundle in on_sale if bundle.amount(unit) > 0]
        nothing = BundleReported(BundleChange.DEPLETED, Bucket("", unit, 0))
        case = [Case(person, nothing, wallet, usage)]
        batch = _offers(case, offered, unit)
        usage_batch = _usage(case, [one.pool(at) for one in case], unit, at)
        ranking = decide(DecisionBatch(usage_batch, batch)).ranking
        can_pay = batch.eligible[0] & (batch.price <= batch.balance[0])
        for column in np.flatnonzero(can_pay):
            bundle, score = offered[column], float(ranking.scores[0, column])
            if bundle.id not in scores or scores[bundle.id][0] < score:
                scores[bundle.id] = (score, bundle)
    best_first = sorted(scores.values(), key=lambda scored: (-scored[0], scored[1].price.amount))
    return [bundle for _, bundle in best_first]


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


def _offers(cases: Sequence[Case], offered: Sequence[Bundle], unit: Unit) -> OfferBatch:
    rows = _eligible(cases, offered)
    return OfferBatch(
        balance=np.array([_balance(case, offered) for case in cases]),
        price=np.array([bundle.price.amount for bundle in offered], dtype=float),
        margin=np.array([bundle.price.amount * bundle.margin for bundle in offered], dtype=float),
        allowance=np.array([bundle.amount(unit) for bundle in offered], dtype=float),
        validity_hours=np.array([bundle.validity_hours for bundle in offered], dtype=float),
        eligible=np.array(rows, dtype=bool).reshape(len(cases), len(offered)),
    )


def _eligible(cases: Sequence[Case], offered: Sequence[Bundle]) -> list[list[bool]]:
    """Who may buy what; people of whom the same is known are looked at once."""
    known: dict[frozenset[tuple[str, str]], list[bool]] = {}
    rows = []
    for case in cases:
        facts = eligibility_facts(case.subscriber)
        key = frozenset(facts.items())
        if key not in known:
            known[key] = [bundle.eligible_for(facts) for bundle in offered]
        rows.append(known[key])
    return rows


def _balance(case: Case, offered: Sequence[Bundle]) -> float:
    """What the person can spend in the catalogue's currency, advances taken back; a foreign one affords nothing."""
    balance = case.wallet.spendable if case.wallet else None
    if balance is None or any(bundle.price.currency != balance.currency for bundle in offered):
        return _NAN
    return float(balance.amount)


def _verdict(pool: Pool, offered: Sequence[Bundle], decisions: Decisions, row: int) -> Verdict:
    forecasts, ranking = decisions.forecasts, decisions.ranking
    best = int(ranking.best[row])
    others = others_lasting(pool)
    told = Forecast(float(forecasts.p10[row]), float(forecasts.p50[row]), float(forecasts.p90[row]))
    return Verdict(
        forecast=told,
        others_last_hours=others / float(forecasts.pace[row]),
        best=offered[best] if best >= 0 else None,
        on_sale=int(ranking.reasons[row]) != Reason.NONE_ELIGIBLE,
        decision={
            "p10_hours": round(told.p10, 2),
            "p50_hours": round(told.p50, 2),
            "p90_hours": round(told.p90, 2),
            "p_depletes_before_expiry": round(float(forecasts.p_before_expiry[row]), 4),
            "pace_per_hour": round(float(forecasts.pace[row]), 1),
            "score": round(float(ranking.scores[row, best]), 2) if best >= 0 else 0,
            "considered": len(offered),
            "forecast_by": "rules" if forecasts.segments is None else "model",
        },
        pool=pool,
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
