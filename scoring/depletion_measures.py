"""How good forecasts of depletion are, every baseline beside the model, on what training has not seen.

What is not used up by the end of the data counts as ending just then, for truth and forecasts alike: a loss that is
proper for what can be seen, and leaves nobody out for lasting long.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scoring.adaptation import Offsets, Outcome, learnt, watched_hours
from scoring.bundle_moments import Moments, Outcomes
from scoring.depletion_baselines import BY_HAND, quantiles
from scoring.depletion_model import SEGMENTS, DepletionModel, segment_of, within
from scoring.depletion_rows import Rows, rows
from scoring.evaluation import coverage, pinball
from scoring.sessions import HOUR
from scoring.values import Bools, Floats, Forecasts, UsageBatch

_LEARNS = 0.25
"""Of the stream: what is told in this time is not counted as adapted."""
_LIKELY = 0.5
_COLD_DAYS = 1.0
ENOUGH = 100
"""Moments: on fewer, nothing is said to be better than anything."""


@dataclass(frozen=True, slots=True)
class Figures:
    """pinball, mae: hours. coverage: of the 80 % interval."""

    pinball: float
    coverage: float
    mae: float


@dataclass(frozen=True, slots=True)
class BeforeExpiry:
    """Of "depletes before expiry". cases: moments; lead_hours: median from a warning that came true to the end."""

    cases: int
    true_share: float
    precision: float
    recall: float
    lead_hours: float


@dataclass(frozen=True, slots=True)
class Measured:
    """model: as trained. adapted: with what it learnt on the way; since_adapted: the same after the first quarter.

    in_service: that again, where nothing is seen after expiry, as in a gateway. cold: of people known for less than a
    day; None where there are none. before_expiry: by share left in percent, then by who says it.
    """

    moments: int
    people: int
    model: Figures
    adapted: Figures
    since_adapted: Figures
    in_service: Figures
    cold: Mapping[str, Figures]
    baselines: Mapping[str, Figures]
    before_expiry: Mapping[str, Mapping[str, BeforeExpiry]]

    @property
    def best_baseline(self) -> str:
        """The one with the least loss."""
        return min(self.baselines, key=lambda name: self.baselines[name].pinball)

    @property
    def improvement(self) -> float:
        """Share of the best baseline's loss that the model saves; below zero it is worse."""
        best = self.baselines[self.best_baseline].pinball
        return 1 - self.model.pinball / best if best else 0.0

    @property
    def beats(self) -> bool:
        """Whether the model is better than every baseline, on enough moments to say so."""
        return self.improvement > 0 and self.moments >= ENOUGH


@dataclass(frozen=True, slots=True)
class Seen:
    """Moments that training has not seen, with what was known then and what came of them. All ``(n,)``."""

    moments: Moments
    usage: UsageBatch
    segments: Sequence[str]
    outcomes: Outcomes


def measured(model: DepletionModel, spread: Mapping[str, list[float]], seen: Seen) -> Measured:
    """spread: of the baselines, as it was on the training data."""
    usage, actual, known = seen.usage, seen.outcomes.hours, seen.outcomes.known
    given = rows(usage, model.alike(usage, seen.segments))
    raw = model.raw(given)
    made = model.told(usage, given, raw)
    seen_on = np.full(len(actual), np.nan)  # files tell of use after expiry too
    adapted, served = (
        model.told(usage, given, raw, _streamed(model, seen, given, raw, ends))
        for ends in (seen_on, usage.hours_to_expiry)
    )
    ways = {"model": _edges(made), "adapted": _edges(adapted), **quantiles(usage, spread)}
    baselines = [name for name in ways if name not in ("model", "adapted")]
    late = seen.moments.at >= np.quantile(seen.moments.at, _LEARNS)
    cold = usage.days < _COLD_DAYS
    every = np.ones(len(actual), dtype=bool)
    chances = {"model": made.p_before_expiry, "adapted": adapted.p_before_expiry}
    chances[BY_HAND] = given.by_hand.p_before_expiry
    return Measured(
        moments=len(actual),
        people=len(np.unique(seen.moments.person)),
        model=_figures(actual, known, ways["model"], every),
        adapted=_figures(actual, known, ways["adapted"], every),
        since_adapted=_figures(actual, known, ways["adapted"], late),
        in_service=_figures(actual, known, _edges(served), late),
        cold={name: _figures(actual, known, edges, cold) for name, edges in ways.items()} if cold.any() else {},
        baselines={name: _figures(actual, known, ways[name], every) for name in baselines},
        before_expiry=_warnings(seen, chances, {name: ways[name][1] for name in baselines if name not in chances}),
    )


def _figures(actual: Floats, known: Floats, edges: Floats, which: Bools) -> Figures:
    """Truth and forecasts cut at what could be seen."""
    most = known[which]
    truth = np.minimum(actual[which], most)
    p10, p50, p90 = np.minimum(edges[:, which], most)
    return Figures(
        pinball(truth, {0.1: p10, 0.5: p50, 0.9: p90}), coverage(truth, p10, p90), float(np.mean(np.abs(truth - p50)))
    )


def _edges(made: Forecasts) -> Floats:
    return np.stack((made.p10, made.p50, made.p90))


def _streamed(model: DepletionModel, seen: Seen, given: Rows, raw: Floats, ends: Floats) -> Floats:
    """What was learnt of each moment's segment by then, ``(n, 3)``: in the order of time, from outcomes known by then.

    ends: hours until which each is watched at most; NaN = until its upper edge.
    """
    segment = segment_of(seen.usage, given.by_hand)
    trained = given.log_base + raw + model.offsets[segment].T
    may_move = within(trained, ends)
    learnt_of = [Offsets()] * len(SEGMENTS)
    due: list[tuple[float, int, Outcome]] = []
    moved = np.zeros((len(segment), 3))
    for row in np.argsort(seen.moments.at, kind="stable").tolist():
        at = float(seen.moments.at[row])
        while due and due[0][0] <= at:
            _, place, outcome = heapq.heappop(due)
            learnt_of[segment[place]] = learnt(learnt_of[segment[place]], outcome)
        offsets = learnt_of[segment[row]]
        moved[row] = offsets.p10, 0.0, offsets.p90 * may_move[row]
        p10, _, p90 = np.exp(np.sort(trained[:, row] + moved[row])).tolist()
        watched = watched_hours(p90, float(ends[row]))
        if watched <= seen.outcomes.known[row]:
            due_at, actual = at + watched * HOUR, float(seen.outcomes.hours[row])
            outcome = Outcome(p10, p90, actual if actual < watched else np.inf, watched, due_at)
            heapq.heappush(due, (due_at, row, outcome))
    return moved


def _warnings(
    seen: Seen, chances: Mapping[str, Floats], middles: Mapping[str, Floats]
) -> dict[str, dict[str, BeforeExpiry]]:
    """Where the truth is known: a bundle that was used up, or was seen until it expired."""
    left, hours = seen.usage.hours_to_expiry, seen.outcomes.hours
    with np.errstate(invalid="ignore"):
        share = np.round(100 * seen.usage.remaining / seen.usage.initial)
        told = (seen.outcomes.seen | (seen.outcomes.known >= left)) & np.isfinite(left)
        truth = seen.outcomes.seen & (hours <= left)
        says = {name: chance >= _LIKELY for name, chance in chances.items()}
        says |= {name: middle <= left for name, middle in middles.items()}
    found: dict[str, dict[str, BeforeExpiry]] = {}
    for label, low, high in (("50", 38, 50), ("25", 15, 25), ("10", 0, 10)):
        which = told & (share > low) & (share <= high)
        if which.any():
            found[label] = {name: _warning(truth[which], said[which], hours[which]) for name, said in says.items()}
    return found


def _warning(truth: Bools, said: Bools, hours: Floats) -> BeforeExpiry:
    right = truth & said
    return BeforeExpiry(
        cases=len(truth),
        true_share=float(truth.mean()),
        precision=float(right.sum() / max(said.sum(), 1)),
        recall=float(right.sum() / max(truth.sum(), 1)),
        lead_hours=float(np.median(hours[right])) if right.any() else 0.0,
    )
