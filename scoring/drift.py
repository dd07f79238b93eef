"""Whether people are still like those that a model was trained on: population stability index, column by column.

At training the histogram of every feature and score is kept in the model's file (``reference``); later ones are held
against it. PSI = sum over bins of (now - then) x ln(now / then); below 0.1 is usual, above 0.25 a different population
(Siddiqi, Credit Risk Scorecards, 2006; the bounds are custom, not a test).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.errors import ModelRefused, ShapeMismatch
from scoring.values import Floats, Ints

BINS = 10
WATCH, ACT = 0.1, 0.25
"""Above the first look at what has changed; above the second train again, or take the model out of service."""
_PREFIX = "drift."
_HOURS, _FEWEST_OF_HOUR = 24, 50
_LEAST = 1e-4
"""Of a share: an empty bin must not make the index infinite."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Histograms at training. names: of columns, features and then scores. edges: ``(columns, bins - 1)``, ascending.

    shares: ``(columns, bins + 1)``, the last is that of values that were missing. by_hour ``(24, columns, bins + 1)``:
    the same by hour of day (UTC), where people look otherwise at another hour; None where they do not.
    """

    names: tuple[str, ...]
    edges: Floats
    shares: Floats
    by_hour: Floats | None = None

    def at(self, hour: int) -> Reference:
        """As it was at this hour of day."""
        return self if self.by_hour is None else replace(self, shares=self.by_hour[hour], by_hour=None)

    def counts(self, columns: Floats) -> Ints:
        """How many values of each column ``(n, columns)`` fall into each bin: ``(columns, bins + 1)``.

        Counts of several batches may be added.
        """
        if columns.ndim != 2 or columns.shape[1] != len(self.names):
            raise ShapeMismatch(f"{columns.shape} values of {len(self.names)} columns")
        return np.stack([_counts(values, edges) for values, edges in zip(columns.T, self.edges, strict=True)])

    def psi(self, counts: Ints) -> dict[str, float]:
        """By name, of counts as ``counts`` gives them; NaN where there are none."""
        totals = counts.sum(axis=1, keepdims=True)
        now = np.maximum(counts / np.maximum(totals, 1), _LEAST)
        then = np.maximum(self.shares, _LEAST)
        index = np.where(totals[:, 0] > 0, ((now - then) * np.log(now / then)).sum(axis=1), np.nan)
        return dict(zip(self.names, index.tolist(), strict=True))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact."""
        hours = {} if self.by_hour is None else {f"{_PREFIX}by_hour": self.by_hour}
        return {
            f"{_PREFIX}names": np.array(self.names),
            f"{_PREFIX}edges": self.edges,
            f"{_PREFIX}shares": self.shares,
            **hours,
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Reference | None:
        """From an artefact; None from one that keeps none. Raises ModelRefused when they do not fit together."""
        if f"{_PREFIX}names" not in arrays:
            return None
        try:
            names, edges, shares = (arrays[f"{_PREFIX}{name}"] for name in ("names", "edges", "shares"))
            k, inner = edges.shape
        except (KeyError, ValueError) as error:
            raise ModelRefused(f"histograms of training lack {error}") from None
        fitting = names.shape == (k,) and shares.shape == (k, inner + 2) and not np.isnan(edges).any()
        if not fitting or not np.isfinite(shares).all() or (edges[:, 1:] < edges[:, :-1]).any():
            raise ModelRefused("histograms of training that do not fit together")
        by_hour = arrays.get(f"{_PREFIX}by_hour")
        if by_hour is not None and not (by_hour.shape == (_HOURS, *shares.shape) and np.isfinite(by_hour).all()):
            raise ModelRefused("histograms of training by hour that do not fit the others")
        return cls(tuple(map(str, names)), edges, shares, by_hour)


def reference(
    rows: Floats,
    features: Sequence[str],
    scores: Mapping[str, Floats],
    bins: int = BINS,
    hours: Ints | None = None,
) -> Reference:
    """The histograms of what a model was trained on: features ``(n, features)`` and, by name, what it says ``(n,)``.

    Bins hold about as many values each; a column with few distinct values has fewer. hours ``(n,)``: of day, for
    histograms by hour; one of few rows takes what holds for all. To be kept in the artefact:
    ``arrays={**trees, **reference(...).arrays()}``. Raises ShapeMismatch.
    """
    if rows.ndim != 2 or rows.shape[1] != len(features):
        raise ShapeMismatch(f"{rows.shape} values of {len(features)} features")
    columns = np.column_stack([rows, *scores.values()])
    edges = np.stack([_edges(values, bins) for values in columns.T])
    made = Reference((*features, *scores), edges, np.zeros((len(edges), bins + 1)))
    made = replace(made, shares=made.counts(columns) / max(len(columns), 1))
    if hours is None:
        return made
    of_hours = [columns[hours == hour] for hour in range(_HOURS)]
    shares = [made.counts(some) / len(some) if len(some) >= _FEWEST_OF_HOUR else made.shares for some in of_hours]
    return replace(made, by_hour=np.stack(shares))


def _edges(values: Floats, bins: int) -> Floats:
    """Quantiles, each once; what is left over lies beyond everything."""
    known = values[np.isfinite(values)]
    found = np.unique(np.quantile(known, np.arange(1, bins) / bins)) if len(known) else np.zeros(0)
    return np.concatenate([found, np.full(bins - 1 - len(found), np.inf)])


def _counts(values: Floats, edges: Floats) -> Ints:
    """By bin, a value that is an edge below it; missing ones last."""
    missing = np.isnan(values)
    index = np.searchsorted(edges, values[~missing], side="left")
    return np.append(np.bincount(index, minlength=len(edges) + 1), missing.sum())
