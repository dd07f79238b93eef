"""A running gateway with a challenger: the same texts, its word noted, a new file in service without a restart."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from fakes import ANA, eventually
from model_files import LOADERS, write_model
from running import town

SECTIONS = '[scoring]\nshadow = 1.0\nshadow_per_second = 100\n[scoring.challengers]\ndepletion = "new.model"\n'


def noted(folder: Path) -> list[tuple[str, str]]:
    """Versions of champion and challenger."""
    with sqlite3.connect(folder / "chasqui.db") as connection:
        found = connection.execute("SELECT champion, challenger FROM model_scores").fetchall()
    connection.close()
    return found


async def test_a_challenger_sees_what_the_rules_decide(
    tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is replaced while texts go out."""
    monkeypatch.setattr("gateway.app.models.LOADERS", LOADERS)
    monkeypatch.setattr("gateway.jobs.model_watch._PAUSE", 0.05)
    version = write_model(tmp_path / "new.model")
    async with town(tmp_path, migrated, more=SECTIONS) as here:
        assert await here.trigger() == 202
        assert "responde 1" in (await here.texts(ANA))[0]
        await eventually(lambda: noted(tmp_path) == [("rules", version)])
        newer = write_model(tmp_path / "new.model", 3.0)

        async def served() -> bool:
            told = await here.metrics()
            return f'version="{newer}"' in told and f'version="{version}"' not in told

        await eventually(served)
        assert 'chasqui_shadow_total{kind="depletion",outcome="noted"} 1.0' in await here.metrics()
