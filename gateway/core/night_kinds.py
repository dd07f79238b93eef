"""What each kind of model says of everybody at night, and what of it is held against its training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from flows.frozen import dataclass
from gateway.core.models import Models, Served
from scoring.depletion import forecast
from scoring.drift import Reference
from scoring.nightly import People
from scoring.values import Floats, Ints

Columns = Mapping[str, Floats]
_ALL = slice(None)
Say = Callable[[Served | None, People], Columns]
"""Columns ``(n,)`` of a kind; NaN where there is nothing to say."""


def depletion(served: Served | None, people: People) -> Columns:
    """When their data is used up, as far as it is known what they have; by rules without a model."""
    model = None if served is None else served.night or served.model
    said = forecast(people.usage) if model is None else model.forecast(people.usage)
    hours = {"p10_hours": said.p10, "p50_hours": said.p50, "p90_hours": said.p90}
    told = {**hours, "p_depletes_before_expiry": said.p_before_expiry}
    return {"pace_per_hour": said.pace, **{name: np.where(people.has_bundle, of, np.nan) for name, of in told.items()}}


SAY: Mapping[str, Say] = {"depletion": depletion}
"""By kind: those that can be worked out from what is stored of everybody."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A model whose training is remembered: counts of what it is given and says now. See ``scoring.drift``."""

    served: Served
    reference: Reference

    def counts(self, people: People, said: Columns, some: slice = _ALL) -> Ints:
        """Of those that it speaks of. some: of these people alone."""
        assert self.served.rows is not None, "only those are watched that tell their features"
        features = self.served.rows(people.usage.only(some))
        given = dict(zip(self.served.artefact.features, features.T, strict=True))
        columns = [given[name] if name in given else said[name][some] for name in self.reference.names]
        return self.reference.counts(np.column_stack(columns)[people.has_bundle[some]])


def unwatched(models: Models, kinds: Sequence[str]) -> tuple[str, ...]:
    """Those of these kinds whose model in service keeps no histograms of its training: nobody knows how it drifts."""
    return tuple(kind for kind in kinds if kind in models.champions and watched(models, kind) is None)


def watched(models: Models, kind: str) -> Watched | None:
    """None for rules, and for a model that keeps no histograms. Raises ModelRefused when they do not fit."""
    served = models.champions.get(kind)
    if served is None or served.rows is None:
        return None
    reference = Reference.of_arrays(served.artefact.arrays)
    return None if reference is None else Watched(served, reference)
