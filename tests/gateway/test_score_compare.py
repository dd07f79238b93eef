"""``chasqui score compare``: which of two models is better, or that it cannot be told."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from flows.effects import RecordAlert
from flows.values import SubscriptionId
from gateway.cli import main
from store import alerts, model_scores
from store.engine import open_engine
from store.ids import new_id
from store.model_scores import ModelScore
from store.unit import Op, Unit
from store.writer import Writer

MADE = datetime.now(UTC) - timedelta(days=10)
EXPIRES = MADE + timedelta(days=5)


@pytest.fixture
def config(tmp_path: Path, migrated: Path) -> Path:
    """Of a gateway that has a database."""
    shutil.copy(migrated, tmp_path / "chasqui.db")
    file = tmp_path / "chasqui.toml"
    file.write_text("", encoding="utf-8")
    return file


def write(folder: Path, ops: Iterable[Op]) -> None:
    """Put these into the store."""

    async def run() -> None:
        engine = open_engine("sqlite+aiosqlite:///chasqui.db", folder)
        writer = Writer(engine)
        writer.start()
        await writer.commit(Unit(ops=tuple(ops)))
        await writer.stop()
        await engine.dispose()

    asyncio.run(run())


def said(hours: float, factor: float) -> dict[str, float]:
    """A forecast that is so many times off."""
    return {"p10": hours * factor * 0.8, "p50": hours * factor, "p90": hours * factor * 1.25, "p_before_expiry": 0.9}


def scores(people: int, factor: float, *, end: bool = True) -> Iterable[Op]:
    """The challenger is right, the champion off by this factor. end: whether it is told when bundles are used up."""
    drawn = np.random.default_rng(1)
    for number in range(people):
        who, hours = SubscriptionId(f"sub-{number}"), float(drawn.uniform(10, 60))
        yield model_scores.put(
            ModelScore(
                new_id(MADE),
                "depletion",
                who,
                "b",
                MADE,
                EXPIRES,
                "a" * 64,
                said(hours, factor),
                "b" * 64,
                said(hours, 1),
            )
        )
        if end:
            told = RecordAlert(who, "b", "depleted", MADE, "x", happened_at=MADE + timedelta(hours=hours))
            yield alerts.told_along(told)


def compare(config: Path, *options: str) -> int:
    """The exit status."""
    return main(["score", "compare", "depletion", "--config", str(config), *options])


def test_the_better_one_is_named(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With both figures and the interval of their difference."""
    write(config.parent, scores(100, 1.5))
    assert compare(config) == 0
    told = capsys.readouterr().out
    assert "100 decisions about 100 people" in told
    assert told.endswith("better: the challenger\n")
    assert compare(config, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["difference"]["high"] < 0
    assert document["figures"]["challenger"]["coverage"] == 1
    assert document["better"] == "challenger"


def test_what_cannot_be_told_is_said_so(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ten people are too few."""
    write(config.parent, scores(10, 1.5))
    assert compare(config) == 0
    assert capsys.readouterr().out.endswith("which is better cannot be told (fewer than 30 people)\n")


@pytest.mark.parametrize(
    ("people", "options", "complaint"),
    [
        (0, [], "depletion: no decision of the last 30 days that a challenger saw too has become known"),
        (40, ["--challenger", "c"], "no decision of the last 30 days"),
        (40, [], "the charging system must send bundle.depleted"),
    ],
)
def test_nothing_to_compare_is_one_line_that_says_why(
    config: Path, capsys: pytest.CaptureFixture[str], people: int, options: list[str], complaint: str
) -> None:
    """And status 2."""
    write(config.parent, scores(people, 1.5, end=False))
    assert compare(config, *options) == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize("days", ["0", "-1", "99999999"])
def test_days_are_days_that_there_were(capsys: pytest.CaptureFixture[str], days: str) -> None:
    """From one to ten years."""
    assert main(["score", "compare", "depletion", "--days", days]) == 2
    assert capsys.readouterr().err == "chasqui: --days must be from 1 to 3650\n"
