"""Profiles with a recurrent network: trained by torch, served by onnxruntime, used only where it is better."""

from __future__ import annotations

import importlib
import warnings
from pathlib import Path

import numpy as np
import pytest

from scoring import artefact, profile_bundles, profile_gru, profiles
from scoring.artefact import Artefact, Provenance
from scoring.errors import ModelRefused
from scoring.profile_card import card
from scoring.profile_panel import AHEAD, Panel
from scoring.profile_training import Wishes, train
from smpp_peers import absent

pytestmark = pytest.mark.peer
PEOPLE, DAYS_OF_THEM = 160, 49


@pytest.fixture(scope="module", autouse=True)
def deep() -> None:
    """The extra ``deep``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("torch", "onnx", "onnxruntime"):
            try:
                importlib.import_module(name)
            except ImportError:
                absent(f"{name} is absent: make deep")


def two_rhythms(seed: int) -> Panel:
    """Some use every other day, some three days on and three off, each from a day of their own, all as much."""
    rng = np.random.default_rng(seed)
    day = np.arange(DAYS_OF_THEM)
    starts, kinds = rng.integers(0, 6, PEOPLE), rng.integers(0, 2, PEOPLE)
    on = np.where(kinds[:, None] == 0, (day + starts[:, None]) % 2 == 0, (day + starts[:, None]) % 6 < 3)
    use = on * np.exp(rng.normal(np.log(100 * 2**20), 0.2, on.shape))
    return Panel(
        [f"5730{10_000_000 + at}" for at in range(PEOPLE)],
        ("bytes",),
        use[:, :, None],
        np.zeros(PEOPLE, dtype=int),
        20_048,
    )


def test_an_encoder_is_the_same_after_a_file(tmp_path: Path) -> None:
    """Trained, exported, kept as bytes under their digest, served without torch; twice the same from one seed."""
    windows = np.random.default_rng(0).normal(size=(40, 28, 3))
    onnx, again = (profile_gru.trained(windows, 4, epochs=2, seed=7) for _ in range(2))
    made = Artefact("x", 1, ("a",), {"onnx": onnx}, Provenance(("0",), 1, "now"))
    artefact.save(made, tmp_path / "m")
    kept = artefact.opened(tmp_path / "m").arrays["onnx"]
    assert kept.dtype == np.uint8
    one, other = (profile_gru.Encoder(bytes_).embed(windows) for bytes_ in (kept, again))
    assert one.shape == (40, 4)
    np.testing.assert_allclose(one, other, atol=1e-6)
    np.testing.assert_allclose(profile_gru.Encoder(kept).embed(windows[:1]), one[:1], atol=1e-6)


def test_what_is_no_encoder_is_refused() -> None:
    """In one line, whatever the runtime says."""
    with pytest.raises(ModelRefused, match="its encoder cannot be run") as refused:
        profile_gru.Encoder(np.zeros(100, np.uint8))
    assert "\n" not in str(refused.value)


def test_the_description_that_is_better_is_used_and_the_card_says_so(tmp_path: Path) -> None:
    """And the model in a file puts people where the trained one does, whichever it was."""
    panel = two_rhythms(1)
    model, report = train(panel, profile_bundles.load(), Wishes(deep=True, epochs=4))
    assert report.gain is not None
    assert report.used == ("gru" if report.gain[1] > 0 else "summary")
    assert report.errors[report.used] <= report.errors["summary"]
    assert f"The {'recurrent network' if report.used == 'gru' else '28-day summary'} is used" in card(model, report)


def test_a_model_with_a_network_is_served_from_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if it had been better."""
    panel = two_rhythms(1)
    monkeypatch.setattr("scoring.profile_judge.Comparison.second_wins", property(lambda self: True))
    model, report = train(panel, profile_bundles.load(), Wishes(deep=True, epochs=2))
    assert report.used == "gru"
    made = Artefact(
        profiles.KIND, 1, model.columns, model.arrays(), Provenance(("0",), 1, "now"), settings=model.settings()
    )
    artefact.save(made, tmp_path / "m")
    again = profiles.of_artefact(artefact.load(tmp_path / "m", profiles.KIND, 1))
    np.testing.assert_array_equal(model.assign(panel, AHEAD).profile, again.assign(panel, AHEAD).profile)
