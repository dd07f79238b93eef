"""Names on the command line that are no text are refused like any other."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from gateway.cli import main


@pytest.mark.parametrize("command", ["log", "rollback"])
def test_a_name_that_is_no_text_is_one_line(
    command: str, tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """What a shell passes on for bytes that are no UTF-8."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", {"LOGNAME": "ana"})
    shutil.copy(migrated, tmp_path / "chasqui.db")
    assert main(["menus", command, "\udcff"]) == 2
    out, err = capfd.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
