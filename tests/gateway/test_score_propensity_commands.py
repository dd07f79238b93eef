"""``chasqui score … propensity``: from a file to a model, to probabilities, to figures."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gateway.cli import USAGE_ERROR, main
from scoring import artefact

Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with two hundred people in a file; the older they are with us, the fewer leave."""
    monkeypatch.chdir(tmp_path)
    drawn = np.random.default_rng(1)
    with Path("people.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["who", "sexo", "months", "left"])
        for at in range(200):
            months = drawn.integers(1, 60)
            writer.writerow([f"p{at}", "f", months, "Yes" if drawn.random() < 3 / (3 + months / 3) else "No"])
    return tmp_path


def score(*words: str) -> int:
    """Run the command."""
    return main(["score", *words])


def trained() -> None:
    """The model of the folder."""
    assert score("train", "propensity", "--csv", "people.csv", "--target", "left", "--id", "who", "--out", "m") == 0


def test_a_model_is_trained_predicts_and_is_measured(capsys: Output) -> None:
    """The report names what is left out, the baselines stay beside, ids come back in the file's order."""
    trained()
    told = capsys.readouterr().out
    assert "left out (protected by law): sexo" in told
    assert "base rate" in told
    assert score("predict", "propensity", "--model", "m", "--csv", "people.csv", "--out", "p.csv") == 0
    with Path("p.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == [f"p{at}" for at in range(200)]
    assert all(0 < float(row["probability"]) < 1 for row in rows)
    words = ("predict", "propensity", "--model", "m", "--csv", "people.csv", "--out", "p.csv", "--id", "")
    assert score(*words) == 0
    assert Path("p.csv").read_text().splitlines()[1].startswith("1,")
    capsys.readouterr()
    assert score("evaluate", "propensity", "--model", "m", "--csv", "people.csv", "--json") == 0
    output = capsys.readouterr()
    found = json.loads(output.out)
    assert {"auc", "brier", "ece", "lift@10%"} <= found.keys()
    assert "base rate" in found["baselines"]
    assert "trained on this very file" in output.err


def test_the_recipe_is_measured_without_a_model(capsys: Output) -> None:
    """By cross-validation, the mean of several seeds."""
    words = ("--csv", "people.csv", "--target", "left", "--id", "who", "--folds", "3", "--seeds", "2")
    assert score("evaluate", "propensity", *words) == 0
    assert "3 folds, mean of 2 seeds" in capsys.readouterr().out
    assert score("evaluate", "propensity", *words, "--json") == 0
    assert json.loads(capsys.readouterr().out)["left_out"] == {"sexo": "protected"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("train", "propensity", "--csv", "none.csv", "--target", "left", "--out", "x"),
            "none.csv: there is no such file",
        ),
        (("train", "propensity", "--csv", "people.csv", "--target", "gone", "--out", "x"), "there is no column 'gone'"),
        (
            ("train", "propensity", "--csv", "people.csv", "--target", "left", "--positive", "Maybe", "--out", "x"),
            "no row is 'Maybe'",
        ),
        (("predict", "propensity", "--model", "none", "--csv", "people.csv", "--out", "x"), "there is no such model"),
        (("evaluate", "propensity", "--csv", "people.csv"), "--target names the column"),
        (("evaluate", "propensity", "--csv", "people.csv", "--target", "left", "--folds", "1"), "--folds must be 2"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(capsys: Output, words: tuple[str, ...], told: str) -> None:
    """Exit status 2, and nothing is written."""
    assert score(*words) == USAGE_ERROR
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
    assert not Path("x").exists()


def test_ids_that_stand_twice_are_refused_and_nothing_is_written(capsys: Output) -> None:
    """Nobody could say whose probability it is."""
    trained()
    Path("twice.csv").write_text("who,months\na,3\na,4\n")
    assert score("predict", "propensity", "--model", "m", "--csv", "twice.csv", "--out", "p.csv") == USAGE_ERROR
    assert "twice.csv: line 3, column who: stands in line 2 already" in capsys.readouterr().err
    assert not Path("p.csv").exists()


def test_a_file_that_cannot_be_written_is_told(capsys: Output) -> None:
    """By its name; of a model, before the work of training."""
    trained()
    capsys.readouterr()
    words = ("--model", "m", "--csv", "people.csv", "--out", "no/such/folder.csv")
    assert score("predict", "propensity", *words) == USAGE_ERROR
    assert "no/such/folder.csv: there is no folder no/such" in capsys.readouterr().err
    words = ("--csv", "nobody-looks-at-it.csv", "--target", "left", "--out", "no/m")
    assert score("train", "propensity", *words) == USAGE_ERROR
    assert "no/m: there is no folder no" in capsys.readouterr().err


def test_a_figure_that_is_too_large_to_reckon_with_is_told(capsys: Output) -> None:
    """Its square would be no number, and with it every other row's."""
    Path("large.csv").write_text(Path("people.csv").read_text() + "p200,f,1e101,No\n")
    assert score("train", "propensity", "--csv", "large.csv", "--target", "left", "--out", "m") == USAGE_ERROR
    assert capsys.readouterr().err == "chasqui: large.csv: line 202, column months: too large: '1e101'\n"


def test_categories_that_training_never_saw_are_counted(capsys: Output) -> None:
    """On standard error, beside the answer."""
    Path("plans.csv").write_text(
        "plan,left\n" + "".join(f"{'ab'[at % 2]},{'Yes' if at % 4 == 0 else 'No'}\n" for at in range(200))
    )
    assert score("train", "propensity", "--csv", "plans.csv", "--target", "left", "--out", "m") == 0
    Path("new.csv").write_text("plan\na\nnew\n")
    assert score("predict", "propensity", "--model", "m", "--csv", "new.csv", "--out", "p.csv") == 0
    assert "counted as 'other': plan 1" in capsys.readouterr().err
    assert Path("p.csv").read_text().splitlines()[1].startswith("1,")


@pytest.mark.parametrize("option", ["--leave-out", "--keep"])
def test_a_column_that_is_not_there_cannot_be_left_out_or_kept(option: str, capsys: Output) -> None:
    """A slip of the pen would else train on what was to be left out."""
    words = ("--csv", "people.csv", "--target", "left", "--out", "m", option, "sexxo")
    assert score("train", "propensity", *words) == USAGE_ERROR
    assert capsys.readouterr().err == f"chasqui: people.csv: line 1: there is no column 'sexxo' for {option}\n"


def test_a_target_that_tells_who_somebody_is_is_not_printed(capsys: Output) -> None:
    """Of few values the error lists them; of many, such as numbers, it counts them."""
    words = ("--csv", "people.csv", "--target", "who", "--out", "m")
    assert score("train", "propensity", *words) == USAGE_ERROR
    told = "chasqui: people.csv: column who: say with --positive which value is meant (found: 200 different values)\n"
    assert capsys.readouterr().err == told


def test_a_model_whose_parts_do_not_fit_is_told_by_its_file(capsys: Output) -> None:
    """As is one that was made by hand."""
    trained()
    whole = artefact.opened(Path("m"))
    artefact.save(replace(whole, arrays={**whole.arrays, "blend": np.full(3, np.nan)}), Path("m"))
    capsys.readouterr()
    assert score("predict", "propensity", "--model", "m", "--csv", "people.csv", "--out", "p.csv") == USAGE_ERROR
    assert capsys.readouterr().err == "chasqui: m: a propensity model whose arrays do not fit its columns\n"
