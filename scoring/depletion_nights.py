"""How people looked to a model of depletion in the nights of its training: what later nights are held against.

Training learns from moments at which bundles run low, and a night looks at everybody who has one, at one hour of day.
So the histograms are of moments of their own, for each hour.
"""

from __future__ import annotations

import numpy as np

from scoring import bundle_moments
from scoring.bundle_moments import Bundles
from scoring.depletion_model import DepletionModel
from scoring.depletion_rows import FEATURES, rows
from scoring.drift import Reference, reference
from scoring.sessions import Sessions

NOT_WATCHED = ("weekday", "log_days_known")
"""Features that tell the calendar's time and how long a gateway has been at work, and nothing of people."""
WATCHED = tuple(name for name in FEATURES if name not in NOT_WATCHED)
_EACH = 800
"""Moments at each hour, before those are left out at which nothing was left."""
_LATEST = 1 / 3
"""Of the time that was learnt from: by then people are known as well as they were going to be."""
_COLUMNS = [FEATURES.index(name) for name in WATCHED]


def histograms(model: DepletionModel, found: Sessions, bundles: Bundles, until: float, seed: int) -> Reference | None:
    """Of the last third of the time until then (epoch seconds); None where nobody had anything left.

    bundles: of those who taught the model. Scores are named as a nightly batch names them.
    """
    begins = float(found.start.min(initial=until))
    since = until - (until - begins) * _LATEST
    moments = bundle_moments.at_hours(found, bundles, _EACH, since=since, until=until, rng=np.random.default_rng(seed))
    if not len(moments.at):
        return None
    usage = bundle_moments.usage_at(found, bundles, moments)
    given = rows(usage, model.alike(usage))
    said = model.told(usage, given, model.raw(given))
    scores = {
        "pace_per_hour": said.pace,
        "p10_hours": said.p10,
        "p50_hours": said.p50,
        "p90_hours": said.p90,
        "p_depletes_before_expiry": said.p_before_expiry,
    }
    return reference(given.x[:, _COLUMNS], WATCHED, scores, hours=usage.hour.astype(np.int64))
