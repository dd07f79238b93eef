"""Everybody is scored once a night, and what came of it is told."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from fakes import House
from gateway.config.scoring_sections import BatchConfig
from gateway.errors import BatchFailed
from gateway.jobs.nightly_batch import NightlyBatch


class Batches:
    """Runs nothing and remembers what it was asked; writes the summary of a batch unless it is to fail."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.failures = 0

    async def __call__(self, folder: Path) -> None:
        self.asked.append(folder.name)
        if self.failures:
            self.failures -= 1
            raise BatchFailed("there is no space left")
        write(folder)


def write(folder: Path, psi: float | None = 0.3) -> None:
    """A batch that is whole."""
    folder.mkdir(parents=True)
    drift = {"depletion": None if psi is None else {"share_left": psi}}
    document = {"at": 1_795_000_000, "people": 7, "damaged": 1, "with_bundle": 5, "models": {"depletion": "v1"}}
    (folder / "summary.json").write_text(json.dumps({**document, "drift": drift}), encoding="utf-8")


@pytest.fixture
def batches() -> Batches:
    """None yet."""
    return Batches()


def nightly(house: House, folder: Path, batches: Batches, at: str = "09:00") -> NightlyBatch:
    """It is ten in the morning."""
    return NightlyBatch(house.context, BatchConfig(at=at, keep_days=3), folder / "scores", batches)


async def test_everybody_is_scored_once_a_day_when_the_hour_has_come(
    house: House, tmp_path: Path, batches: Batches
) -> None:
    """A night in which nobody was there is made up for in the morning."""
    job = nightly(house, tmp_path, batches)
    for hours in (0, 1, 5, 16, 1):  # 10:00, 11:00, 16:00, 08:00, 09:00 in Bogotá
        house.clock.advance(hours=hours)
        await job.look()
    assert batches.asked == ["2026-11-24", "2026-11-25"]


async def test_without_an_hour_there_is_no_job(house: House, tmp_path: Path, batches: Batches) -> None:
    """And nothing is written anywhere."""
    assert nightly(house, tmp_path, batches, at="").jobs == ()
    assert [name for _, name, _ in nightly(house, tmp_path, batches).jobs] == ["nightly-batch"]


async def test_what_was_broken_off_goes_on_an_hour_later(
    house: House, tmp_path: Path, batches: Batches, caplog: pytest.LogCaptureFixture
) -> None:
    """In the same folder; the log says why in one line."""
    job, batches.failures = nightly(house, tmp_path, batches), 1
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            await job.look()
            house.clock.advance(minutes=31)
    assert batches.asked == ["2026-11-24", "2026-11-24"]
    assert [record.why for record in caplog.records] == ["there is no space left"]  # type: ignore[attr-defined]


async def test_drift_and_counts_are_told_also_after_a_restart(house: House, tmp_path: Path, batches: Batches) -> None:
    """Of the newest batch that is whole."""
    write(tmp_path / "scores" / "2026-11-23")
    await nightly(house, tmp_path, batches, at="23:00").look()
    registry = house.context.metrics.registry
    labels = {"kind": "depletion", "version": "v1", "name": "share_left"}
    assert registry.get_sample_value("chasqui_model_drift", labels) == 0.3
    assert registry.get_sample_value("chasqui_batch_people", {"what": "damaged"}) == 1
    assert registry.get_sample_value("chasqui_batch_timestamp_seconds") == 1_795_000_000
    assert batches.asked == []


async def test_a_drift_that_nobody_knows_is_said_and_is_no_figure(
    house: House, tmp_path: Path, batches: Batches, caplog: pytest.LogCaptureFixture
) -> None:
    """Of a model that keeps no histograms of its training."""
    write(tmp_path / "scores" / "2026-11-23", None)
    with caplog.at_level(logging.WARNING):
        await nightly(house, tmp_path, batches, at="23:00").look()
    assert [record.message for record in caplog.records] == [
        "drift is unknown: the model keeps no histograms of its training"
    ]
    assert not [one for one in house.context.metrics.model_drift.collect() if one.samples]


async def test_what_is_old_is_removed_and_what_is_not_ours_is_left(
    house: House, tmp_path: Path, batches: Batches
) -> None:
    """After so many days."""
    for name in ("2026-11-20", "2026-11-21", "mine"):
        write(tmp_path / "scores" / name)
    await nightly(house, tmp_path, batches).look()
    assert {one.name for one in (tmp_path / "scores").iterdir()} == {"2026-11-21", "2026-11-24", "mine"}
