"""Pictures of rules, with matplotlib."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from scoring.combo_pictures import HEAT_MAP, SCATTER, draw
from scoring.combo_values import Rule
from scoring.errors import FileMalformed
from smpp_peers import absent

pytestmark = pytest.mark.peer
PNG = b"\x89PNG\r\n\x1a\n"
RULES = [Rule((f"D{n}",), (f"T{n % 7}", "S1"), n + 1, 0.01 * (n + 1), 0.02 * (n + 1), 1 + 0.1 * n) for n in range(40)]


@pytest.fixture(autouse=True)
def _matplotlib() -> None:
    """Skip where it is absent."""
    if find_spec("matplotlib") is None:
        absent("matplotlib is absent")


@pytest.mark.parametrize("rules", [RULES, RULES[:1], []])
def test_both_pictures_are_drawn(tmp_path: Path, rules: list[Rule]) -> None:
    """Of many rules, of one, of none; into a folder that is made."""
    drawn = draw(rules, tmp_path / "a" / "b")
    assert [file.name for file in drawn] == [SCATTER, HEAT_MAP]
    assert all(file.read_bytes().startswith(PNG) for file in drawn)


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    """In one line."""
    (tmp_path / "a").write_text("", encoding="utf-8")
    with pytest.raises(FileMalformed, match="pictures cannot be written"):
        draw(RULES, tmp_path / "a")
