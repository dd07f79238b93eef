"""What ``flows.frozen`` makes is what the standard library makes, but for the price."""

from __future__ import annotations

import dataclasses

import pytest

from flows.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """A value."""

    x: int
    y: int = 0


@dataclass(frozen=True, slots=True)
class Named:
    """A value that is known by its name alone."""

    name: str
    note: str = ""

    def __hash__(self) -> int:
        return hash(self.name)


@dataclass(frozen=True, eq=False)
class Thing:
    """No value: one is like no other."""

    size: int


@dataclass(slots=True)
class Count:
    """Not frozen."""

    of: int


def test_values_are_equal_by_what_they_hold_and_can_be_keys() -> None:
    """As frozen dataclasses are."""
    assert Point(1) == Point(1, 0)
    assert {Point(1): "here"}[Point(1)] == "here"
    assert len({Thing(1), Thing(1)}) == 2


def test_a_hash_of_ones_own_is_kept() -> None:
    """As with the standard library."""
    assert hash(Named("a", "x")) == hash(Named("a", "y"))


def test_what_is_not_frozen_has_no_hash() -> None:
    """It could change under the key."""
    with pytest.raises(TypeError):
        hash(Count(1))


def test_the_tools_of_the_standard_library_work() -> None:
    """``replace`` and ``fields``; slots leave no room for other names."""
    assert dataclasses.replace(Point(1), y=2) == Point(1, 2)
    assert [field.name for field in dataclasses.fields(Point)] == ["x", "y"]
    with pytest.raises(AttributeError):
        Point(1).z = 1  # type: ignore[attr-defined]


def test_the_type_checker_holds_what_is_frozen() -> None:
    """The comment is needed: mypy warns of one that is not."""
    point = Point(1)
    point.x = 2  # type: ignore[misc]
    assert point.x == 2, "at run time nothing is paid for it"
