"""Rules as pictures: a scatter of support, confidence and lift, and a heat map of what leads to what.

matplotlib is an extra: what draws asks ``require`` first, before the long work.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from scoring.combo_values import Rule
from scoring.errors import ExtraMissing, FileMalformed

SCATTER, HEAT_MAP = "rules-scatter.png", "rules-heat-map.png"
_MOST_SIDES = 30
"""Rows and columns of the heat map: more cannot be read."""
_DOTS = 120


def require() -> None:
    """Raises ExtraMissing."""
    if find_spec("matplotlib") is None:
        raise ExtraMissing("pictures need matplotlib: pip install 'chasqui[pictures]'")


def draw(rules: Sequence[Rule], folder: Path) -> tuple[Path, Path]:
    """Write both pictures into a folder, which is made. rules: best first. Raises ExtraMissing, FileMalformed."""
    require()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _scatter(rules, folder / SCATTER)
        _heat_map(rules, folder / HEAT_MAP)
    except OSError as error:
        raise FileMalformed(f"{folder}: pictures cannot be written: {error.strerror}") from None
    return folder / SCATTER, folder / HEAT_MAP


def _scatter(rules: Sequence[Rule], file: Path) -> None:
    from matplotlib.figure import Figure  # noqa: PLC0415 - an extra

    figure = Figure(figsize=(8, 6), layout="constrained")
    axes = figure.subplots()
    dots = axes.scatter(
        [rule.support for rule in rules],
        [rule.confidence for rule in rules],
        c=[rule.lift for rule in rules],
        cmap="viridis",
        alpha=0.7,
    )
    axes.set(xlabel="support", ylabel="confidence", title=f"{len(rules)} rules")
    if rules:
        figure.colorbar(dots, label="lift")
    figure.savefig(file, dpi=_DOTS)


def _heat_map(rules: Sequence[Rule], file: Path) -> None:
    from matplotlib.figure import Figure  # noqa: PLC0415 - an extra

    given, then = (_sides(rules, side) for side in ("given", "then"))
    lifts = np.full((len(given) or 1, len(then) or 1), np.nan)
    for rule in rules:
        if rule.given in given and rule.then in then:
            lifts[given.index(rule.given), then.index(rule.then)] = rule.lift
    figure = Figure(figsize=(3 + 0.35 * lifts.shape[1], 3 + 0.3 * lifts.shape[0]), layout="constrained")
    axes = figure.subplots()
    shades = axes.imshow(np.ma.masked_invalid(lifts), cmap="viridis", aspect="auto")
    axes.set_xticks(range(len(then)), [" ".join(items) for items in then], rotation=90)
    axes.set_yticks(range(len(given)), [" ".join(items) for items in given])
    axes.set(xlabel="then", ylabel="if", title="lift")
    if rules:
        figure.colorbar(shades)
    figure.savefig(file, dpi=_DOTS)


def _sides(rules: Sequence[Rule], side: str) -> list[tuple[str, ...]]:
    """What stands on one side of the best rules, each once."""
    return list(dict.fromkeys(getattr(rule, side) for rule in rules))[:_MOST_SIDES]
