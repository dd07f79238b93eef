"""How good a propensity model is: on rows that it has not seen, beside the base rate and plain logistic regression."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from sklearn.metrics import brier_score_loss, roc_auc_score

from scoring.propensity_training import Judges, Rows, fit, folds_of
from scoring.values import Floats

AUC, BRIER, ECE, LIFT = "auc", "brier", "ece", "lift@10%"
_BINS = 10
_TOP = 0.1

Report = Mapping[Judges, Mapping[str, float]]


def measured(wanted: Floats, probability: Floats) -> dict[str, float]:
    """AUC, Brier score, expected calibration error over ten bins of equal width, and lift among the top tenth.

    wanted: 0 or 1, both there; probability: ``(n,)``.
    """
    return {
        AUC: float(roc_auc_score(wanted, probability)),
        BRIER: float(brier_score_loss(wanted, probability)),
        ECE: calibration_error(wanted, probability),
        LIFT: lift(wanted, probability),
    }


def calibration_error(wanted: Floats, probability: Floats) -> float:
    """Mean distance of what was said from what happened, over ten bins of equal width, weighed by their rows."""
    bins = np.minimum((probability * _BINS).astype(np.int64), _BINS - 1)
    gaps = np.bincount(bins, weights=wanted - probability, minlength=_BINS)
    return float(np.abs(gaps).sum() / len(wanted))


def lift(wanted: Floats, probability: Floats) -> float:
    """How many times more often it is true in the tenth that is said to be likeliest than in all.

    Rows of one probability count alike, so that the order of the file decides nothing.
    """
    most = int(np.ceil(_TOP * len(wanted)))
    threshold = np.sort(probability)[-most]
    above, tied = probability > threshold, probability == threshold
    among = float(wanted[above].sum() + (most - above.sum()) * wanted[tied].mean())
    return among / most / float(wanted.mean())


def cross_validated(
    rows: Rows,
    seeds: Sequence[int],
    folds: int,
    judges: Sequence[Judges] = tuple(Judges),
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Stratified folds, everything learnt within each; AUC is the mean of the folds', the rest of all rows together.

    The mean over several seeds. progress: told how many fits are done, of how many. Raises TrainingRefused.
    """
    total, done = len(seeds) * folds * len(judges), 0
    found: dict[Judges, list[dict[str, float]]] = {one: [] for one in judges}
    for seed in seeds:
        splits = list(folds_of(rows.wanted, folds, seed))
        for one in judges:
            said = np.zeros(len(rows.wanted))
            for known, unseen in splits:
                said[unseen] = fit(rows.at(known), one, seed).predict(rows.table.at(unseen)).probability
                done += 1
                progress(done, total)
            of_folds = [float(roc_auc_score(rows.wanted[unseen], said[unseen])) for _, unseen in splits]
            found[one].append({**measured(rows.wanted, said), AUC: float(np.mean(of_folds))})
    return {
        one: {name: float(np.mean([figures[name] for figures in runs])) for name in runs[0]}
        for one, runs in found.items()
    }


def best_of(report: Report) -> Judges:
    """The judges to be used: the next less plain only where it has the better Brier score."""
    chosen = Judges.BASE_RATE
    for one in (Judges.LINEAR, Judges.TOGETHER):
        if one in report and report[one][BRIER] < report[chosen][BRIER]:
            chosen = one
    return chosen
