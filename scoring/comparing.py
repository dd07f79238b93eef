"""Two models on the same cases: which is better, as far as that can be told.

The difference of their losses is taken case by case. Cases of one person are alike, so people are what counts: the
interval is that of a mean over clusters (Cameron and Miller, A Practitioner's Guide to Cluster-Robust Inference, 2015).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from sklearn.metrics import roc_auc_score

from scoring.calibration import reliability
from scoring.errors import ShapeMismatch
from scoring.losses import log_losses
from scoring.paired import Difference
from scoring.values import Floats


def difference(champion: Floats, challenger: Floats, people: ArrayLike) -> Difference:
    """Of losses ``(n,)`` of the same cases. people: whose each case is, ``(n,)`` of any kind. Raises ShapeMismatch."""
    each = np.asarray(people)
    if not champion.shape == challenger.shape == each.shape:
        raise ShapeMismatch(f"losses of {len(champion)} and {len(challenger)} cases of {len(each)} people")
    apart = challenger - champion
    _, whose = np.unique(each, return_inverse=True)
    n, groups = len(apart), int(whose.max()) + 1 if len(apart) else 0
    if groups <= 1:
        mean = float(apart.mean()) if n else float("nan")
        return Difference(mean, -np.inf, np.inf, n, groups)
    mean = float(apart.mean())
    sums = np.bincount(whose, weights=apart - mean)
    error = float(np.sqrt((sums**2).sum() * groups / (groups - 1)) / n)
    reach = float(stats.t.ppf(0.975, groups - 1)) * error
    return Difference(mean, mean - reach, mean + reach, n, groups)


def classification(said: Floats, came: Floats) -> dict[str, float]:
    """Log loss, Brier score, AUC (NaN where all or nothing came true) and expected calibration error."""
    both = 0 < came.sum() < len(came)
    return {
        "log_loss": float(log_losses(said, came).mean()),
        "brier": float(((said - came) ** 2).mean()),
        "auc": float(roc_auc_score(came, said)) if both else float("nan"),
        "ece": reliability(said, came).error,
    }
