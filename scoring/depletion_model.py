"""When a bundle will be used up, as a trained model says it: how wrong the forecast by hand is, and how sure that is.

Three quantiles of log(hours / hours by hand), each from boosted trees, moved by what was learnt of each segment since
(conformalised quantile regression, Romano, Patterson and Candès, 2019; ``adaptation``), and put in order, so that
they never cross (Chernozhukov, Fernández-Val and Galichon, 2010). The chance of an end before expiry is read from
them. ADR 30.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring import artefact
from scoring.adaptation import Offsets
from scoring.artefact import Artefact
from scoring.depletion_rows import FEATURES, SCHEMA, SOONEST_HOURS, Rows, rows
from scoring.errors import ModelRefused
from scoring.many_rows import ManyRows, many_rows
from scoring.similar import Similar
from scoring.trees import Trees, together
from scoring.values import HORIZON_HOURS, Bools, Floats, Forecasts, Ints, UsageBatch

KIND = "depletion"
_TREES, _ARRAYS = "trees.", ("starts", "baselines", "offsets", "chance")
SEGMENTS = tuple(
    f"{left}, {expiry}, {known}"
    for left in ("little left", "a quarter left", "much left")
    for expiry in ("expiry near", "expiry far")
    for known in ("new", "known")
)
"""In each of which the edges are moved by themselves. Expiry is far where even a slow end by hand comes before it: only
there do bundles tell how far off the upper edge is.
"""
_LITTLE, _QUARTER = 0.17, 0.37
_NEW_DAYS = 3.0
_Z90 = 1.2815515655446004
_NARROWEST = 0.02
_SURE = 30.0
_LOG_HORIZON = float(np.log(HORIZON_HOURS))


@dataclass(frozen=True, slots=True)
class DepletionModel:
    """A model that can be asked.

    trees: of all three quantiles; starts, baselines ``(3,)``: where each begins, and from what. offsets, learnt
    ``(segments, 3)``: of the calibration, and since. chance ``(3,)``: weights of one, of the quantiles'
    odds and of those by hand. beats: whether it was better than every baseline on what training has not seen.
    """

    trees: Trees | ManyRows
    starts: Ints
    baselines: Floats
    offsets: Floats
    chance: Floats
    similar: Similar
    beats: bool
    version: str = ""
    learnt: Floats = field(default_factory=lambda: np.zeros((len(SEGMENTS), 3)))

    def forecast(self, usage: UsageBatch, segments: Sequence[str] = ()) -> Forecasts:
        """As ``depletion.forecast``. segments: of the people, where known; it may be empty.

        Raises ShapeMismatch for a batch without rhythm.
        """
        given = rows(usage, self.alike(usage, segments))
        return self.told(usage, given, self.raw(given))

    def features(self, usage: UsageBatch) -> Floats:
        """What it is given of a batch, ``(n, features)``, so that it can be held against its training."""
        return rows(usage, self.alike(usage)).x

    def for_many(self) -> DepletionModel:
        """The same, for thousands of people at once."""
        return replace(self, trees=many_rows(self.trees)) if isinstance(self.trees, Trees) else self

    def alike(self, usage: UsageBatch, segments: Sequence[str] = ()) -> Floats:
        """The pace of people alike, bytes an hour."""
        names = segments or [""] * len(usage.remaining)
        return self.similar.paces(usage.initial, usage.elapsed_hours + usage.hours_to_expiry, names, usage.prior)

    def raw(self, given: Rows) -> Floats:
        """What the trees say: log(hours / hours by hand) at 10, 50 and 90 %, ``(3, n)``."""
        return self.trees.sums(given.x, self.starts) + self.baselines[:, None]

    def told(self, usage: UsageBatch, given: Rows, raw: Floats, moved: Floats | None = None) -> Forecasts:
        """The forecast, with the offsets of each segment. moved ``(n, 3)``: what was learnt since, row by row."""
        segments = segment_of(usage, given.by_hand)
        trained = given.log_base + raw + self.offsets[segments].T
        if moved is None:
            moved = self.learnt[segments]
            moved[:, 2] *= within(trained, usage.hours_to_expiry)
        log_hours = np.sort(np.minimum(trained + moved.T, _LOG_HORIZON), axis=0)
        empty = usage.remaining <= 0
        p10, p50, p90 = np.where(empty, 0.0, np.exp(log_hours))
        left = np.where(np.isnan(usage.hours_to_expiry), HORIZON_HOURS, usage.hours_to_expiry)
        chance = _chance(chance_terms(log_hours, left, given.by_hand.p_before_expiry), self.chance)
        chance = np.where(empty, 1.0, np.where(left <= 0, 0.0, chance))
        return Forecasts(p10, p50, p90, chance, given.by_hand.pace, segments)

    def moved(self, learnt: Mapping[str, Offsets]) -> DepletionModel:
        """The same with what was learnt of segments since it was trained; segments that there are not are left out."""
        more = np.zeros_like(self.offsets)
        for index, name in enumerate(SEGMENTS):
            if name in learnt:
                more[index] = learnt[name].p10, 0.0, learnt[name].p90
        return replace(self, learnt=more)


def segment_of(usage: UsageBatch, by_hand: Forecasts) -> Ints:
    """Index into ``SEGMENTS`` by how much is left, whether expiry may cut it off, how long the person is known."""
    with np.errstate(invalid="ignore"):
        share = usage.remaining / np.where(usage.initial >= 1, usage.initial, np.nan)
        left = np.where(share <= _LITTLE, 0, np.where(share <= _QUARTER, 1, 2))
        far, known = ~(usage.hours_to_expiry <= by_hand.p90), usage.days >= _NEW_DAYS
    index: Ints = (left * 2 + far) * 2 + known
    return index


def within(trained: Floats, ends: Floats) -> Bools:
    """Whose upper edge, as it was trained, will be seen to be passed or not: what is learnt holds for these, ``(n,)``.

    trained ``(3, n)``: log hours. ends ``(n,)``: hours that are seen, NaN = all. Beyond expiry an edge stays as it was
    trained: nothing tells of it, and those whose edge lies within say little of it, being those that are too low.
    """
    found: Bools = ~(ends < np.exp(np.minimum(trained.max(axis=0), _LOG_HORIZON)))
    return found


def chance_terms(log_hours: Floats, left: Floats, by_hand: Floats) -> Floats:
    """What the chance is made of, ``(3, n)``: one, how far expiry lies beyond the median in spreads, odds by hand."""
    distance = np.log(np.maximum(left, SOONEST_HOURS)) - log_hours[1]
    below, above = log_hours[1] - log_hours[0], log_hours[2] - log_hours[1]
    spread = np.maximum(np.where(distance < 0, below, above), _NARROWEST) / _Z90
    sure = np.minimum(np.maximum(by_hand, 1e-6), 1 - 1e-6)
    z = np.minimum(np.maximum(distance / spread, -_SURE), _SURE)
    return np.stack((np.ones_like(z), z, np.log(sure / (1 - sure))))


def load(path: Path) -> tuple[Artefact, DepletionModel]:
    """A model from its file. Raises ModelRefused."""
    kept = artefact.load(path, KIND, SCHEMA, FEATURES)
    with artefact.told_by(path):
        return kept, of_artefact(kept)


def of_artefact(kept: Artefact) -> DepletionModel:
    """Raises ModelRefused when something is missing or does not fit."""
    trees = Trees.of_arrays(kept.arrays, len(FEATURES), _TREES)
    try:
        starts, baselines, offsets, chance = (kept.arrays[name] for name in _ARRAYS)
        similar = Similar({str(name): float(pace) for name, pace in kept.settings["similar"].items()})
        beats = bool(kept.settings["beats"])
    except (KeyError, AttributeError, TypeError, ValueError) as error:
        raise ModelRefused(f"a model of depletion lacks {error}") from None
    shapes = (starts.shape, baselines.shape, offsets.shape, chance.shape)
    if shapes != ((3,), (3,), (len(SEGMENTS), 3), (3,)) or not _rising(starts, len(trees.roots)):
        raise ModelRefused("a model of depletion whose parts do not fit together")
    figures = (baselines, offsets, chance, trees.value, np.array([*similar.log_paces.values(), 0.0]))
    if not all(np.isfinite(one).all() for one in figures):
        raise ModelRefused("a model of depletion with figures that are no numbers")
    return DepletionModel(trees, starts, baselines, offsets, chance, similar, beats, kept.version)


def arrays(model: DepletionModel) -> dict[str, NDArray[Any]]:
    """For an artefact."""
    assert isinstance(model.trees, Trees), "what was trained, not what was made of it for the night"
    return {**model.trees.arrays(_TREES), **{name: getattr(model, name) for name in _ARRAYS}}


def assembled(parts: Sequence[Trees], offsets: Floats, chance: Floats, similar: Similar) -> DepletionModel:
    """From the trees of the three quantiles; nothing is known yet of how good it is."""
    counts = [len(one.roots) for one in parts]
    starts = np.concatenate(([0], np.cumsum(counts)[:-1])).astype(np.int64)
    baselines = np.array([one.baseline for one in parts])
    return DepletionModel(together(parts), starts, baselines, offsets, chance, similar, beats=False)


def _rising(starts: NDArray[Any], most: int) -> bool:
    """Whether each quantile has trees of its own."""
    return bool(starts.dtype.kind == "i" and (np.diff([*starts.tolist(), most]) > 0).all() and starts[0] == 0)


def _chance(terms: Floats, weights: Floats) -> Floats:
    odds = np.minimum(np.maximum(weights @ terms, -_SURE), _SURE)
    chance: Floats = 1 / (1 + np.exp(-odds))
    return chance
