"""Propensity models: what they learn from, how good they are, and what they do with what they have never seen."""

from __future__ import annotations

import csv
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scoring import artefact, propensity, propensity_study
from scoring.errors import FileMalformed, ModelRefused, ScoringError
from scoring.propensity_evaluation import best_of, calibration_error, cross_validated, lift
from scoring.propensity_study import Asked
from scoring.propensity_training import Judges, Rows, fit
from scoring.protected import Protection, protected
from scoring.text_table import read_texts

SAMPLE = os.environ.get("CHASQUI_TELCO_CSV", "")
HEADER = ("id", "gender", "spend", "plan", "note", "left")
Row = tuple[object, ...]


def quiet(done: int, total: int) -> None:
    """Nobody watches."""


def people(n: int, seed: int = 1) -> list[Row]:
    """Who spends little and has no plan leaves; some spends are blank, and a few people have a plan of their own."""
    drawn = np.random.default_rng(seed)
    rows: list[Row] = []
    for at in range(n):
        spend, plan = drawn.normal(50, 20), drawn.choice(["none", "month", "year"])
        odds = (40 - spend) / 10 + {"none": 1.0, "month": 0.0, "year": -2.0}[str(plan)]
        left = drawn.random() < 1 / (1 + np.exp(-odds))
        told = "" if at % 17 == 0 else f"{spend:.2f}"
        plan = "rare" if at < 5 else plan
        rows.append((f"p{at}", drawn.choice(["f", "m"]), told, plan, f"note {at}", "Yes" if left else "No"))
    return rows


def written(path: Path, rows: list[Row], header: tuple[str, ...] = HEADER) -> Path:
    """A file of them."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six hundred people."""
    return written(tmp_path_factory.mktemp("propensity") / "people.csv", people(600))


@pytest.fixture(scope="module")
def model(file: Path) -> artefact.Artefact:
    """What is learnt of them."""
    return propensity_study.trained(Asked(file, "left", ident="id"), "2026-11-26T00:00:00+00:00", quiet)


def rows_of(path: Path) -> Rows:
    """What may be learnt from a file."""
    return propensity_study.matter(Asked(path, "left", ident="id")).rows


def test_a_model_beats_the_base_rate_on_people_it_has_not_seen(model: artefact.Artefact, tmp_path: Path) -> None:
    """And says what is so: its probabilities are calibrated."""
    unseen = rows_of(written(tmp_path / "unseen.csv", people(2000, seed=2)))
    found = propensity_study.evaluated(propensity.of_artefact(model), unseen.table, unseen.wanted, 0.4)
    assert found["model"]["auc"] > 0.85
    assert found["model"]["brier"] < 0.8 * found["base rate"]["brier"]
    assert found["model"]["ece"] < 0.05


def test_what_is_protected_or_tells_who_it_is_is_left_out_and_told(model: artefact.Artefact) -> None:
    """In the card and in the settings."""
    assert model.features == ("spend", "plan")
    assert model.settings["left_out"] == {"gender": "protected", "note": "different"}
    assert "left out (protected by law): gender" in model.card


def test_another_sex_changes_no_probability(model: artefact.Artefact, tmp_path: Path) -> None:
    """The column is not even read."""
    swapped = [(row[0], {"f": "m", "m": "f"}[str(row[1])], *row[2:]) for row in people(50)]
    files = (written(tmp_path / "a.csv", people(50)), written(tmp_path / "b.csv", swapped))
    first, second = (
        propensity.of_artefact(model).predict(read_texts(path, model.features)).probability for path in files
    )
    assert (first == second).all()


def test_a_model_goes_through_its_file_unchanged(model: artefact.Artefact, file: Path, tmp_path: Path) -> None:
    """And is served without scikit-learn."""
    artefact.save(model, tmp_path / "m")
    loaded, _ = propensity.load(tmp_path / "m")
    table = read_texts(file, model.features)
    expected = propensity.of_artefact(model).predict(table).probability
    assert (loaded.predict(table).probability == expected).all()


def test_serving_imports_no_scikit_learn() -> None:
    """It would cost a second and a hundred megabytes in every gateway."""
    import subprocess  # noqa: PLC0415

    code = "import sys, scoring.propensity; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_new_category_counts_as_other_and_is_counted(model: artefact.Artefact, tmp_path: Path) -> None:
    """So does one that too few people have to be kept."""
    table = read_texts(
        written(
            tmp_path / "new.csv", [("a", "f", 50, "decade", "", ""), ("b", "f", 50, "rare", "", ""), *people(20)[10:]]
        )
    )
    predicted = propensity.of_artefact(model).predict(table)
    assert predicted.others == {"plan": 2}
    assert predicted.probability[0] == predicted.probability[1]
    assert "rare" not in str(model.settings["columns"])


def test_nothing_is_learnt_from_the_rows_that_are_measured_on(file: Path) -> None:
    """Means, categories and weights of a fold are those of its other rows, whatever stands in it."""
    rows = rows_of(file)
    known = np.arange(300)
    spoilt = replace(rows.table, columns={**rows.table.columns, "spend": rows.table.columns["spend"].copy()})
    spoilt.columns["spend"][300:] = "1000000"
    first = fit(rows.at(known), Judges.TOGETHER, 0)
    second = fit(replace(rows, table=spoilt).at(known), Judges.TOGETHER, 0)
    assert first.encoding == second.encoding
    assert (first.weights == second.weights).all()


def test_what_tells_nothing_is_not_used(tmp_path: Path) -> None:
    """Where no judge beats the base rate, the base rate is the model, and the card says so."""
    drawn = np.random.default_rng(5)
    rows: list[Row] = [(f"p{at}", "f", drawn.normal(), "x", "", ["Yes", "No"][at % 2]) for at in range(60)]
    path = written(tmp_path / "noise.csv", rows)
    made = propensity_study.trained(Asked(path, "left", ident="id"), "2026-11-26T00:00:00+00:00", quiet)
    assert "No column tells anything." in made.card
    said = propensity.of_artefact(made).predict(read_texts(path, made.features)).probability
    assert said == pytest.approx(np.full(60, 0.5))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("gender", "protected"),
        ("SeniorCitizen", "protected"),
        ("age_group", "protected"),
        ("Edad", "protected"),
        ("idade_cliente", "protected"),
        ("fecha_nacimiento", "protected"),
        ("dataNascimento", "protected"),
        ("raça", "protected"),
        ("Religião", "protected"),
        ("discapacidad", "protected"),
        ("esta_embarazada", "protected"),
        ("gestante", "protected"),
        ("estado civil", "protected"),
        ("Dependents", "protected"),
        ("MSISDN", "personal"),
        ("usage", None),
        ("tenure", None),
        ("sim_age_days", None),
        ("seniority", None),
        ("pages", None),
        ("MonthlyCharges", None),
        ("agent", None),
    ],
)
def test_protected_columns_are_known_by_name(name: str, reason: str | None) -> None:
    """In three languages, however they are spelled; what only looks alike is not."""
    assert protected([name]).get(name) == reason


def test_an_operator_may_add_and_keep() -> None:
    """By the column's own name."""
    told = Protection(more=frozenset({"barrio"}), kept=frozenset({"Partner"}))
    assert protected(["barrio", "Partner", "sexo"], told) == {"barrio": "protected", "sexo": "protected"}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([("a", "f", 1, "x", "", "Yes"), ("b", "f", 1, "x", "", "Yes")], "two classes are needed"),
        ([], "two classes are needed"),
        ([("a", "f", 1, "x", "", "A"), ("b", "f", 1, "x", "", "B")], "say with --positive"),
        (
            [("a", "f", 1, "x", "", "Yes"), ("a", "f", 1, "x", "", "No")],
            "line 3, column id: stands in line 2 already",
        ),
        ([("a", "f", 1, "x", "", "Yes"), ("b", "f", 1, "x", "", "")], "line 3, column left: empty"),
        ([("a", "f", "inf", "x", "", "Yes"), *people(30)], "line 2, column spend: not a number: 'inf'"),
        ([("a", "f", "nan", "x", "", "Yes"), *people(30)], "line 2, column spend: not a number: 'nan'"),
        ([("a", "f", "much", "x", "", "Yes"), *people(30)], "line 2, column spend: not a number: 'much'"),
        ([*people(30), ("b", "f")], "line 32, column spend: 2 values, where there are 6 columns"),
    ],
)
def test_bad_files_are_refused_in_one_line(tmp_path: Path, rows: list[Row], told: str) -> None:
    """With what to do, or where it stands."""
    path = written(tmp_path / "bad.csv", [(*row[:4], "", *row[5:]) if len(row) > 5 else row for row in rows])
    with pytest.raises(ScoringError, match=told) as raised:
        propensity_study.trained(Asked(path, "left", ident="id"), "2026-11-26T00:00:00+00:00", quiet)
    assert "\n" not in str(raised.value)


def test_numbers_that_are_called_ids_are_left_out_where_they_tell_rows_apart(tmp_path: Path) -> None:
    """A customer's number describes nobody; a plan's does."""
    rows: list[Row] = [(1000 + at, at % 3, at % 7, ["Yes", "No"][at % 2]) for at in range(100)]
    path = written(tmp_path / "ids.csv", rows, ("customerID", "plan_id", "months", "left"))
    found = propensity_study.matter(Asked(path, "left"))
    assert found.left_out == {"customerID": "different"}
    assert list(found.rows.kinds) == ["plan_id", "months"]


def test_a_file_of_nobody_is_answered_with_nobody(model: artefact.Artefact, tmp_path: Path) -> None:
    """A header alone is a table."""
    table = read_texts(written(tmp_path / "nobody.csv", []), model.features)
    assert len(propensity.of_artefact(model).predict(table).probability) == 0


def test_too_few_of_one_class_are_told(tmp_path: Path) -> None:
    """They cannot be in every fold."""
    rows = [(*row[:5], "Yes" if at < 3 else "No") for at, row in enumerate(people(40))]
    with pytest.raises(ScoringError, match="only 3 rows of one of the classes"):
        list(cross_validated(rows_of(written(tmp_path / "few.csv", rows)), [0], 5))


def test_a_file_without_a_column_of_the_model_is_refused(model: artefact.Artefact, tmp_path: Path) -> None:
    """By the column's name."""
    path = written(tmp_path / "less.csv", [("a", 1)], ("id", "spend"))
    with pytest.raises(FileMalformed, match="there is no column 'plan'"):
        read_texts(path, model.features)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": "depletion"}, "of kind 'depletion'"),
        ({"schema": 2}, "features of version 2"),
        ({"settings": {}}, "columns cannot be read"),
        ({"arrays": {}}, "lacks 'weights'"),
        ({"features": ("spend",)}, "do not fit its columns"),
    ],
)
def test_a_model_that_does_not_fit_is_refused(
    model: artefact.Artefact, tmp_path: Path, change: dict[str, object], told: str
) -> None:
    """Before anything is predicted."""
    artefact.save(replace(model, **change), tmp_path / "m")  # type: ignore[arg-type]
    with pytest.raises(ModelRefused, match=told):
        propensity.load(tmp_path / "m")


def test_calibration_error_is_the_gap_within_bins() -> None:
    """Two bins of two: one says 0.1 where it is never, one 0.9 where it is half the time."""
    assert calibration_error(np.array([0.0, 0, 1, 0]), np.array([0.11, 0.11, 0.91, 0.91])) == pytest.approx(0.26)


def test_lift_is_that_of_the_top_tenth_and_ties_count_alike() -> None:
    """Ten of a hundred are meant: all of them found is ten times as many; nobody told apart is as many."""
    wanted = np.repeat([1.0, 0.0], [10, 90])
    assert lift(wanted, wanted) == pytest.approx(10)
    assert lift(wanted, np.full(100, 0.3)) == pytest.approx(1)


@pytest.mark.skipif(not SAMPLE, reason="CHASQUI_TELCO_CSV does not name the IBM telco churn sample")
def test_churn_on_the_telco_sample_is_as_good_as_documented() -> None:
    """Five folds, without what is protected: AUC, Brier and calibration meet their targets, and beat the baseline."""
    rows = propensity_study.matter(Asked(Path(SAMPLE), "Churn", ident="customerID")).rows
    report = cross_validated(rows, [0], 5)
    chosen = report[best_of(report)]
    assert chosen["auc"] >= 0.842
    assert chosen["brier"] <= 0.137
    assert chosen["ece"] <= 0.02
    assert chosen["brier"] < report[Judges.LINEAR]["brier"]
