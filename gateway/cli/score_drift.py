"""How drift is told on a terminal: what has moved most since training, or that nobody knows."""

from __future__ import annotations

from collections.abc import Mapping

from scoring.artefact import Artefact
from scoring.drift import ACT, WATCH, Reference

UNKNOWN = "drift is unknown: the model's file keeps no histograms of its training"
_NOT_YET = "drift: not counted yet; a nightly batch does it (chasqui score batch)"
_MOST = 5


def most_moved(moved: Mapping[str, float]) -> str:
    """The highest indices, with what to do about them."""
    worst = sorted(moved.items(), key=lambda one: -one[1])[:_MOST]
    return ", ".join(f"{name} {psi:.3f}{_word(psi)}" for name, psi in worst)


def of_model(kept: Artefact, night: str | None, moved: Mapping[str, float] | None) -> str:
    """A line about a model. night: the newest batch that counted it, with what had moved by then; None for none."""
    if Reference.of_arrays(kept.arrays) is None:
        return UNKNOWN
    return _NOT_YET if moved is None else f"drift, night of {night}: {most_moved(moved)}"


def _word(psi: float) -> str:
    return " (another population: train again)" if psi > ACT else " (has moved: look at it)" if psi > WATCH else ""
