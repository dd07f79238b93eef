"""Groups of alike people: how many there are, and whether others like them would give the same groups.

K-means on an embedding. Of the numbers of groups that are as stable as any, and parted nearly as well as the best by
the silhouette (Rousseeuw 1987), the largest is taken: finer profiles say more. Stability is the adjusted Rand index
(Hubert and Arabie 1985) of the groups found on bootstrap samples with those found on all people (Hennig 2007). Groups
that come out otherwise on each sample are none; nor are halves of one cloud, which may well come out the same: they
must be parted better than those of normal clouds of the same extent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from threadpoolctl import threadpool_limits

from scoring.values import Floats, Ints

FEWEST, MOST = 2, 10
STABLE = 0.85
"""An adjusted Rand index from which groups count as the same (Hennig calls 0.85 highly stable)."""
AS_STABLE = 0.05
"""So much less than the most stable is as stable: one group too many costs more."""
NEARLY = 0.9
"""The share of the best silhouette that is as good."""
_SAMPLES, _STARTS, _CLOUDS = 10, 5, 10
_MOST_JUDGED = 2_000
"""People whose silhouette is looked at: it grows with their square."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """A number of groups and how it did. centres ``(k, dimensions)``; stability: mean index over bootstraps.

    of_group ``(k,)``: the mean share of each group that is together again, at best, in a bootstrap (Jaccard).
    """

    centres: Floats
    silhouette: float
    stability: float
    of_group: Floats

    @property
    def count(self) -> int:
        """How many groups."""
        return len(self.centres)


def distances(points: Floats, centres: Floats) -> Floats:
    """How far each centre is from each point: ``(n, k)``."""
    squares = (points**2).sum(axis=1)[:, None] - 2 * points @ centres.T + (centres**2).sum(axis=1)
    far: Floats = np.sqrt(np.maximum(squares, 0.0))
    return far


def nearest(points: Floats, centres: Floats) -> Ints:
    """The group of each point: ``(n,)``."""
    group: Ints = distances(points, centres).argmin(axis=1)
    return group


def tried(points: Floats, counts: Sequence[int], seed: int) -> list[Grouping]:
    """The groupings into each of these numbers that there are people enough for."""
    with threadpool_limits(1):  # so few people are not worth a second thread, and it would wait for the first
        return [_grouping(points, count, seed) for count in counts if count * 2 <= len(points)]


def best(groupings: Sequence[Grouping]) -> Grouping:
    """The most groups that are stable and parted nearly as well as the best; where none is stable, the most stable."""
    most_stable = max(groupings, key=lambda one: one.stability)
    if most_stable.stability < STABLE:
        return most_stable
    stable = [one for one in groupings if one.stability >= max(STABLE, most_stable.stability - AS_STABLE)]
    most_parted = max(one.silhouette for one in stable)
    parted = most_parted - (1 - NEARLY) * abs(most_parted)
    return max((one for one in stable if one.silhouette >= parted), key=lambda one: one.count)


def by_chance(points: Floats, count: int, seed: int) -> float:
    """The best silhouette of so many groups in normal clouds of the same extent, in which there are none."""
    rng = np.random.default_rng(seed)
    n = min(len(points), _MOST_JUDGED)
    mean, covariance = points.mean(axis=0), np.atleast_2d(np.cov(points.T))
    found = []
    with threadpool_limits(1):
        for _ in range(_CLOUDS):
            cloud = rng.multivariate_normal(mean, covariance, n, method="eigh")
            group = nearest(cloud, _centres(cloud, count, int(rng.integers(2**31))))
            found.append(float(silhouette_score(cloud, group)))
    return max(found)


def _grouping(points: Floats, count: int, seed: int) -> Grouping:
    rng = np.random.default_rng(seed)
    centres = _ordered(points, _centres(points, count, seed))
    group = nearest(points, centres)
    indices, together = [], []
    for _ in range(_SAMPLES):
        sample = points[rng.integers(0, len(points), len(points))]
        again = nearest(points, _centres(sample, count, int(rng.integers(2**31))))
        indices.append(adjusted_rand_score(group, again))
        together.append(_together(group, again, count))
    judged = rng.permutation(len(points))[:_MOST_JUDGED]
    parted = silhouette_score(points[judged], group[judged]) if len(set(group[judged])) > 1 else -1.0
    return Grouping(centres, float(parted), float(np.mean(indices)), np.mean(together, axis=0))


def _centres(points: Floats, count: int, seed: int) -> Floats:
    found: Floats = KMeans(count, n_init=_STARTS, random_state=seed).fit(points).cluster_centers_
    return found


def _ordered(points: Floats, centres: Floats) -> Floats:
    """Largest group first, so that the numbers of groups mean the same each time."""
    group = nearest(points, centres)
    sizes = np.bincount(group, minlength=len(centres))
    return centres[np.lexsort((*centres.T[::-1], -sizes))]


def _together(group: Ints, again: Ints, count: int) -> Floats:
    """Of each group the best Jaccard index with any of the others."""
    both = np.zeros((count, count))
    np.add.at(both, (group, again), 1)
    union = both.sum(axis=1)[:, None] + both.sum(axis=0) - both
    shares: Floats = (both / np.maximum(union, 1)).max(axis=1)
    return shares
