"""A propensity model from a file: what may be learnt from, how good the recipe is, and the model with its card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import numpy as np

from scoring import artefact
from scoring.artefact import Artefact, Provenance
from scoring.encoding import RARE, classes, kinds_of, like_names, positive_value
from scoring.errors import TrainingRefused
from scoring.propensity import KIND, SCHEMA, Propensity, sigmoid
from scoring.propensity_evaluation import Report, best_of, cross_validated, measured
from scoring.propensity_training import FOLDS, Judges, Rows, fit
from scoring.protected import Protection, protected
from scoring.text_table import TextTable, check_unique, read_texts
from scoring.values import Floats

Progress = Callable[[int, int], None]
_WHY = {
    "protected": "protected by law",
    "personal": "name a person",
    "left out": "left out as told",
    "different": "different in nearly every row",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be foretold, from what. positive: None where the value is known by its word. ident: empty for none."""

    path: Path
    target: str
    positive: str | None = None
    ident: str = ""
    leave_out: frozenset[str] = frozenset()
    protection: Protection = field(default_factory=Protection)


@dataclass(frozen=True, slots=True)
class Matter:
    """What may be learnt from. left_out: by column why not; positive: the value that is meant."""

    rows: Rows
    left_out: Mapping[str, str]
    positive: str


def matter(asked: Asked) -> Matter:
    """The rows and columns of a file. Raises FileMalformed, TrainingRefused."""
    full = [name for name in (asked.target, asked.ident) if name]
    table = read_texts(asked.path, full=full)
    if asked.ident:
        check_unique(table, asked.ident)
    positive = positive_value(table, asked.target, asked.positive)
    names = [name for name in table.columns if name not in full]
    for option, wished in (("--leave-out", asked.leave_out), ("--keep", asked.protection.kept)):
        for name in sorted(wished.difference(table.columns)):
            raise TrainingRefused(f"{asked.path}: line 1: there is no column {name!r} for {option}")
    left_out = protected(names, asked.protection) | {name: "left out" for name in names if name in asked.leave_out}
    kinds = kinds_of(table, [name for name in names if name not in left_out])
    left_out |= dict.fromkeys(like_names(table, kinds), "different")
    kinds = {name: numeric for name, numeric in kinds.items() if name not in left_out}
    return Matter(Rows(table, kinds, classes(table, asked.target, positive)), left_out, positive)


def validated(found: Matter, seeds: int, folds: int, progress: Progress) -> Report:
    """What the recipe and its baselines are worth on unseen rows of the file."""
    return cross_validated(found.rows, range(seeds), folds, progress=progress)


def trained(asked: Asked, made_at: str, progress: Progress) -> Artefact:
    """The model, with what it is worth on rows that it has not seen. made_at: ISO 8601 UTC.

    Raises FileMalformed, TrainingRefused.
    """
    found = matter(asked)
    report = validated(found, 1, FOLDS, progress)
    chosen = best_of(report)
    model = fit(found.rows, chosen, seed=0)
    plain = report[Judges.LINEAR]
    return Artefact(
        kind=KIND,
        schema=SCHEMA,
        features=tuple(found.rows.kinds),
        arrays=model.arrays(),
        provenance=Provenance(
            artefact.data_sha256([asked.path]),
            found.rows.table.rows,
            made_at,
            {name: version(name) for name in ("scikit-learn", "numpy")},
        ),
        metrics={
            **report[chosen],
            **{f"baseline_{name}": value for name, value in plain.items()},
            "base_rate": float(np.mean(found.rows.wanted)),
        },
        settings={
            "target": asked.target,
            "positive": found.positive,
            "id": asked.ident,
            "left_out": dict(found.left_out),
            "judges": str(chosen),
            "columns": model.encoding.document(),
        },
        card=_card(asked, found, chosen, report),
    )


def beside(model: Propensity, table: TextTable, base_rate: float) -> dict[str, Floats]:
    """What the baselines that came with a model say of every row, by name."""
    found = {str(Judges.BASE_RATE): np.full(table.rows, base_rate)}
    if model.weights.any():
        matrix = model.encoding.encode(table).matrix
        found[str(Judges.LINEAR)] = sigmoid(matrix @ model.weights + model.intercept)
    return found


def figures(reports: Mapping[str, Mapping[str, float]]) -> str:
    """Figures side by side, as text."""
    width = max(map(len, reports))
    names = list(next(iter(reports.values())))
    lines = [" " * width + "".join(f"{name:>10}" for name in names)]
    for one, found in reports.items():
        lines.append(f"{one:<{width}}" + "".join(f"{found[name]:>10.4f}" for name in names))
    return "\n".join(lines)


def told_left_out(left_out: Mapping[str, str]) -> str:
    """Which columns are not learnt from, and why; empty for none."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in left_out.items():
        by_reason.setdefault(reason, []).append(name)
    return "\n".join(f"left out ({_WHY[reason]}): {', '.join(names)}" for reason, names in by_reason.items())


def _card(asked: Asked, found: Matter, chosen: Judges, report: Report) -> str:
    rows = found.rows
    kept = ", ".join(sorted(asked.protection.kept & rows.kinds.keys()))
    count = f"{rows.table.rows} rows, {int(rows.wanted.sum())} of them {found.positive!r}"
    used = f"Used: {chosen}, by its Brier score."
    parts = (
        f"# Propensity: {asked.target} = {found.positive}\n",
        f"{count}; {len(rows.kinds)} columns: {', '.join(rows.kinds)}",
        told_left_out(found.left_out),
        f"kept though they are called like protected attributes: {kept}" if kept else "",
        f"\n{FOLDS} stratified folds, everything learnt within each, nothing resampled:\n",
        f"{figures({str(one): report[one] for one in report})}\n",
        used if chosen is not Judges.BASE_RATE else f"{used} No column tells anything.",
        f"A category in fewer than {RARE} rows counts as 'other'; no rarer value stands in this file.\n",
    )
    return "\n".join(part for part in parts if part)


def evaluated(model: Propensity, table: TextTable, wanted: Floats, base_rate: float) -> dict[str, dict[str, float]]:
    """A model and its baselines on rows that it has not seen. wanted: 0 or 1, ``(n,)``, both there."""
    said = {"model": model.predict(table).probability, **beside(model, table, base_rate)}
    return {name: measured(wanted, probability) for name, probability in said.items()}
