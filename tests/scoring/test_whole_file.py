"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scoring.errors import FileUnwritable
from scoring.whole_file import check_writable, replacing


def test_a_file_that_was_written_to_its_end_is_there_and_nothing_beside_it(tmp_path: Path) -> None:
    """Under its own name alone."""
    with replacing(tmp_path / "p.csv") as part:
        part.write_text("new")
    assert (tmp_path / "p.csv").read_text() == "new"
    assert [one.name for one in tmp_path.iterdir()] == ["p.csv"]


def broken_off(path: Path, why: BaseException) -> None:
    """A file of which half is written when this happens."""
    with replacing(path) as part:
        part.write_text("ne")
        raise why


@pytest.mark.parametrize("ends_with", [KeyboardInterrupt, ValueError])
def test_what_is_broken_off_leaves_the_file_as_it_was(tmp_path: Path, ends_with: type[BaseException]) -> None:
    """And no part of the new one."""
    (tmp_path / "p.csv").write_text("old")
    with pytest.raises(ends_with):
        broken_off(tmp_path / "p.csv", ends_with())
    assert (tmp_path / "p.csv").read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["p.csv"]


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    """By the file that was wanted, not by its part."""
    with pytest.raises(FileUnwritable, match=r"p\.csv: cannot be written: No space left on device$"):
        broken_off(tmp_path / "p.csv", OSError(28, os.strerror(28)))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("folder", "folder: is a folder"),
        ("no/p.csv", "no/p.csv: there is no folder "),
        ("file/p.csv", "file/p.csv: there is no folder "),
        ("pipe", "pipe: is no file that could be replaced"),
    ],
)
def test_what_cannot_be_a_file_is_told_before_the_work(tmp_path: Path, name: str, told: str) -> None:
    """A device or pipe that a file takes the place of is gone for everybody."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileUnwritable, match=told):
        check_writable(tmp_path / name)
    with pytest.raises(FileUnwritable, match=told), replacing(tmp_path / name) as part:
        part.write_text("never")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "folder", "pipe"]


def test_a_link_goes_on_pointing_where_it_did(tmp_path: Path) -> None:
    """What it points to is exchanged."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "third.model").write_text("old")
    (tmp_path / "now.model").symlink_to("models/third.model")
    with replacing(tmp_path / "now.model") as part:
        part.write_text("new")
    assert (tmp_path / "now.model").is_symlink()
    assert (tmp_path / "models" / "third.model").read_text() == "new"
