"""Porting propensity: what is read of whom, and what it is worth."""

from __future__ import annotations

import csv
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from porting_simulation import Crowd, crowd

from scoring import porting, propensity, propensity_study
from scoring.artefact import Artefact
from scoring.errors import ModelRefused, ShapeMismatch
from scoring.porting import FEATURES, Signals, Source, features
from scoring.propensity_evaluation import measured
from scoring.propensity_study import Asked

_OF = {
    Source.RECHARGES: ("spend", "recharge_gap"),
    Source.USE: ("silent_days", "silent_share"),
    Source.SUPPORT: ("contacts", "troubles"),
}


def written(path: Path, people: Crowd) -> Path:
    """A file to train from: what is not known is blank."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*FEATURES, "ported"])
        for row, ported in zip(features(people.signals), people.ported, strict=True):
            writer.writerow([*("" if np.isnan(one) else one for one in row), "yes" if ported else "no"])
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Artefact:
    """Trained where six of ten agree to each source."""
    path = written(tmp_path_factory.mktemp("porting") / "people.csv", crowd(4000, 1, agreeing=0.6))
    return propensity_study.trained(Asked(path, "ported"), "2026-11-26T00:00:00+00:00", lambda done, total: None)


def predicted(model: Artefact, people: Crowd) -> dict[str, float]:
    """What the model is worth on a crowd."""
    said = propensity.of_artefact(model).of_figures(features(people.signals))
    return measured(people.ported, said)


def test_who_agreed_is_told_apart_and_what_is_said_is_so(model: Artefact) -> None:
    """On people whom training has not seen, near what can be known at all."""
    people = crowd(6000, 2)
    found = predicted(model, people)
    assert found["auc"] > 0.9 * measured(people.ported, people.chance)["auc"]
    assert found["brier"] < 0.93 * people.ported.var()
    assert found["ece"] < 0.03


def test_of_people_who_agreed_to_nothing_the_base_rate_is_said(model: Artefact) -> None:
    """All alike: there is nothing to tell them apart by; and right on the whole."""
    said = propensity.of_artefact(model).of_figures(features(crowd(500, 3, agreeing=0.0).signals))
    assert np.ptp(said) == 0
    assert said[0] == pytest.approx(crowd(6000, 4).ported.mean(), abs=0.05)


def test_the_more_agree_the_better_it_is(model: Artefact) -> None:
    """Consent is what it lives on."""
    few, many = (predicted(model, crowd(6000, 5, agreeing=share))["brier"] for share in (0.2, 1.0))
    assert many < few


@given(st.sampled_from(list(Source)), st.floats(allow_nan=True, allow_infinity=True))
def test_what_was_not_agreed_to_is_never_read(source: Source, poison: float) -> None:
    """Whatever stands there, the features are the same, and NaN."""
    signals = crowd(5, 6).signals
    consented = signals.consented.copy()
    consented[:, source] = False
    withheld = replace(signals, consented=consented)
    poisoned = replace(withheld, **{name: np.full_like(getattr(withheld, name), poison) for name in _OF[source]})
    np.testing.assert_array_equal(features(poisoned), features(withheld))
    assert np.isnan(features(withheld)).any(axis=1).all()


def test_every_signal_has_a_source() -> None:
    """A new one must say whose consent it needs."""
    assert {name for names in _OF.values() for name in names} == {one.name for one in fields(Signals)} - {"consented"}


def test_a_share_of_nothing_is_not_known() -> None:
    """Who never recharged before is not said to have lost interest."""
    signals = replace(crowd(1, 7).signals, spend=np.array([[5.0, 0, 0, 0]]))
    assert np.isnan(features(signals)[0, :2]).all()


def test_consents_must_be_those_of_the_people() -> None:
    """One row each, one column a source."""
    with pytest.raises(ShapeMismatch):
        replace(crowd(3, 8).signals, consented=np.ones((2, 3), dtype=bool))


def test_a_model_with_categories_takes_no_numbers(tmp_path: Path) -> None:
    """It was made for something else."""
    path = tmp_path / "plans.csv"
    path.write_text("plan,left\n" + "".join(f"{'ab'[at % 2]},{'yes' if at % 4 == 0 else 'no'}\n" for at in range(100)))
    made = propensity_study.trained(Asked(path, "left"), "2026-11-26T00:00:00+00:00", lambda done, total: None)
    with pytest.raises(ModelRefused, match="'plan' holds categories"):
        propensity.of_artefact(made).of_figures(np.zeros((1, 1)))


def test_the_columns_are_not_taken_for_protected_ones(model: Artefact) -> None:
    """Training on them leaves nothing out."""
    assert model.features == porting.FEATURES
