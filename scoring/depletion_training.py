"""From files of use and bundles to a model of depletion, measured on other people in later weeks.

People are split by a hash of their number, time at one moment for all. The trees learn from most people before that
moment, the edges are set on others before it, and everything is measured on yet others after it. No label looks past
its side.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from scoring import bundle_moments, depletion_baselines, depletion_nights
from scoring.bundle_moments import Bundles, Moments
from scoring.depletion_baselines import LEVELS, log_hours
from scoring.depletion_measures import Measured, Seen, measured
from scoring.depletion_model import SEGMENTS, DepletionModel, assembled, chance_terms, segment_of
from scoring.depletion_rows import rows
from scoring.drift import Reference
from scoring.errors import TooLittleToLearn
from scoring.sessions import HOUR, Sessions
from scoring.similar import Similar, similar
from scoring.trees import flattened
from scoring.values import Bools, Floats, Ints

SHARES = (0.95, 0.75, 0.5, 0.35, 0.25, 0.15, 0.1, 0.05)
MEASURED_AT = (0.5, 0.25, 0.1)
_SPLIT = 0.6
"""Of the time that the files tell of."""
_FOLLOWED_SECONDS = 7 * 86_400.0
"""Each moment is watched for this long at least, or an eighth of the time if that is less."""
_AT_RANDOM = 4
_MOST_FIT, _MOST_SET, _MOST_JUDGED = 60_000, 30_000, 60_000
"""Moments; more of them change nothing but the time that it takes."""
_FEWEST_FIT, _FEWEST_SET = 50, 20
_FEWEST_OF_SEGMENT = 150
_TREES, _LEAVES, _DEPTH, _RATE = 90, 8, 4, 0.07
_FARTHEST = 5.0
"""Logs of hours between truth and forecast by hand."""
_NORMAL = np.array([0.0, 1.7, 0.0])
"""A logistic curve like the normal one, where there is nothing to learn the chance from."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Split:
    """at: epoch seconds that part the time. followed: seconds. fits, sets, judges ``(people,)``: who does what."""

    at: float
    followed: float
    fits: Bools
    sets: Bools
    judges: Bools


@dataclass(frozen=True, slots=True)
class Trained:
    """spread: of the baselines, on the training data. rows: that the trees were fitted on.

    nights: what later nights are held against; None where there was nobody to be counted.
    """

    model: DepletionModel
    spread: Mapping[str, list[float]] = field(default_factory=dict)
    rows: int = 0
    measured: Measured | None = None
    nights: Reference | None = None


def split(found: Sessions, names: Sequence[str]) -> Split:
    """names: of the people; who does what depends on nothing else."""
    begins, until = float(found.start.min(initial=np.inf)), found.until
    span = max(until - begins, 0.0) if np.isfinite(begins) else 0.0
    place = np.array([_place(name) for name in names])
    return Split(
        at=begins + _SPLIT * span,
        followed=min(_FOLLOWED_SECONDS, span / 8),
        fits=place < 60,
        sets=(place >= 60) & (place < 80),
        judges=place >= 80,
    )


def trained(
    found: Sessions, bundles: Bundles, names: Sequence[str], seed: int = 0, progress: Progress = lambda text: None
) -> Trained:
    """A model and its measures. Raises TooLittleToLearn."""
    parts = split(found, names)
    learning = _before(found, bundles, parts, seed)
    fits, sets = parts.fits[learning.moments.person], parts.sets[learning.moments.person]
    if fits.sum() < _FEWEST_FIT or sets.sum() < _FEWEST_SET:
        raise TooLittleToLearn(
            f"too little to learn from: {fits.sum()} moments to fit and {sets.sum()} to set the intervals by, "
            f"where {_FEWEST_FIT} and {_FEWEST_SET} are needed: more people, or more weeks"
        )
    alike = _alike(found, bundles, parts)
    progress(f"{fits.sum()} moments to learn from, {sets.sum()} to set the intervals by")
    model = _fitted(learning, fits, sets, alike, seed=seed, progress=progress)
    spread = depletion_baselines.factors(learning.outcomes.hours[sets], learning.usage.only(sets))
    seen = later(found, bundles, parts)
    if not len(seen.moments.at):
        raise TooLittleToLearn("nothing to be judged by: no bundle of other people ran low in later weeks")
    progress(f"{len(seen.moments.at)} moments of other people in later weeks to be judged by")
    outcome = measured(model, spread, seen)
    taught = bundles.only(~parts.judges[bundles.person] & (bundles.activated < parts.at))
    nights = depletion_nights.histograms(model.for_many(), found, taught, parts.at, seed)
    return Trained(replace(model, beats=outcome.beats), spread, int(fits.sum()), outcome, nights)


def later(found: Sessions, bundles: Bundles, parts: Split) -> Seen:
    """What training has not seen: other people, later."""
    theirs = bundles.only(parts.judges[bundles.person])
    return moments_seen(found, theirs, since=parts.at, followed=parts.followed)


def moments_seen(found: Sessions, bundles: Bundles, *, since: float = -np.inf, followed: float) -> Seen:
    """Moments at 50, 25 and 10 % left, each with at least ``followed`` seconds after it."""
    moments = bundle_moments.at_shares(found, bundles, MEASURED_AT, found.until - followed)
    moments = moments.only(_some(np.flatnonzero(moments.at >= since), _MOST_JUDGED))
    return seen_at(found, bundles, moments, found.until)


def seen_at(found: Sessions, bundles: Bundles, moments: Moments, until: float) -> Seen:
    """What was known at these moments, and what came of them by ``until``."""
    return Seen(
        moments,
        bundle_moments.usage_at(found, bundles, moments),
        [bundles.segment[place] for place in moments.bundle.tolist()],
        bundle_moments.outcomes(found, moments, until),
    )


def _before(found: Sessions, bundles: Bundles, parts: Split, seed: int) -> Seen:
    theirs = bundles.only(~parts.judges[bundles.person] & (bundles.activated < parts.at))
    drawn = np.random.default_rng(seed)
    until = parts.at - parts.followed
    some = bundle_moments.at_shares(found, theirs, SHARES, until)
    others = bundle_moments.at_random(found, theirs, _AT_RANDOM, until, drawn)
    both = Moments(*(np.concatenate((getattr(some, name), getattr(others, name))) for name in Moments.__slots__))
    fits = parts.fits[both.person]
    chosen = np.concatenate([_some(np.flatnonzero(fits), _MOST_FIT), _some(np.flatnonzero(~fits), _MOST_SET)])
    return seen_at(found, theirs, both.only(chosen), parts.at)


def _some(rows: Ints, most: int) -> Ints:
    """At most so many, the same each time."""
    if len(rows) <= most:
        return rows
    chosen: Ints = np.sort(np.random.default_rng(most).choice(rows, most, replace=False))
    return chosen


def _alike(found: Sessions, bundles: Bundles, parts: Split) -> Similar:
    """From the pace of those who fit, from when they are first seen to the split."""
    theirs = bundles.only(parts.fits[bundles.person] & (bundles.activated < parts.at))
    first = np.minimum(found.first(theirs.person), parts.at)
    hours = np.maximum((parts.at - first) / HOUR, 1.0)
    used = found.reached_at(theirs.person, np.full(len(hours), parts.at)) - found.reached[found.begins[theirs.person]]
    return similar(theirs.size, (theirs.expires - theirs.activated) / HOUR, theirs.segment, np.maximum(used, 0) / hours)


def _fitted(seen: Seen, fits: Bools, sets: Bools, alike: Similar, *, seed: int, progress: Progress) -> DepletionModel:
    usage = seen.usage
    pace = alike.paces(usage.initial, usage.elapsed_hours + usage.hours_to_expiry, seen.segments, usage.prior)
    given = rows(usage, pace)
    target = np.clip(log_hours(seen.outcomes.hours) - given.log_base, -_FARTHEST, _FARTHEST)
    chosen = np.flatnonzero(fits)
    nothing_known = np.isnan(given.x[chosen]).all(axis=0)
    x = np.where(nothing_known, 0.0, given.x[chosen])  # a column of which nothing is known is not split on
    parts = []
    for level in LEVELS:
        progress(f"trees of the {level:.0%} quantile")
        trees = HistGradientBoostingRegressor(
            loss="quantile",
            quantile=level,
            max_iter=_TREES,
            max_leaf_nodes=_LEAVES,
            max_depth=_DEPTH,
            learning_rate=_RATE,
            min_samples_leaf=max(10, min(100, len(chosen) // 100)),
            l2_regularization=1.0,
            early_stopping=False,
            random_state=seed,
        )
        with threadpool_limits(1):  # threads that wait for each other on a busy machine take twenty times as long
            parts.append(flattened(trees.fit(x, target[chosen])))
    nothing = np.zeros((len(SEGMENTS), 3))
    model = assembled(parts, nothing, _NORMAL, alike)
    raw = model.raw(given)
    segments = segment_of(usage, given.by_hand)
    model = assembled(parts, _offsets((target - raw)[:, sets], segments[sets]), _NORMAL, alike)
    hours = given.log_base + raw + model.offsets[segments].T
    chance = _chance(np.sort(hours, axis=0), seen, given.by_hand.p_before_expiry, sets)
    return assembled(parts, model.offsets, chance, alike)


def _offsets(residuals: Floats, segment: Ints) -> Floats:
    """By how much each quantile is to be moved in each segment, from people whom the trees have not seen.

    A segment of few takes what holds for all.
    """
    everybody = _conformal(residuals)
    found = np.tile(everybody, (len(SEGMENTS), 1))
    for index in range(len(SEGMENTS)):
        of_segment = segment == index
        if of_segment.sum() >= _FEWEST_OF_SEGMENT:
            found[index] = _conformal(residuals[:, of_segment])
    return found


def _conformal(residuals: Floats) -> Floats:
    """The lower edge a little low, the upper a little high, as so few allow (split conformal prediction)."""
    n = residuals.shape[1]
    levels = (max(0.1 - 0.1 / n, 0.0), 0.5, min(0.9 + 0.9 / n, 1.0))
    return np.array([np.quantile(of_level, level) for of_level, level in zip(residuals, levels, strict=True)])


def _chance(hours: Floats, seen: Seen, by_hand: Floats, sets: Bools) -> Floats:
    """Weights of the chance's terms, by logistic regression; the normal curve where all ended alike."""
    left = seen.usage.hours_to_expiry
    with np.errstate(invalid="ignore"):
        told = sets & (left > 0) & (seen.outcomes.known >= left)
        truth = seen.outcomes.seen & (seen.outcomes.hours <= left)
    if len(np.unique(truth[told])) < 2:
        return _NORMAL
    terms = chance_terms(hours[:, told], left[told], by_hand[told])
    fitted = LogisticRegression(fit_intercept=False).fit(terms.T, truth[told])
    weights: Floats = fitted.coef_[0].astype(float)
    return weights


def _place(name: str) -> int:
    """0 to 99, by nothing but the number."""
    return int.from_bytes(hashlib.sha256(f"depletion/{name}".encode()).digest()[:4], "big") % 100
