"""Models from files: what is put into service, and what stops the start."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import flat_model
from gateway.app import Gateway
from gateway.app.models import files_of, models_of
from gateway.cli import main
from gateway.config.loading import load
from gateway.config.tree import Config
from gateway.core.models import Models
from gateway.errors import ConfigError
from model_files import LOADERS, write_model
from scoring.artefact import save
from scoring.drift import reference


def configured(folder: Path, lines: str) -> Config:
    """A configuration with these lines in ``[scoring]``."""
    file = folder / "chasqui.toml"
    file.write_text(f"[scoring]\n{lines}\n", encoding="utf-8")
    return load(file, {})


def test_without_files_the_rules_decide() -> None:
    """A kind without a model has the version ``rules``."""
    models = models_of(Config())
    assert (models, models.champion("depletion"), models.version("depletion")) == (Models(), None, "rules")


def test_a_champion_and_a_challenger_are_loaded_from_beside_the_configuration(tmp_path: Path) -> None:
    """Each by its path, each with its version."""
    versions = write_model(tmp_path / "old.model"), write_model(tmp_path / "new.model", 3.0)
    config = configured(tmp_path, 'depletion = "old.model"\nchallengers = {depletion = "new.model"}')
    models = models_of(config, LOADERS)
    assert (models.version("depletion"), models.version("depletion", "challenger")) == versions
    assert (models.champion("depletion").factor, models.challenger("depletion").factor) == (2.0, 3.0)
    assert files_of(config)["depletion", "challenger"] == tmp_path / "new.model"


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ('depletion = "none.model"', r"scoring\.depletion: .*none\.model: there is no such model$"),
        (
            'challengers = {depletion = "churn.model"}',
            r"scoring\.challengers\.depletion: .*churn\.model: a model of kind 'churn', where 'depletion' is wanted$",
        ),
        ('depletion = "schema.model"', r"schema\.model: made for features of version 7, not 1; train it again$"),
        ('depletion = "noise.model"', r"scoring\.depletion: .*noise\.model: not a model, or damaged"),
    ],
)
def test_a_model_that_does_not_fit_is_one_line_with_the_key(tmp_path: Path, lines: str, complaint: str) -> None:
    """Missing, damaged, of another kind or of another schema."""
    write_model(tmp_path / "churn.model", kind="churn")
    write_model(tmp_path / "schema.model", schema=7)
    (tmp_path / "noise.model").write_bytes(b"\0" * 100)
    with pytest.raises(ConfigError, match=complaint) as caught:
        models_of(configured(tmp_path, lines), LOADERS)
    assert "\n" not in str(caught.value)


def test_a_model_that_does_not_fit_stops_the_start(tmp_path: Path) -> None:
    """Before a port is opened or a database is made."""
    config = configured(tmp_path, 'depletion = "none.model"')
    with pytest.raises(ConfigError, match=r"scoring\.depletion"):
        asyncio.run(Gateway(config).start())
    assert not (tmp_path / "chasqui.db").exists()


def test_the_models_command_tells_what_would_be_in_service(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Versions, when they were made, and their figures."""
    monkeypatch.setattr("gateway.app.models.LOADERS", LOADERS)
    version = write_model(tmp_path / "old.model")
    configured(tmp_path, 'depletion = "old.model"')
    assert main(["score", "models", "--config", str(tmp_path / "chasqui.toml")]) == 0
    told = capsys.readouterr().out
    assert f"depletion champion: version {version[:12]}, made 2026-11-20T00:00:00Z from 100 rows" in told
    assert "baseline_pinball" in told
    assert "by rules, without a model: acceptance" in told


def test_the_models_command_tells_how_far_people_have_moved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As the newest night counted it of this version; not yet, or unknown, where the file keeps no histograms."""
    config = str(configured(tmp_path, 'depletion = "a.model"\nunproven = true').folder / "chasqui.toml")
    drawn = np.random.default_rng(1).random((100, 1))
    without = flat_model.kept()
    arrays = {**without.arrays, **reference(drawn, ("share_left",), {}).arrays()}
    for kept, night, told in (
        (without, {"share_left": 0.3}, "drift is unknown"),
        (replace(without, arrays=arrays), None, "drift: not counted yet"),
        (
            replace(without, arrays=arrays),
            {"share_left": 0.3, "hour": 0.01, "median_day": 0.2},
            "drift, night of 2026-11-23: share_left 0.300 (another population: train again), median_day 0.200",
        ),
    ):
        version = save(kept, tmp_path / "a.model")
        folder = tmp_path / "scores" / "2026-11-23"
        folder.mkdir(parents=True, exist_ok=True)
        found = {"models": {"depletion": version}, "drift": {"depletion": night}}
        (folder / "summary.json").write_text(json.dumps(found))
        assert main(["score", "models", "--config", config]) == 0
        assert told in capsys.readouterr().out
        assert main(["score", "model", str(tmp_path / "a.model")]) == 0
        assert ("drift is unknown" in capsys.readouterr().out) == (kept is without)
    assert main(["score", "models", "--config", config, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["drift"]["share_left"] == 0.3


def test_a_command_on_a_model_that_does_not_fit_ends_with_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line."""
    configured(tmp_path, 'depletion = "none.model"')
    assert main(["score", "models", "--config", str(tmp_path / "chasqui.toml")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
