"""Everybody scored at night: whole shards or none, the same however often it is broken off."""

from __future__ import annotations

import errno
import json
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from fakes import ana
from flows.events import BundleChange, BundleReported
from flows.values import Bucket, Unit
from gateway.core import night as core_night
from gateway.core.deciding import Case, usage_of
from gateway.core.models import Models, Served
from gateway.core.night import Night, Plan, merge
from gateway.core.night_folder import NightFolder
from gateway.errors import BatchFailed, BatchRefused
from model_files import LOADERS, stretched, write_model
from scoring.depletion import forecast
from scoring.drift import reference
from scoring.features import UsageState, observe, to_bytes
from scoring.values import Floats, UsageBatch
from store.errors import DatabaseUnusable

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
PEOPLE = 300
NO_MODELS = Models()


def state(number: int) -> bytes:
    """What is remembered of somebody's use."""
    drawn, found = np.random.default_rng(number), UsageState()
    for hours in sorted(drawn.uniform(1, 24 * 20, 10), reverse=True):
        found = observe(found, NOW.timestamp() - hours * 3600, float(drawn.lognormal(15, 1)))
    return to_bytes(found)


@pytest.fixture(scope="module")
def database(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with 300 people; every third has no bundle, three states are damaged, one person has left."""
    file = tmp_path_factory.mktemp("night") / "chasqui.db"
    shutil.copy(migrated, file)
    micro = int(NOW.timestamp()) * 10**6
    states = {f"01{number:024d}": state(number) for number in range(PEOPLE)}
    states |= {"01DAMAGED0": b"", "01DAMAGED1": b"\2" * 237, "01DAMAGED2": b"\0" * 99}
    with sqlite3.connect(file) as connection:
        connection.executemany("INSERT INTO usage VALUES (?, ?, 0)", states.items())
        connection.executemany(
            "INSERT INTO bundles (subscription_id, bundle_id, unit, remaining, initial, activated_at, expires_at, "
            "product, traits, seen_at) VALUES (?, 'b', 'byte', ?, ?, ?, ?, '', '', 0)",
            [
                (who, 10**7 * (at + 1), 10**10, micro - 3600 * 10**6 * 50, micro + 3600 * 10**6 * (5 + at))
                for at, who in enumerate(states)
                if at % 3
            ],
        )
        connection.execute(
            "INSERT INTO subscriptions (id, msisdn, state, language, alerts, marketing_count, created_at, ended_at) "
            "VALUES (?, '573001112233', 'ended', 'es', 1, 0, 0, 1)",
            [f"01{4:024d}"],
        )
    connection.close()
    return file


def night(folder: Path, database: Path, models: Models = NO_MODELS, shards: int = 5, **plan: Any) -> Night:
    """A batch as of three in the morning."""
    return Night(NightFolder(folder, shards), database, models, Plan(NOW, **plan))


def content(folder: Path) -> dict[str, bytes]:
    """Everything that is left of a batch."""
    return {one.name: one.read_bytes() for one in sorted(folder.iterdir()) if not one.name.startswith("lock")}


def rows(folder: Path) -> dict[str, dict[str, Any]]:
    """What is said of each person."""
    with duckdb.connect() as connection:
        found = connection.execute(f"FROM read_parquet('{folder}/scores-*.parquet')")
        names = [one[0] for one in found.description or ()]
        return {row[0]: dict(zip(names, row, strict=True)) for row in found.fetchall()}


def test_everybody_is_said_the_same_of_as_alone(tmp_path: Path, database: Path) -> None:
    """As a decision about one person would have it at that moment."""
    found = night(tmp_path / "out", database).run()
    assert found is not None
    assert (found["people"], found["damaged"]) == (PEOPLE - 1, 3)
    said = rows(tmp_path / "out")
    assert f"01{4:024d}" not in said
    for number in (1, 2, 100, 299):
        bucket = Bucket(
            "b", Unit.BYTE, 10**7 * (number + 1), initial=10**10, expires_at=NOW + timedelta(hours=5 + number)
        )
        event = BundleReported(BundleChange.DEPLETING, bucket, activated_at=NOW - timedelta(hours=50))
        person = said.pop(f"01{number:024d}")
        if number % 3 == 0:
            assert person["p50_hours"] is None
            continue
        alone = forecast(usage_of([Case(ana(), event, None, state(number))], Unit.BYTE, NOW))
        assert person["p50_hours"] == pytest.approx(alone.p50[0])
        assert person["p_depletes_before_expiry"] == pytest.approx(alone.p_before_expiry[0])
        assert person["pace_per_hour"] == pytest.approx(alone.pace[0])


def test_a_batch_that_is_broken_off_goes_on_and_gives_the_same_files(tmp_path: Path, database: Path) -> None:
    """Wherever it is broken off, though the store has changed meanwhile; nothing half done is left."""
    night(tmp_path / "whole", database).run()
    store = tmp_path / "chasqui.db"
    shutil.copy(database, store)
    broken = tmp_path / "broken"
    for most in (0, 70, 0, 70):

        def stop(done: int, of: int, most: int = most) -> None:
            if done > most:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            night(broken, store).run(progress=stop)
        with sqlite3.connect(store) as connection:
            connection.execute("DELETE FROM usage")
        connection.close()
    assert night(broken, store).run() is not None
    assert content(broken) == content(tmp_path / "whole")


def test_shards_may_be_done_apart_in_any_order(tmp_path: Path, database: Path) -> None:
    """The last one sums up; the same again does nothing."""
    night(tmp_path / "whole", database).run()
    apart = tmp_path / "apart"
    summaries = [night(apart, database).run(shard) for shard in (3, 0, 4, 1, 2)]
    assert [one is None for one in summaries] == [True] * 4 + [False]
    assert content(apart) == content(tmp_path / "whole")
    assert night(apart, database).run() == summaries[-1]


def test_all_shards_as_one_file(tmp_path: Path, database: Path) -> None:
    """CSV has a header; what is not known is empty."""
    night(tmp_path / "out", database).run()
    merge(NightFolder(tmp_path / "out", 5), tmp_path / "all.csv")
    lines = (tmp_path / "all.csv").read_text().splitlines()
    assert len(lines) == PEOPLE
    assert lines[0].startswith("subscription_id,days_known,remaining_bytes,pace_per_hour,p10_hours")


def test_two_batches_in_one_folder_are_one_too_many(tmp_path: Path, database: Path) -> None:
    """Two shards of it are not, one shard twice is."""
    folder = NightFolder(tmp_path / "out", 5)
    with folder.held(None), pytest.raises(BatchRefused, match="another batch is at work here"):
        night(tmp_path / "out", database).run()
    with folder.held(2):
        assert night(tmp_path / "out", database).run(1) is None
        for shard in (2, None):
            with pytest.raises(BatchRefused, match="another batch is at work here"):
                night(tmp_path / "out", database).run(shard)


def test_what_was_begun_otherwise_is_not_gone_on_with(tmp_path: Path, database: Path) -> None:
    """Another number of shards, another model: half of each would be neither."""
    night(tmp_path / "out", database).run(0)
    with pytest.raises(BatchRefused, match=r"shards was 5, now 6"):
        night(tmp_path / "out", database, shards=6).run()
    later = Plan(NOW + timedelta(hours=1), exactly=True)
    with pytest.raises(BatchRefused, match=r"at was \d+, now \d+"):
        Night(NightFolder(tmp_path / "out", 5), database, NO_MODELS, later).run()
    write_model(tmp_path / "model")
    models = Models({"depletion": LOADERS["depletion"](tmp_path / "model")})
    with pytest.raises(BatchRefused, match=r"models was \{'depletion': 'rules'\}"):
        night(tmp_path / "out", database, models).run()


def watched(folder: Path, spread: float) -> Models:
    """A model that remembers that people had so much left in training."""
    write_model(folder / "model")
    served = stretched(folder / "model")
    drawn = np.random.default_rng(1)
    given = drawn.uniform(0, spread, (2_000, 1))
    made = reference(given, ("remaining",), {"p50_hours": drawn.uniform(0, 200, 2_000)})
    artefact = served.artefact.__class__(
        "depletion", 1, ("remaining",), made.arrays(), served.artefact.provenance, version=served.artefact.version
    )
    return Models({"depletion": Served(artefact, served.model, rows=_remaining)})


def test_a_model_without_its_training_is_served_and_its_drift_is_unknown(tmp_path: Path, database: Path) -> None:
    """As one is that was trained before histograms were kept; of rules there is nothing to say."""
    write_model(tmp_path / "model")
    found = night(tmp_path / "out", database, Models({"depletion": stretched(tmp_path / "model")})).run()
    assert found is not None
    assert found["drift"] == {"depletion": None}
    by_rules = night(tmp_path / "rules", database).run()
    assert by_rules is not None
    assert by_rules["drift"] == {}


def test_drift_is_counted_by_some_of_many(tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Evenly from all, whatever they are worked on together with."""
    monkeypatch.setattr(core_night, "_COUNTED", 40)
    monkeypatch.setattr(core_night, "_AT_ONCE", 7)
    models = watched(tmp_path, 10**7 * PEOPLE)
    night(tmp_path / "out", database, models, shards=1).run(0)
    (counts,) = json.loads((tmp_path / "out" / "scores-0000.json").read_text())["drift"].values()
    numbers = [number for number in range(PEOPLE) if number != 4]
    with_bundle = [number for at, number in enumerate(numbers) if at % 8 == 0 and number % 3]
    assert [sum(of_column) for of_column in counts] == [len(with_bundle)] * 2


def _remaining(usage: UsageBatch) -> Floats:
    return usage.remaining[:, None]


def test_what_has_moved_since_training_is_told(tmp_path: Path, database: Path) -> None:
    """By name of the feature or score."""
    still = night(tmp_path / "still", database, watched(tmp_path, 10**7 * PEOPLE)).run()
    moved = night(tmp_path / "moved", database, watched(tmp_path, 10**7 * 20)).run()
    assert still is not None
    assert moved is not None
    assert still["drift"]["depletion"]["remaining"] < 0.25 < moved["drift"]["depletion"]["remaining"]
    assert set(moved["drift"]["depletion"]) == {"remaining", "p50_hours"}


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing can be made durable."""

    def fsync(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", fsync)
        yield


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_is_told_in_one_line_and_leaves_nothing_half_done(tmp_path: Path, database: Path) -> None:
    """And the same command goes on when there is room."""
    with pytest.raises(BatchFailed, match=r"there is no space left; what is whole is kept, start it again$"):
        night(tmp_path / "out", database).run()
    assert not list((tmp_path / "out").glob("*.part"))


def test_a_store_that_is_none_is_told(tmp_path: Path) -> None:
    """By its path."""
    (tmp_path / "chasqui.db").write_bytes(b"no database, just text that is long enough to be looked at " * 20)
    with pytest.raises(DatabaseUnusable, match=r"chasqui\.db"):
        night(tmp_path / "out", tmp_path / "chasqui.db").run()


def test_a_damaged_folder_is_told(tmp_path: Path, database: Path) -> None:
    """Nobody guesses what was meant."""
    night(tmp_path / "out", database).run(0)
    (tmp_path / "out" / "run.json").write_text(json.dumps([])[:1])
    with pytest.raises(BatchRefused, match="remove the folder to begin anew"):
        night(tmp_path / "out", database).run()


def test_no_faster_than_it_may_be(tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits between some people and the next."""
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    night(tmp_path / "out", database, per_second=100).run()
    assert max(waited) == pytest.approx((PEOPLE + 1) / 100, abs=1)
