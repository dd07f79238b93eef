"""Which forecasts are watched until their outcome is known, and which events tell of an outcome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from flows.events import BundleChange, BundleReported, Trigger, UsageReported
from flows.values import SubscriptionId, Unit
from gateway.core.deciding import Case, Verdict
from scoring.adaptation import watched_hours
from scoring.depletion_model import SEGMENTS
from store import forecasts
from store.forecasts import OpenForecast
from store.unit import Op

_FOREVER = timedelta(days=3650)


def watched(case: Case, verdict: Verdict, model: str, at: datetime) -> Op | None:
    """The forecast as it is remembered; None where nobody would tell of its outcome.

    That is where several bundles are used up in turn, where others use of it too, and where it renews by itself: its
    end and its next period are told as one.
    """
    event, ending, pool = case.event, verdict.pool.ending, verdict.pool
    if verdict.segment is None or ending.unit is not Unit.BYTE or not ending.remaining:
        return None
    if pool.others or not pool.usable or pool.shared or event.shared or event.renews or ending.renews:
        return None
    expires_at = ending.expires_at or at + _FOREVER
    made = verdict.forecast
    due = at + timedelta(hours=watched_hours(made.p90, (expires_at - at).total_seconds() / 3600))
    return forecasts.put(
        OpenForecast(
            case.subscriber.id,
            ending.id,
            model,
            SEGMENTS[verdict.segment],
            ending.remaining,
            made.p10,
            made.p90,
            at,
            due,
        )
    )


def ended(person: SubscriptionId, triggers: Sequence[Trigger], now: datetime) -> dict[str, Op]:
    """What is written of bundles that were used up, by bundle; at the earliest time that was told of it."""
    told: dict[str, datetime] = {}
    for trigger in triggers:
        for bundle in _used_up(trigger):
            at = min(trigger.at, now)
            told[bundle] = min(told.get(bundle, at), at)
    return {bundle: forecasts.ended(person, bundle, at) for bundle, at in told.items()}


def _used_up(trigger: Trigger) -> Iterator[str]:
    match trigger.fact:
        case BundleReported() as reported:
            if reported.change is BundleChange.DEPLETED or not reported.bucket.remaining:
                yield reported.bucket.id
        case UsageReported() as reported:
            yield from (bucket.id for bucket in reported.bundles if not bucket.remaining)
        case _:
            return
