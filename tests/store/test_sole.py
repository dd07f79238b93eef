"""Never two gateways on one database file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from store.errors import StoreInUse
from store.sole import sole_user


def test_a_second_gateway_is_told_who_has_the_file(tmp_path: Path) -> None:
    """By process, in one line."""
    database = tmp_path / "chasqui.db"
    with sole_user(database):
        with pytest.raises(StoreInUse) as refused, sole_user(database):
            pass
        assert str(os.getpid()) in str(refused.value)


def test_the_file_is_free_again_afterwards(tmp_path: Path) -> None:
    """Also after an error."""
    database = tmp_path / "chasqui.db"
    with pytest.raises(KeyError), sole_user(database):
        raise KeyError
    with sole_user(database):
        pass
