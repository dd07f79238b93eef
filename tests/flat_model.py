"""A model of depletion of one leaf a quantile: so many times the hours of the forecast by hand, of everybody."""

from __future__ import annotations

import math

import numpy as np

from scoring.artefact import Artefact, Provenance
from scoring.depletion_model import KIND, SEGMENTS, DepletionModel, arrays, assembled
from scoring.depletion_rows import FEATURES, SCHEMA
from scoring.similar import Similar
from scoring.trees import Trees


def flat(p10: float = 0.5, p50: float = 1.0, p90: float = 2.0) -> DepletionModel:
    """So many times the hours by hand."""
    return assembled(
        [_leaf(math.log(one)) for one in (p10, p50, p90)],
        np.zeros((len(SEGMENTS), 3)),
        np.array([0.0, 1.7, 0.0]),
        Similar({"": 12.0}),
    )


def kept(*, beats: bool = True, schema: int = SCHEMA) -> Artefact:
    """As a file holds it."""
    return Artefact(
        kind=KIND,
        schema=schema,
        features=FEATURES,
        arrays=arrays(flat()),
        provenance=Provenance((), 0, "2026-01-01T00:00:00+00:00"),
        settings={"similar": {"": 12.0}, "beats": beats, "spread": {}},
    )


def _leaf(value: float) -> Trees:
    place = np.zeros(1, dtype=np.int64)
    return Trees(place, np.array([np.inf]), np.array([True]), place, place, np.zeros(1), place, 0, value)
