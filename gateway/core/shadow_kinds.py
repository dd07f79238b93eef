"""What each kind of model is asked in the shadow, and how a decision becomes such a question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from flows.values import OfferId
from gateway.core.deciding import Case, Verdict, usage_of
from gateway.core.keeping import LEARNED
from gateway.core.shadow import Ask, Decided, Shadow
from scoring import packed
from scoring.values import HORIZON_HOURS
from store.model_scores import Said

_LONGEST = timedelta(hours=HORIZON_HOURS)
_Usage = tuple[Case, datetime]


def forecasts(cases: Sequence[Case], verdicts: Sequence[Verdict], at: datetime) -> Iterator[Decided]:
    """Forecasts of which it will be told when they came true.

    Only of a bundle that is all that can be used, since nobody tells when several are used up; and of one that does
    not renew, since its end by use and its next period are told as one.
    """
    for case, verdict in zip(cases, verdicts, strict=True):
        event, pool = case.event, verdict.pool
        if pool.others or pool.remaining != pool.ending.remaining or not pool.remaining:
            continue
        if event.renews or event.bucket.renews or event.shared or event.bucket.shared:
            continue
        until = min(pool.ending.expires_at or at + _LONGEST, at + _LONGEST)
        if until <= at:
            continue
        said = {
            "p10": verdict.forecast.p10,
            "p50": verdict.forecast.p50,
            "p90": verdict.forecast.p90,
            "p_before_expiry": verdict.decision["p_depletes_before_expiry"],
        }
        yield Decided(
            kind="depletion",
            subscription=case.subscriber.id,
            reference=event.bucket.id,
            at=at,
            until=until,
            inputs=(case, at),
            said=said,
            by_rules=verdict.segment is None,
        )


def note_forecasts(shadow: Shadow | None, cases: Sequence[Case], verdicts: Sequence[Verdict], at: datetime) -> None:
    """Note forecasts where a model is in service for them. Raises nothing."""
    if shadow is not None:
        shadow.note("depletion", forecasts(cases, verdicts, at))


def acceptances(
    cases: Sequence[Case], verdicts: Sequence[Verdict], offers: Sequence[OfferId], at: datetime
) -> Iterator[Decided]:
    """What was believed of offers that the ranking that learns has chosen. Those that are not made are never known."""
    for case, verdict, offer in zip(cases, verdicts, offers, strict=True):
        if verdict.best is None or verdict.kept.reasons["by"] != LEARNED:
            continue
        numbers, looked = packed.outputs(verdict.kept.outputs)
        yield Decided(
            kind="acceptance",
            subscription=case.subscriber.id,
            reference=offer,
            at=at,
            until=at + timedelta(hours=verdict.best.offer_hours),
            inputs=looked.tolist(),
            said={"p": numbers["acceptance"]},
        )


def note_acceptances(
    shadow: Shadow | None,
    cases: Sequence[Case],
    verdicts: Sequence[Verdict],
    offers: Sequence[OfferId],
    at: datetime,
) -> None:
    """Note beliefs where a model is in service for them."""
    if shadow is not None:
        shadow.note("acceptance", acceptances(cases, verdicts, offers, at))


def ask_forecasts(model: Any, inputs: Sequence[_Usage]) -> Sequence[Said]:
    """What a model of depletion says of cases, each as it stood then."""
    return [_forecast(model, case, at) for case, at in inputs]


def ask_probabilities(model: Any, inputs: Sequence[Sequence[float]]) -> Sequence[Said]:
    """What a model of probabilities says of rows of its features."""
    return [{"p": float(p)} for p in model.probabilities(np.array(inputs, dtype=float))]


ASKS: Mapping[str, Ask] = {
    "depletion": ask_forecasts,
    "acceptance": ask_probabilities,
}
"""By kind."""


def _forecast(model: Any, case: Case, at: datetime) -> Said:
    said = model.forecast(usage_of([case], case.event.bucket.unit, at), [case.subscriber.segment or ""])
    return {
        "p10": float(said.p10[0]),
        "p50": float(said.p50[0]),
        "p90": float(said.p90[0]),
        "p_before_expiry": float(said.p_before_expiry[0]),
    }
