"""Two models against each other, on what has become known. Not for a gateway that serves: it imports scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flows.frozen import dataclass
from gateway.core.model_figures import actual_of, column_of, most_of
from scoring import comparing, losses
from scoring.losses import QUANTILES
from scoring.paired import Difference
from scoring.values import Floats
from store.model_scores import ModelScore, Said


@dataclass(frozen=True, slots=True)
class Compared:
    """Two versions on the same cases. loss: the name of what the difference is one of."""

    champion: str
    challenger: str
    figures: Mapping[str, Mapping[str, float]]
    loss: str
    difference: Difference


def newest_pair(scores: Sequence[ModelScore], challenger: str = "") -> tuple[str, str] | None:
    """The versions that were last seen beside each other. challenger: the beginning of its version, any if empty."""
    for one in reversed(scores):
        if one.challenger_said is not None and one.challenger.startswith(challenger):
            return one.champion, one.challenger
    return None


def compared(kind: str, scores: Sequence[ModelScore], pair: tuple[str, str]) -> Compared:
    """These two versions, on the cases that both saw and of which it is known what came."""
    both = [one for one in scores if (one.champion, one.challenger) == pair and one.challenger_said is not None]
    said = {
        "champion": [one.champion_said for one in both],
        "challenger": [one.challenger_said for one in both if one.challenger_said is not None],
    }
    people = [one.subscription for one in both]
    figures = {role: figures_of(kind, both, words) for role, words in said.items()}
    lost = {role: _losses(kind, both, words) for role, words in said.items()}
    apart = comparing.difference(lost["champion"], lost["challenger"], people)
    return Compared(*pair, figures, "pinball" if kind == "depletion" else "log_loss", apart)


def figures_of(kind: str, scores: Sequence[ModelScore], said: Sequence[Said]) -> dict[str, float]:
    """Of depletion: pinball loss in hours, coverage, and the chance before expiry; of others: log loss, AUC, ECE."""
    if kind != "depletion":
        return comparing.classification(column_of(said, "p"), actual_of(scores))
    quantiles, most = {name: column_of(said, name) for name in QUANTILES}, most_of(scores)
    of_chance = comparing.classification(column_of(said, "p_before_expiry"), (actual_of(scores) >= 0).astype(float))
    return {
        "pinball": float(losses.pinball_losses(actual_of(scores), quantiles, most).mean()),
        "coverage": losses.coverage(actual_of(scores), quantiles, most),
        **{f"before_expiry_{name}": of_chance[name] for name in ("log_loss", "ece")},
    }


def _losses(kind: str, scores: Sequence[ModelScore], said: Sequence[Said]) -> Floats:
    if kind != "depletion":
        return losses.log_losses(column_of(said, "p"), actual_of(scores))
    quantiles = {name: column_of(said, name) for name in QUANTILES}
    return losses.pinball_losses(actual_of(scores), quantiles, most_of(scores))
