"""Whether people are still like those that a model was trained on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.drift import ACT, WATCH, Reference, reference
from scoring.errors import ModelRefused, ShapeMismatch

DRAWN = np.random.default_rng(11)
ROWS = np.column_stack([DRAWN.normal(size=20_000), DRAWN.integers(0, 3, 20_000), DRAWN.lognormal(size=20_000)])
ROWS[:2_000, 2] = np.nan
NAMES = ("spend", "device", "days")
MADE = reference(ROWS, NAMES, {"p": DRAWN.random(20_000)})


def now(rows: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> dict[str, float]:
    """PSI of these rows, with scores as they were."""
    return MADE.psi(MADE.counts(np.column_stack([rows, DRAWN.random(len(rows))])))


def test_the_same_people_have_not_drifted() -> None:
    """Features, few-valued ones, ones with gaps, and scores."""
    found = now(ROWS[DRAWN.permutation(20_000)[:5_000]])
    assert list(found) == [*NAMES, "p"]
    assert max(found.values()) < WATCH / 2


@pytest.mark.parametrize(
    ("name", "column", "changed"),
    [
        ("spend", 0, ROWS[:, 0] + 1.0),
        ("device", 1, np.full(20_000, 2.0)),
        ("days", 2, np.full(20_000, np.nan)),
        ("days", 2, ROWS[:, 2] * 5),
    ],
)
def test_a_column_that_changed_is_named(
    name: str, column: int, changed: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> None:
    """Moved, one value for all, gone missing; the others stand still."""
    rows = ROWS.copy()
    rows[:, column] = changed
    found = now(rows)
    assert found.pop(name) > ACT
    assert max(found.values()) < WATCH


def test_people_are_held_against_those_of_the_same_hour() -> None:
    """Who look otherwise by day and by night have not drifted for being looked at by night."""
    hours = np.arange(20_000) % 24
    rows = ROWS.copy()
    rows[:, 0] += hours / 4
    made = reference(rows, NAMES, {}, hours=hours)
    night = made.counts(rows[hours == 3])
    assert made.psi(night)["spend"] > ACT
    assert max(made.at(3).psi(night).values()) < WATCH
    assert made.at(15).psi(night)["spend"] > ACT


def test_an_hour_of_few_is_as_all_are() -> None:
    """Ten people are no histogram."""
    made = reference(ROWS, NAMES, {}, hours=np.where(np.arange(20_000) < 10, 3, 4))
    assert made.by_hour is not None
    assert (made.by_hour[3] == made.shares).all()
    assert (made.by_hour[4] != made.shares).any()


def test_counts_of_parts_add_up_to_those_of_the_whole() -> None:
    """So shards can be counted apart."""
    rows = np.column_stack([ROWS, DRAWN.random(20_000)])
    parts = np.sum([MADE.counts(part) for part in np.array_split(rows, 7)], axis=0)
    assert (parts == MADE.counts(rows)).all()


def test_a_reference_goes_through_arrays_unchanged() -> None:
    """As an artefact keeps it; a model without one is not watched."""
    by_hour = reference(ROWS, NAMES, {}, hours=np.arange(20_000) % 24)
    for made in (MADE, by_hour):
        again = Reference.of_arrays(made.arrays())
        assert again is not None
        assert again.names == made.names
        assert (again.edges == made.edges).all()
        assert (again.shares == made.shares).all()
        assert np.array_equal(again.at(3).shares, made.at(3).shares)
    assert Reference.of_arrays({}) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("drift.edges", np.zeros(3)),
        ("drift.edges", np.full((4, 9), np.nan)),
        ("drift.edges", np.array([np.arange(9)[::-1]] * 4, dtype=float)),
        ("drift.shares", np.zeros((4, 3))),
        ("drift.names", np.array(["one"])),
        ("drift.by_hour", np.zeros((24, 4, 3))),
        ("drift.by_hour", np.full((24, 4, 11), np.nan)),
    ],
)
def test_histograms_that_do_not_fit_are_refused(name: str, value: object) -> None:
    """A file can hold any numbers."""
    with pytest.raises(ModelRefused):
        Reference.of_arrays({**MADE.arrays(), name: np.asarray(value)})


def test_columns_that_do_not_fit_are_refused() -> None:
    """Before anything is counted."""
    with pytest.raises(ShapeMismatch):
        MADE.counts(ROWS)
    with pytest.raises(ShapeMismatch):
        reference(ROWS, ("one",), {})


def test_nobody_has_not_drifted() -> None:
    """Nothing to tell is not nothing drifted."""
    assert np.isnan(MADE.psi(np.zeros((4, 11), dtype=np.int64))["spend"])


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=50))
def test_whatever_a_column_holds_is_counted_once(values: list[float]) -> None:
    """Infinite, equal, missing."""
    column = np.array(values).reshape(-1, 1)
    made = reference(column, ("x",), {})
    assert made.counts(column).sum() == len(values)
    assert made.psi(made.counts(column))["x"] == pytest.approx(0)
