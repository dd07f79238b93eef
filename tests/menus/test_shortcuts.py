"""Printed codes of one version are held against another's."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from menus.shortcuts import moved

OLD = {"1*2": "buy", "50": "offer"}


@pytest.mark.parametrize(
    ("new", "sentences"),
    [
        (OLD, []),
        ({**OLD, "7": "line"}, []),
        ({"50": "offer"}, ["shortcut 1*2 leads to page buy and would be gone"]),
        ({**OLD, "50": "buy"}, ["shortcut 50 leads to page offer and would lead to page buy"]),
        ({}, ["shortcut 1*2 leads to page buy and would be gone", "shortcut 50 leads to page offer and would be gone"]),
    ],
)
def test_each_code_that_moves_is_a_sentence(new: Mapping[str, str], sentences: list[str]) -> None:
    """A new code moves nothing."""
    assert list(moved(OLD, new).values()) == sentences
