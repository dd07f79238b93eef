"""Behaviour profiles: 28 days of somebody, described in a few numbers, and the group of people who live alike.

Two descriptions are at hand: the 28-day summary, reduced by principal components, and a recurrent network's (extra
``deep``). The network's is used only where next week's use is guessed better from it on people not trained with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scoring import profile_gru
from scoring.artefact import Artefact
from scoring.behaviour import DAYS
from scoring.errors import ModelRefused
from scoring.profile_clusters import distances
from scoring.profile_judge import Judge
from scoring.profile_panel import Panel
from scoring.profile_summary import PARTS, compressed, summary
from scoring.values import Floats, Ints

KIND, SCHEMA = "profiles", 1
LEAST_KNOWN = 14
"""Days that must be known of somebody who is to have a profile."""
SUMMARY, GRU = "summary", "gru"


@dataclass(frozen=True, slots=True)
class Scale:
    """What is subtracted, and what it is divided by."""

    mean: Floats
    deviation: Floats

    @classmethod
    def of(cls, values: Floats) -> Scale:
        """Of rows; a figure that never changes is left as it is."""
        deviation = values.std(axis=0)
        return cls(values.mean(axis=0), np.where(deviation > 1e-9, deviation, 1.0))

    def apply(self, values: Floats) -> Floats:
        """Standardised."""
        scaled: Floats = (values - self.mean) / self.deviation
        return scaled


@dataclass(frozen=True, slots=True)
class SummaryDescription:
    """The 28-day summary on its principal components: axes ``(dimensions, figures)``, spread ``(dimensions,)``."""

    scale: Scale
    axes: Floats
    name: str = SUMMARY

    def describe(self, window: Floats, last_day: int) -> Floats:
        """``(n, dimensions)``."""
        described: Floats = self.scale.apply(summary(window, last_day)) @ self.axes.T
        return described

    def arrays(self) -> dict[str, Any]:
        """For a model file."""
        return {"scale_mean": self.scale.mean, "scale_deviation": self.scale.deviation, "axes": self.axes}


@dataclass(frozen=True, slots=True)
class GruDescription:
    """What a recurrent network writes down. scale: of a day's figures; out: of what it writes."""

    scale: Scale
    out: Scale
    onnx: profile_gru.Bytes
    encoder: profile_gru.Encoder
    name: str = GRU

    def describe(self, window: Floats, last_day: int) -> Floats:
        """``(n, dimensions)``."""
        return self.out.apply(self.encoder.embed(self.scale.apply(compressed(window))))

    def arrays(self) -> dict[str, Any]:
        """For a model file."""
        scales = {"scale_mean": self.scale.mean, "scale_deviation": self.scale.deviation}
        return {**scales, "out_mean": self.out.mean, "out_deviation": self.out.deviation, "onnx": self.onnx}


Description = SummaryDescription | GruDescription


@dataclass(frozen=True, slots=True)
class Profile:
    """A group of people. share: of those trained with; stability: how much of it comes again in bootstraps (0 to 1).

    apart: figure to how many deviations its mean is from everybody's, the farthest first. bundle: component to size,
    price, share of people who take it, and what it earns.
    """

    name: str
    size: int
    share: float
    stability: float
    apart: Mapping[str, float]
    bundle: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Assigned:
    """Of each person: the profile's number, -1 where too little is known, and how sure it is (0 to 1).

    sure: 0 halfway to another profile, 1 at the profile's centre.
    """

    profile: Ints
    sure: Floats


@dataclass(frozen=True, slots=True)
class ProfileModel:
    """columns: of the panels that it takes, in order. centres ``(k, dimensions)``."""

    columns: tuple[str, ...]
    description: Description
    centres: Floats
    judge: Judge
    profiles: Sequence[Profile]

    def assign(self, panel: Panel, back: int = 0) -> Assigned:
        """The profile of each person, from the 28 days that end so many days before the last. Raises ScoringError."""
        if panel.columns != self.columns:
            raise ModelRefused(f"takes {', '.join(self.columns)}, and was given {', '.join(panel.columns)}")
        described = self.description.describe(panel.window(back), panel.last_day - back)
        far = distances(described, self.centres)
        first, second = np.partition(far, 1, axis=1)[:, :2].T
        known = panel.known(back) >= LEAST_KNOWN
        return Assigned(np.where(known, far.argmin(axis=1), -1), 1 - first / np.maximum(second, 1e-12))

    def arrays(self) -> dict[str, Any]:
        """For a model file."""
        judge = {"judge_weights": self.judge.weights, "judge_constant": np.array([self.judge.constant])}
        return {**self.description.arrays(), "centres": self.centres, **judge}

    def settings(self) -> dict[str, Any]:
        """The same."""
        shown = [
            {
                "name": one.name,
                "size": one.size,
                "share": one.share,
                "stability": one.stability,
                "apart": dict(one.apart),
                "bundle": {name: dict(best) for name, best in one.bundle.items()},
            }
            for one in self.profiles
        ]
        return {"description": self.description.name, "days": DAYS, "profiles": shown}


def of_artefact(artefact: Artefact) -> ProfileModel:
    """The model in a file. Raises ModelRefused for one whose parts do not fit, ExtraMissing."""
    arrays, settings = artefact.arrays, artefact.settings
    try:
        scale = Scale(arrays["scale_mean"], arrays["scale_deviation"])
        description = _DESCRIPTIONS[settings["description"]](scale, arrays)
        judge = Judge(arrays["judge_weights"], float(arrays["judge_constant"][0]))
        profiles = tuple(Profile(**one) for one in settings["profiles"])
        model = ProfileModel(artefact.features, description, arrays["centres"], judge, profiles)
        width = len(artefact.features) * (len(PARTS) if settings["description"] == SUMMARY else 1)
        shapes = (scale.mean.shape, scale.deviation.shape, judge.weights.shape)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ModelRefused(f"a model of profiles that lacks something: {error}") from None
    if shapes != ((width,), (width,), (model.centres.shape[1],)) or not 1 < len(profiles) == len(model.centres):
        raise ModelRefused("a model of profiles whose parts do not fit each other")
    if not all(np.isfinite(one).all() for one in arrays.values() if one.dtype.kind == "f"):
        raise ModelRefused("a model of profiles with figures that are no numbers")
    return model


def _summary_of(scale: Scale, arrays: Mapping[str, Any]) -> Description:
    return SummaryDescription(scale, arrays["axes"])


def _gru_of(scale: Scale, arrays: Mapping[str, Any]) -> Description:
    onnx = arrays["onnx"]
    if onnx.dtype != np.uint8 or onnx.ndim != 1:
        raise ModelRefused("a model of profiles whose encoder is no bytes")
    return GruDescription(scale, Scale(arrays["out_mean"], arrays["out_deviation"]), onnx, profile_gru.Encoder(onnx))


_DESCRIPTIONS: Mapping[str, Callable[[Scale, Mapping[str, Any]], Description]] = {SUMMARY: _summary_of, GRU: _gru_of}
