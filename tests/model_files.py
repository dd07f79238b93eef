"""Small models in files, and how tests load them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gateway.app.models import Loader
from gateway.core.models import Served
from scoring.artefact import Artefact, Provenance, load, save
from scoring.depletion import forecast
from scoring.values import Forecasts, UsageBatch


@dataclass(frozen=True, slots=True)
class Stretched:
    """Says that everything lasts so many times as long as the rules say."""

    factor: float

    def forecast(self, usage: UsageBatch, segments: Sequence[str] = ()) -> Forecasts:
        """As ``scoring.depletion.forecast``."""
        by_rules = forecast(usage)
        hours = (by_rules.p10 * self.factor, by_rules.p50 * self.factor, by_rules.p90 * self.factor)
        return Forecasts(*hours, by_rules.p_before_expiry, by_rules.pace)


def write_model(path: Path, factor: float = 2.0, kind: str = "depletion", schema: int = 1) -> str:
    """A model file; its version."""
    made = Provenance(("ab" * 32,), 100, "2026-11-20T00:00:00Z")
    arrays = {"factor": np.array([factor])}
    return save(Artefact(kind, schema, (), arrays, made, {"pinball": 5.0, "baseline_pinball": 6.0}), path)


def stretched(path: Path) -> Served:
    """The loader of what ``write_model`` writes."""
    artefact = load(path, "depletion", 1)
    return Served(artefact, Stretched(float(artefact.arrays["factor"][0])))


LOADERS: Mapping[str, Loader] = {"depletion": stretched}
