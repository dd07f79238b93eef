"""Model files: what they keep, and what they refuse."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.artefact import Artefact, Provenance, load, opened, save
from scoring.errors import ModelRefused

MODEL = Artefact(
    kind="propensity",
    schema=2,
    features=("tenure", "spend"),
    arrays={"weights": np.array([0.5, -1.25]), "names": np.array(["a", "ñ"])},
    provenance=Provenance(("ab" * 32,), 100, "2026-11-26T00:00:00Z", {"scikit-learn": "1.9.1"}, 7),
    metrics={"auc": 0.8},
    settings={"target": "Churn"},
    card="# Churn\n",
)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A model file."""
    path = tmp_path / "model"
    save(MODEL, path)
    return path


def rewritten(path: Path, name: str, data: bytes) -> None:
    """The same file with one entry changed."""
    with zipfile.ZipFile(path) as file:
        entries = {entry: file.read(entry) for entry in file.namelist()}
    entries[name] = data
    with zipfile.ZipFile(path, "w") as file:
        for entry, content in entries.items():
            file.writestr(entry, content)


def test_what_was_saved_is_loaded(saved: Path) -> None:
    """Arrays, figures, card and where it comes from."""
    found = load(saved, "propensity", 2, ("tenure", "spend"))
    assert (found.arrays["weights"] == MODEL.arrays["weights"]).all()
    assert list(found.arrays["names"]) == ["a", "ñ"]
    assert (found.provenance, found.metrics, found.settings, found.card) == (
        MODEL.provenance,
        MODEL.metrics,
        MODEL.settings,
        MODEL.card,
    )


def test_the_same_model_is_the_same_file(tmp_path: Path) -> None:
    """Its version names its content, not when it was written."""
    versions = {save(MODEL, tmp_path / name) for name in ("one", "two")}
    assert len(versions) == 1
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert opened(tmp_path / "one").version in versions


@pytest.mark.parametrize(
    ("kind", "schema", "features", "told"),
    [
        ("depletion", 2, None, "a model of kind 'propensity', where 'depletion' is wanted"),
        ("propensity", 3, None, "made for features of version 2, not 3; train it again"),
        ("propensity", 2, ("tenure", "age"), "takes other features: lacks age; has spend too many"),
        ("propensity", 2, ("spend", "tenure"), "takes other features: in another order"),
    ],
)
def test_a_model_for_something_else_is_refused(
    saved: Path, kind: str, schema: int, features: tuple[str, ...] | None, told: str
) -> None:
    """One line says what differs."""
    with pytest.raises(ModelRefused) as caught:
        load(saved, kind, schema, features)
    assert str(caught.value) == f"{saved}: {told.replace('lacks age; has spend', 'lacks spend; has age')}"


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """By its name."""
    with pytest.raises(ModelRefused, match="there is no such model"):
        opened(tmp_path / "none")


def test_a_changed_array_is_told(saved: Path) -> None:
    """Its digest stands in the manifest."""
    kept = io.BytesIO()
    np.save(kept, np.array([9.0, 9.0]))
    rewritten(saved, "arrays/weights.npy", kept.getvalue())
    with pytest.raises(ModelRefused, match="damaged: array 'weights'"):
        opened(saved)


def test_a_changed_card_is_told(saved: Path) -> None:
    """What is said of a model belongs to it."""
    rewritten(saved, "card.md", b"# Best model ever\n")
    with pytest.raises(ModelRefused, match="the model card is not what was written"):
        opened(saved)


@pytest.mark.parametrize(
    ("place", "octets"),
    [(6, b"\x01\x00"), (8, b"\x63\x00")],
    ids=["encrypted", "packed in a way that is not known"],
)
def test_a_file_that_cannot_be_unpacked_is_refused(saved: Path, place: int, octets: bytes) -> None:
    """Its heads say so, both of them for each entry."""
    data = bytearray(saved.read_bytes())
    for head, more in ((b"PK\x03\x04", 0), (b"PK\x01\x02", 2)):
        at = data.find(head)
        while at >= 0:
            data[at + place + more : at + place + more + 2] = octets
            at = data.find(head, at + 1)
    saved.write_bytes(bytes(data))
    with pytest.raises(ModelRefused, match="not a model, or damaged"):
        opened(saved)


def test_a_file_that_ends_too_early_is_refused(saved: Path) -> None:
    """Its last entry is said to be longer than what there is."""
    data = bytearray(saved.read_bytes())
    with zipfile.ZipFile(saved) as file:
        last = file.infolist()[-1]
    begins = last.header_offset + 30 + len(last.filename)
    data[begins : begins + 5] = b"\x00\xff\xff\x00\x00"  # deflate: 65,535 bytes follow as they are
    central = data.rfind(b"PK\x01\x02")
    for place in (20, 24):  # packed and unpacked
        data[central + place : central + place + 4] = (10**6).to_bytes(4, "little")
    saved.write_bytes(bytes(data))
    with pytest.raises(ModelRefused, match="not a model, or damaged"):
        opened(saved)


@pytest.mark.parametrize("manifest", [b"[" * 100_000, b"[]", b'{"format": 1}', b"\xff"])
def test_a_manifest_that_is_none_is_refused(saved: Path, manifest: bytes) -> None:
    """Nested without end, something else, half of it, no text."""
    rewritten(saved, "manifest.json", manifest)
    with pytest.raises(ModelRefused, match="not a model, or damaged"):
        opened(saved)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    """A pickle is no model, neither by itself nor as an array."""
    path = tmp_path / "model"
    path.write_bytes(pickle.dumps({"kind": "propensity"}))
    with pytest.raises(ModelRefused, match="not a model"):
        opened(path)
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        save(Artefact("x", 1, (), {"a": np.array([object()])}, MODEL.provenance), path)


@given(st.binary(max_size=200), st.integers(0, 400))
def test_a_damaged_file_is_refused_or_unchanged(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int
) -> None:
    """Bytes written over it give a ModelRefused, never anything else."""
    path = tmp_path_factory.mktemp("models") / "model"
    save(MODEL, path)
    data = bytearray(path.read_bytes())
    data[at : at + len(noise)] = noise
    path.write_bytes(bytes(data))
    try:
        found = opened(path)
    except ModelRefused:
        return
    assert found.arrays["weights"].tolist() == [0.5, -1.25]
