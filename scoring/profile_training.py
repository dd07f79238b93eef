"""Training profiles: which description of 28 days is used, how many groups there are, what sets each apart."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA

from scoring import profile_clusters, profile_gru, profile_judge
from scoring.behaviour import DAYS
from scoring.errors import ScoringError, TooLittleToLearn
from scoring.profile_bundles import Kit
from scoring.profile_clusters import FEWEST, MOST, Grouping, nearest
from scoring.profile_panel import AHEAD, Panel
from scoring.profile_summary import PARTS, compressed, summary
from scoring.profile_words import names
from scoring.profiles import LEAST_KNOWN, Description, GruDescription, Profile, ProfileModel, Scale, SummaryDescription
from scoring.values import Floats, Ints

_KEPT_VARIANCE, _MOST_DIMENSIONS = 0.9, 12
_HELD_OUT = 30
"""Of a hundred people, so many are not trained with."""
FEWEST_PEOPLE = 60
_EPOCHS = 60
_MOST_APART = 6


@dataclass(frozen=True, slots=True)
class Wishes:
    """groups: how many, None = as many as there are. deep: also try a recurrent network."""

    groups: int | None = None
    deep: bool = False
    seed: int = 0
    epochs: int = _EPOCHS


@dataclass(frozen=True, slots=True)
class Report:
    """What training found.

    errors: of next week's use of people held out, mean absolute in log megabytes, by what it is guessed from:
    ``mean_of_all``, ``last_week``, ``summary``, ``gru`` if it was tried. used: the description that is used. gain: of
    the network over the summary with its 95 % interval, where it was tried. silhouettes, stabilities: by number of
    groups. groups: how many were taken; by_chance: the silhouette of so many in people of one kind.
    """

    people: int
    held_out: int
    left_out: int
    errors: Mapping[str, float]
    used: str
    gain: tuple[float, float, float] | None
    silhouettes: Mapping[int, float]
    stabilities: Mapping[int, float]
    groups: int
    by_chance: float

    @property
    def groups_found(self) -> bool:
        """Whether these groups are stable, and parted better than those of people of one kind would be."""
        stable = self.stabilities[self.groups] >= profile_clusters.STABLE
        return stable and self.silhouettes[self.groups] > self.by_chance


def train(panel: Panel, kit: Kit, wishes: Wishes) -> tuple[ProfileModel, Report]:
    """A model and what was found. Raises ScoringError for too few people or days."""
    known = np.flatnonzero(panel.known(AHEAD) >= LEAST_KNOWN)
    if panel.days < DAYS + AHEAD:
        raise ScoringError(
            f"{panel.days} days of behaviour; profiles need {DAYS + AHEAD}: 28 to describe, 7 to judge by"
        )
    if len(known) < FEWEST_PEOPLE:
        raise ScoringError(f"{len(known)} people with {LEAST_KNOWN} known days; profiles need {FEWEST_PEOPLE}")
    people = panel.of(known)
    held = _held_out(people)
    taught, judged = people.of(np.flatnonzero(~held)), people.of(np.flatnonzero(held))
    chosen, errors, gain = _chosen(taught, judged, wishes)
    judge = profile_judge.trained(_described(chosen, people), _target(people))
    groupings = profile_clusters.tried(_described(chosen, people), _counts(wishes), wishes.seed)
    grouping = profile_clusters.best(groupings)
    model = ProfileModel(people.columns, chosen, grouping.centres, judge, _profiles(people, chosen, grouping, kit))
    report = Report(
        people=len(known),
        held_out=int(held.sum()),
        left_out=len(panel.people) - len(known),
        errors=errors,
        used=chosen.name,
        gain=gain,
        silhouettes={one.count: one.silhouette for one in groupings},
        stabilities={one.count: one.stability for one in groupings},
        groups=grouping.count,
        by_chance=profile_clusters.by_chance(_described(chosen, people), grouping.count, wishes.seed),
    )
    return model, report


def errors_of(model: ProfileModel, panel: Panel) -> dict[str, float]:
    """Next week's use guessed by a model and by last week's use, on people of whom enough is known."""
    wanted = _target(panel)
    guessed = model.judge.guess(_described(model.description, panel))
    return {
        "mae": float(np.abs(wanted - guessed).mean()),
        "baseline_mae": float(np.abs(wanted - _last_week(panel)[:, 0]).mean()),
    }


def _held_out(panel: Panel) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """By a digest of who it is: the same people each time, whoever else is there."""
    return np.array([int(hashlib.sha256(one.encode()).hexdigest()[:8], 16) % 100 < _HELD_OUT for one in panel.people])


def _counts(wishes: Wishes) -> Sequence[int]:
    return range(FEWEST, MOST + 1) if wishes.groups is None else (wishes.groups,)


def _chosen(
    taught: Panel, judged: Panel, wishes: Wishes
) -> tuple[Description, dict[str, float], tuple[float, float, float] | None]:
    """The description that is used, the errors of all, and the gain of the network with its interval."""
    wanted = _target(judged)
    plain = _summary_description(taught)
    guessed = _guessed(plain, taught, judged)
    by_last_week = profile_judge.trained(_last_week(taught), _target(taught))
    errors = {
        "mean_of_all": float(np.abs(wanted - _target(taught).mean()).mean()),
        "last_week": float(np.abs(wanted - by_last_week.guess(_last_week(judged))).mean()),
        "summary": float(np.abs(wanted - guessed).mean()),
    }
    if not wishes.deep:
        return plain, errors, None
    deep = _gru_description(taught, len(plain.axes), wishes)
    compared = profile_judge.compared(wanted, guessed, _guessed(deep, taught, judged), wishes.seed)
    errors["gru"] = compared.second
    return (deep if compared.second_wins else plain), errors, (compared.gain, compared.low, compared.high)


def _guessed(description: Description, taught: Panel, judged: Panel) -> Floats:
    judge = profile_judge.trained(_described(description, taught), _target(taught))
    return judge.guess(_described(description, judged))


def _described(description: Description, panel: Panel) -> Floats:
    return description.describe(panel.window(AHEAD), panel.last_day - AHEAD)


def _target(panel: Panel) -> Floats:
    return profile_judge.target(panel.sums[:, -AHEAD:, panel.columns.index("bytes")])


def _last_week(panel: Panel) -> Floats:
    """The same of the week before, as a description of one number: what everybody would guess from."""
    return profile_judge.target(panel.sums[:, -2 * AHEAD : -AHEAD, panel.columns.index("bytes")])[:, None]


def _summary_description(taught: Panel) -> SummaryDescription:
    figures = summary(taught.window(AHEAD), taught.last_day - AHEAD)
    if not np.ptp(figures, axis=0).any():
        raise TooLittleToLearn("everybody's 28 days are the same: there is nothing to group by")
    scale = Scale.of(figures)
    found = PCA(svd_solver="full").fit(scale.apply(figures))
    enough = int(np.searchsorted(np.cumsum(found.explained_variance_ratio_), _KEPT_VARIANCE)) + 1
    return SummaryDescription(scale, found.components_[: min(enough, _MOST_DIMENSIONS)])


def _gru_description(taught: Panel, dimensions: int, wishes: Wishes) -> GruDescription:
    """Trained on every 28 days that begin a week apart and end before those that are judged by."""
    backs = range(AHEAD, taught.days - DAYS + 1, AHEAD)
    windows = np.concatenate([compressed(taught.window(back)) for back in backs])
    scale = Scale.of(windows.reshape(-1, windows.shape[2]))
    onnx = profile_gru.trained(scale.apply(windows), dimensions, epochs=wishes.epochs, seed=wishes.seed)
    encoder = profile_gru.Encoder(onnx)
    written = encoder.embed(scale.apply(compressed(taught.window(AHEAD))))
    return GruDescription(scale, Scale.of(written), onnx, encoder)


def _profiles(people: Panel, description: Description, grouping: Grouping, kit: Kit) -> tuple[Profile, ...]:
    figures = summary(people.window(AHEAD), people.last_day - AHEAD)
    standard = Scale.of(figures).apply(figures)
    group = nearest(_described(description, people), grouping.centres)
    members = [np.flatnonzero(group == at) for at in range(grouping.count)]
    apart = np.array([standard[rows].mean(axis=0) for rows in members])
    titles = names(apart, people.columns)
    return tuple(
        Profile(
            name=titles[at],
            size=len(rows),
            share=round(len(rows) / len(group), 4),
            stability=round(float(grouping.of_group[at]), 4),
            apart=_farthest(apart[at], people.columns),
            bundle=kit.bundle_for(people.of(rows), AHEAD),
        )
        for at, rows in enumerate(members)
    )


def _farthest(row: Floats, columns: Sequence[str]) -> dict[str, float]:
    figures = [f"{column} {part}" for column in columns for part in PARTS]
    order: Ints = np.argsort(-np.abs(row))[:_MOST_APART]
    return {figures[at]: round(float(row[at]), 3) for at in order}
