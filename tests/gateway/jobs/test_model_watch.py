"""A changed model file is in service without a restart; one that does not fit changes nothing."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path

import pytest

from fakes import House, eventually
from gateway.app.models import files_of, models_of
from gateway.config.scoring_sections import ScoringConfig
from gateway.config.tree import Config
from gateway.core.models import Models
from gateway.jobs.model_watch import ModelWatch
from model_files import LOADERS, write_model


@pytest.fixture
def watch(house: House, tmp_path: Path) -> ModelWatch:
    """Of one model, which is in service."""
    write_model(tmp_path / "one.model")
    config = Config(scoring=ScoringConfig(depletion="one.model"), folder=tmp_path)
    house.context.models = models_of(config, LOADERS)

    async def serve(models: Models) -> None:
        house.context.models = models

    return ModelWatch(house.context, list(files_of(config).values()), partial(models_of, config, LOADERS), serve, 0.001)


def info(house: House, version: str) -> float | None:
    """What the metric says of a version."""
    labels = {"kind": "depletion", "version": version, "role": "champion"}
    return house.context.metrics.registry.get_sample_value("chasqui_model_info", labels)


async def test_a_changed_file_is_in_service_within_moments(watch: ModelWatch, house: House, tmp_path: Path) -> None:
    """And the metric names the new version alone."""
    old = house.context.models.version("depletion")
    watch.start()
    assert info(house, old) == 1
    new = write_model(tmp_path / "one.model", 5.0)
    await eventually(lambda: house.context.models.version("depletion") == new)
    assert (info(house, old), info(house, new)) == (None, 1)
    await watch.stop()


@pytest.mark.parametrize("damage", ["noise", "schema", "gone"])
async def test_what_does_not_fit_is_told_once_and_the_old_stays(
    watch: ModelWatch, house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    """Until the file is changed again."""
    served, file = house.context.models, tmp_path / "one.model"
    if damage == "noise":
        file.write_bytes(b"no model")
    elif damage == "schema":
        write_model(file, schema=2)
    else:
        file.unlink()
    with caplog.at_level(logging.ERROR):
        looks = [await watch.look() for _ in range(3)]
    assert (looks, house.context.models) == ([False] * 3, served)
    assert [record.message for record in caplog.records] == ["changed models do not fit; those in service stay"]
    assert house.context.metrics.registry.get_sample_value("chasqui_models_refused_total") == 1
    new = write_model(file, 4.0)
    assert await watch.look()
    assert house.context.models.version("depletion") == new


async def test_nothing_is_read_while_nothing_changes(watch: ModelWatch, house: House) -> None:
    """A look costs a stat for each file."""
    served = house.context.models
    assert not await watch.look()
    assert house.context.models is served
