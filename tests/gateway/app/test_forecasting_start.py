"""The model that the configuration names is used where it fits and is worth it; otherwise the start says why not."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from flat_model import kept
from gateway.app.models import models_of
from gateway.config.loading import load
from gateway.config.tree import Config, ScoringConfig
from gateway.errors import ConfigError
from scoring import artefact
from scoring.artefact import Artefact


def configured(folder: Path, made: Artefact | None, *, unproven: bool = False) -> Config:
    """A configuration beside a model of this name."""
    if made is not None:
        artefact.save(made, folder / "m.model")
    return Config(scoring=ScoringConfig(depletion="m.model", unproven=unproven), folder=folder)


def test_a_model_that_beats_its_baseline_is_used(tmp_path: Path) -> None:
    """By its version."""
    made = models_of(configured(tmp_path, kept()))
    assert made.version("depletion") == artefact.opened(tmp_path / "m.model").version


def test_without_a_name_there_is_none() -> None:
    """Then it is forecast by hand, as ever."""
    assert models_of(Config()).champion("depletion") is None


def test_a_model_that_does_not_beat_its_baseline_is_not_used_unless_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says so, and how to use it all the same."""
    with caplog.at_level(logging.WARNING):
        assert models_of(configured(tmp_path, kept(beats=False))).champion("depletion") is None
    assert "scoring.unproven = true" in caplog.text
    assert models_of(configured(tmp_path, None, unproven=True)).champion("depletion") is not None


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (None, "there is no such model"),
        (kept(schema=99), "made for features of version 99"),
        (replace(kept(), kind="churn"), "of kind 'churn', where 'depletion' is wanted"),
        (replace(kept(), features=("age",)), "takes other features"),
        (replace(kept(), settings={}), "lacks 'similar'"),
        (replace(kept(), arrays={}), "lack"),
    ],
)
def test_a_file_that_does_not_fit_stops_the_start_in_one_line(tmp_path: Path, made: Artefact | None, told: str) -> None:
    """It names the key."""
    with pytest.raises(ConfigError, match=r"scoring\.depletion: ") as refused:
        models_of(configured(tmp_path, made))
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_section_is_read(tmp_path: Path) -> None:
    """As any other."""
    (tmp_path / "chasqui.toml").write_text('[scoring]\ndepletion = "m.model"\nunproven = true\n', encoding="utf-8")
    assert load(tmp_path / "chasqui.toml", {}).scoring == ScoringConfig("m.model", unproven=True)
