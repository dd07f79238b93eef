"""What the ranking that learns begins with, as a file; and how it is made from answers that were logged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from scoring import artefact
from scoring.artefact import Artefact, Provenance
from scoring.bandit import Beliefs, Exploration, acceptance
from scoring.errors import ModelRefused
from scoring.offer_features import FEATURES, SCHEMA
from scoring.values import Floats

KIND = "acceptance"
USUAL_ACCEPTANCE = 0.1
"""What is believed of every offer before anything is known. Assumed."""
_HELD_BACK = 0.2
"""Share of the answers, the last, that what was learned from the others is measured on."""
_FEWEST = 50


@dataclass(frozen=True, slots=True)
class Learned:
    """What answers have taught. metrics: Brier score on the last fifth, beside that of the mean of the others.

    used: whether they are better than that by more than the error of the difference; if not, nothing but the mean is
    believed.
    """

    beliefs: Beliefs
    used: bool
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Begins:
    """What a ranking that learns begins with."""

    beliefs: Beliefs
    exploration: Exploration

    def probabilities(self, rows: Floats) -> Floats:
        """The believed chance of acceptance of offers that look like this ``(n, features)``: ``(n,)``."""
        return acceptance(rows, self.beliefs.mean)


def nothing_known(usual: float = USUAL_ACCEPTANCE) -> Beliefs:
    """Everything is accepted equally often."""
    mean = np.zeros(len(FEATURES))
    mean[FEATURES.index("one")] = usual
    return Beliefs(mean, np.eye(len(FEATURES)))


def learned_from(rows: Floats, accepted: Floats) -> Learned:
    """From answers in the order in which they were given. rows: ``(n, d)``; accepted: ``(n,)``, 0 or 1.

    Raises ModelRefused for too few, or when all are the same.
    """
    if len(rows) < _FEWEST or len(np.unique(accepted)) == 1:
        raise ModelRefused(f"{len(rows)} answers, of them {int(accepted.sum())} yes: at least {_FEWEST} of both kinds")
    before = round(len(rows) * (1 - _HELD_BACK))
    usual = float(accepted[:before].mean())
    beliefs = _after(nothing_known(usual), rows[:before], accepted[:before])
    told = acceptance(rows[None, before:], beliefs.mean)[0]
    off, off_by_mean = (told - accepted[before:]) ** 2, (usual - accepted[before:]) ** 2
    brier, baseline = float(off.mean()), float(off_by_mean.mean())
    used = baseline - brier > float(np.std(off_by_mean - off) / np.sqrt(len(off)))
    rest = _after(beliefs, rows[before:], accepted[before:]) if used else nothing_known(float(accepted.mean()))
    return Learned(rest, used, {"brier": brier, "baseline_brier": baseline})


def artefact_of(learned: Learned, exploration: Exploration, provenance: Provenance) -> Artefact:
    """A model file's content."""
    return Artefact(
        kind=KIND,
        schema=SCHEMA,
        features=FEATURES,
        arrays={"mean": learned.beliefs.mean, "inverse": learned.beliefs.inverse},
        provenance=provenance,
        metrics=learned.metrics,
        settings=settings_of(exploration),
        card=_card(learned),
    )


def load(path: Path) -> tuple[Artefact, Beliefs, Exploration]:
    """The model in a file. Raises ModelRefused."""
    found = artefact.load(path, KIND, SCHEMA, FEATURES)
    try:
        beliefs = Beliefs(found.arrays["mean"], found.arrays["inverse"])
        exploration = Exploration(**found.settings)
    except (KeyError, TypeError) as error:
        raise ModelRefused(f"{path}: lacks {error}") from None
    if not sound(beliefs):
        raise ModelRefused(f"{path}: numbers that nobody can believe: not finite, or of no precision")
    return found, beliefs, exploration


def sound(beliefs: Beliefs) -> bool:
    """Whether these can be asked: finite, of the right size, and unsure in every direction."""
    many = len(FEATURES)
    if beliefs.mean.shape != (many,) or beliefs.inverse.shape != (many, many):
        return False
    if not (np.isfinite(beliefs.mean).all() and np.isfinite(beliefs.inverse).all()):
        return False
    return bool(np.linalg.eigvalsh(beliefs.inverse).min() > 0)


def settings_of(exploration: Exploration) -> dict[str, float | int]:
    """How it explores, by name."""
    return {
        "scale": exploration.scale,
        "draws": exploration.draws,
        "floor": exploration.floor,
        "seed": exploration.seed,
    }


def to_bytes(beliefs: Beliefs) -> bytes:
    """Mean, then the inverse of the precision."""
    return np.concatenate((beliefs.mean, beliefs.inverse.ravel())).tobytes()


def from_bytes(data: bytes, learned: int) -> Beliefs:
    """What ``to_bytes`` wrote. Raises ModelRefused for anything else."""
    many = len(FEATURES)
    if len(data) != 8 * many * (many + 1):
        raise ModelRefused(f"a state of the ranking with {len(data)} bytes, for other features than {many}")
    numbers = np.frombuffer(data)
    return Beliefs(numbers[:many].copy(), numbers[many:].reshape(many, many).copy(), learned)


def _after(beliefs: Beliefs, rows: Floats, accepted: Floats) -> Beliefs:
    for row, reward in zip(rows, accepted, strict=True):
        beliefs = beliefs.after(row, float(reward))
    return beliefs


def _card(learned: Learned) -> str:
    if not learned.metrics:
        return "Knows nothing yet and learns from the first answer on.\n"
    if learned.used:
        return "Begins with what logged answers have taught, which beat their mean on the last fifth of them.\n"
    return (
        "Begins with the mean of the logged answers: what they taught beyond it did not beat it on the last fifth, "
        "and is not used.\n"
    )
