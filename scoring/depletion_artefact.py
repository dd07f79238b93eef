"""A trained model of depletion as a file: with its measures, and a card that says whether it is worth using."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import sklearn

from scoring.artefact import Artefact, Provenance
from scoring.depletion_baselines import BASELINES
from scoring.depletion_measures import ENOUGH, Figures, Measured
from scoring.depletion_model import KIND, arrays
from scoring.depletion_nights import NOT_WATCHED
from scoring.depletion_rows import FEATURES, SCHEMA
from scoring.depletion_training import Split, Trained
from scoring.drift import Reference
from scoring.errors import ModelRefused

_COUNTED = "Hours. What outlasts the data counts as ending with it."
_GIVEN = """Given: remaining and sold size, times of purchase and expiry, the person's hourly sums of use, decayed means
and the last 24 hours; of who they are only the segment, where files name one, and only to find people alike. Says
hours to depletion at 10, 50 and 90 %, and the chance that this is before expiry. Not for bundles that several people
use, nor for seconds and messages."""


def artefact_of(made: Trained, data_sha256: tuple[str, ...], made_at: str, seed: int, parts: Split) -> Artefact:
    """made_at: ISO 8601 UTC."""
    found = made.measured
    assert found is not None
    return Artefact(
        kind=KIND,
        schema=SCHEMA,
        features=FEATURES,
        arrays={**arrays(made.model), **(made.nights.arrays() if made.nights else {})},
        provenance=Provenance(data_sha256, made.rows, made_at, _libraries(), seed),
        metrics=_metrics(found),
        settings={
            "similar": dict(made.model.similar.log_paces),
            "beats": made.model.beats,
            "spread": dict(made.spread),
            "best_baseline": found.best_baseline,
            "split_at": parts.at,
        },
        card=_card(found, made.nights),
    )


def spread_of(kept: Artefact) -> Mapping[str, list[float]]:
    """The baselines' spread on the training data. Raises ModelRefused for a model that was made beside others."""
    spread = kept.settings.get("spread")
    if not isinstance(spread, dict) or spread.keys() != BASELINES.keys():
        raise ModelRefused(
            f"a model that was measured beside other baselines than {', '.join(BASELINES)}; train it again"
        )
    return spread


def document(found: Measured, of: str) -> dict[str, Any]:
    """For ``--json``. of: which moments were measured."""
    return {
        "pinball": found.model.pinball,
        "coverage": found.model.coverage,
        "mae": found.model.mae,
        "of": of,
        "moments": found.moments,
        "subscribers": found.people,
        "best_baseline": found.best_baseline,
        "improvement": found.improvement,
        "beats_best_baseline": found.beats,
        "adapted": asdict(found.adapted),
        "adapted_after_first_quarter": asdict(found.since_adapted),
        "adapted_as_in_service": asdict(found.in_service),
        "baselines": {name: asdict(figures) for name, figures in found.baselines.items()},
        "first_day_known": {name: asdict(figures) for name, figures in found.cold.items()},
        "depletes_before_expiry": {
            share: {name: asdict(said) for name, said in of_share.items()}
            for share, of_share in found.before_expiry.items()
        },
    }


def table(found: Measured) -> str:
    """The same in plain text."""
    lines = [f"{'':<28}{'pinball h':>10}{'coverage':>10}{'MAE h':>8}"]
    rows: list[tuple[str, Figures]] = [
        ("model", found.model),
        ("model, adapting", found.adapted),
        ("  after the first quarter", found.since_adapted),
        ("  seeing nothing past expiry", found.in_service),
        *found.baselines.items(),
    ]
    lines += [_row(name, figures) for name, figures in rows]
    if found.cold:
        lines += ["", "people known for less than a day"]
        lines += [_row(name, figures) for name, figures in found.cold.items()]
    lines += ["", f"{'depletes before expiry':<28}{'cases':>8}{'true':>7}{'precision':>11}{'recall':>8}{'lead h':>8}"]
    for share, said in found.before_expiry.items():
        lines += [
            f"{f'{share} % left, {name}':<28}{one.cases:>8}{one.true_share:>7.2f}{one.precision:>11.3f}"
            f"{one.recall:>8.3f}{one.lead_hours:>8.1f}"
            for name, one in said.items()
        ]
    return "\n".join((*lines, "", verdict(found)))


def verdict(found: Measured) -> str:
    """Whether it beats the best baseline, in a sentence."""
    share = found.improvement
    if found.moments < ENOUGH:
        return (
            f"{found.moments} moments are too few to say whether the model beats {found.best_baseline}: {ENOUGH} are "
            "needed. A gateway does not use it unless it is told to."
        )
    if share > 0:
        return f"Pinball loss is {share:.1%} lower than that of the best baseline, {found.best_baseline}."
    return (
        f"The model does NOT beat the best baseline, {found.best_baseline}: its pinball loss is {-share:.1%} higher. "
        "A gateway does not use it unless it is told to."
    )


def _row(name: str, figures: Figures) -> str:
    return f"{name:<28}{figures.pinball:>10.3f}{figures.coverage:>10.3f}{figures.mae:>8.2f}"


def _metrics(found: Measured) -> Mapping[str, float]:
    best = found.baselines[found.best_baseline]
    return {
        "pinball": found.model.pinball,
        "baseline_pinball": best.pinball,
        "coverage": found.model.coverage,
        "baseline_coverage": best.coverage,
        "mae": found.model.mae,
        "baseline_mae": best.mae,
        "adapted_pinball": found.adapted.pinball,
        "adapted_coverage": found.since_adapted.coverage,
    }


def _libraries() -> Mapping[str, str]:
    return {"python": platform.python_version(), "numpy": np.__version__, "scikit-learn": sklearn.__version__}


def _card(found: Measured, nights: Reference | None) -> str:
    paragraphs: Sequence[str] = (
        "# Time to depletion",
        verdict(found),
        f"{_measured_on(found)} {_COUNTED}",
        "```\n" + table(found) + "\n```",
        _GIVEN,
        _watched(nights),
    )
    return "\n\n".join(paragraphs) + "\n"


def _watched(nights: Reference | None) -> str:
    if nights is None:
        return "Drift: unknown. There was nobody with data left whose histograms could be kept."
    return (
        f"Drift: the file keeps histograms of {len(nights.names)} features and scores of whoever had data left in "
        "the last weeks of training, by hour of day; a nightly batch holds everybody against them. Not watched are "
        f"{' and '.join(NOT_WATCHED)}, which tell nothing of people."
    )


def _measured_on(found: Measured) -> str:
    return (
        f"Measured on {found.moments} moments at 50, 25 and 10 % left of {found.people} people whom training has not "
        "seen, in weeks after those that it has seen."
    )
