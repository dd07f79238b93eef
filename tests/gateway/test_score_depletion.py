"""``chasqui sim usage``, then ``score train``, ``forecast`` and ``evaluate``: from files to files."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import main, sim_usage
from scoring.artefact import opened
from scoring.simulated.market import Person, people

USAGE = "msisdn,start,bytes\n"
BUNDLES = "msisdn,bundle_id,activated_at,expires_at,size_bytes\n"
TRIGGERS = "trigger_id,msisdn,bundle_id,at,remaining_bytes\n"
A_SESSION = "+573000000001,2026-01-05T10:00:00Z,1000000\n"
A_BUNDLE = "+573000000001,b-1,2026-01-05T09:00:00Z,2026-01-12T09:00:00Z,100000000\n"
A_TRIGGER = "t-1,+573000000001,b-1,2026-01-06T09:00:00Z,40000000\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of 300 made-up people and the model that was trained on them."""
    made = tmp_path_factory.mktemp("usage")
    assert main(["sim", "usage", "--out", str(made), "--subscribers", "300", "--weeks", "8", "--seed", "4"]) == 0
    assert main(["score", "train", "depletion", *files(made), "--out", str(made / "m.model")]) == 0
    return made


def files(folder: Path) -> list[str]:
    """As options."""
    return ["--usage", str(folder / "u.csv"), "--bundles", str(folder / "b.csv")]


def forecast(folder: Path, model: Path, triggers: str = "t.csv") -> tuple[int, list[dict[str, str]]]:
    """The exit status, and what was written."""
    out = folder / "f.csv"
    out.unlink(missing_ok=True)
    told = ["--triggers", str(folder / triggers), "--out", str(out)]
    status = main(["score", "forecast", "--model", str(model), *files(folder), *told])
    if not out.exists():
        return status, []
    with out.open(newline="", encoding="utf-8") as file:
        return status, list(csv.DictReader(file))


def test_every_trigger_is_forecast_in_the_order_of_the_file(folder: Path) -> None:
    """Quantiles in order, a chance; right more often than not of what became of it."""
    status, said = forecast(folder, folder / "m.model")
    assert status == 0
    with (folder / "truth.csv").open(newline="", encoding="utf-8") as file:
        truth = list(csv.DictReader(file))
    assert [one["trigger_id"] for one in said] == [one["trigger_id"] for one in truth]
    right = 0
    for one, true in zip(said, truth, strict=True):
        assert 0 <= float(one["p10_hours"]) <= float(one["p50_hours"]) <= float(one["p90_hours"])
        right += (float(one["p_depletes_before_expiry"]) >= 0.5) == (true["depletes_before_expiry"] == "1")
    assert right > 0.75 * len(said)


def test_evaluation_puts_every_baseline_beside_the_model(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On the files of the training, of people and weeks that it has not seen."""
    assert main(["score", "evaluate", "depletion", "--model", str(folder / "m.model"), *files(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"pinball", "coverage", "mae"} <= found.keys()
    assert found["of"] == "people and weeks not trained on"
    assert found["baselines"].keys() == {
        "since_purchase", "last_24_hours", "ewma", "hourly_profile", "by_hand_fitted", "by_hand",
    }  # fmt: skip
    for share in ("50", "25", "10"):
        assert {"model", *found["baselines"]} <= found["depletes_before_expiry"][share].keys()
        assert found["depletes_before_expiry"][share]["model"]["recall"] > 0.4
    assert found["beats_best_baseline"] == (found["improvement"] > 0 and found["moments"] >= 100)


def test_other_files_are_evaluated_whole(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """People made another way, in a table of words."""
    assert (
        main(["sim", "usage", "--out", str(tmp_path), "--subscribers", "20", "--world", "states", "--weeks", "5"]) == 0
    )
    assert main(["score", "evaluate", "depletion", "--model", str(folder / "m.model"), *files(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "files not trained on" in told
    assert "hourly_profile" in told
    assert "best baseline" in told


def test_nothing_after_a_trigger_changes_its_forecast(folder: Path, tmp_path: Path) -> None:
    """With all later use and all later bundles cut away, to the last digit."""
    at = "2026-02-02T00:00:00.000Z"
    for name, column in (("u.csv", "start"), ("b.csv", "activated_at"), ("t.csv", "at")):
        with (folder / name).open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        with (tmp_path / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(row for row in rows if row[column] <= at)
    _, early = forecast(tmp_path, folder / "m.model")
    _, all_of_it = forecast(folder, folder / "m.model")
    known = {one["trigger_id"]: one for one in all_of_it}
    assert len(early) > 100
    assert all(one == known[one["trigger_id"]] for one in early)


def test_order_repetition_and_time_zones_change_nothing(folder: Path, tmp_path: Path) -> None:
    """Sessions upside down, each told twice, in Bogotá's time, and as Parquet would have them."""
    header, *lines = (folder / "u.csv").read_text(encoding="utf-8").splitlines()
    moved = []
    for line in lines:
        msisdn, start, used = line.split(",")
        moved.append(f"{msisdn},{_in_bogota(start)},{used}")
    upside_down = "\n".join([header, *reversed(moved), *moved, ""])
    (tmp_path / "u.csv").write_text(upside_down, encoding="utf-8")
    for name in ("b.csv", "t.csv"):
        (tmp_path / name).write_text((folder / name).read_text(encoding="utf-8"), encoding="utf-8")
    assert forecast(tmp_path, folder / "m.model") == forecast(folder, folder / "m.model")


def _in_bogota(start: str) -> str:
    return datetime.fromisoformat(start).astimezone(timezone(timedelta(hours=-5))).isoformat(timespec="milliseconds")


def test_somebody_unknown_is_forecast_as_people_alike(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bundle without any use is a beginning, and how many there were is told."""
    write(tmp_path, USAGE + A_SESSION, BUNDLES + A_BUNDLE.replace("001,b", "002,b"), "")
    (tmp_path / "t.csv").write_text(TRIGGERS + A_TRIGGER.replace("001,b", "002,b"), encoding="utf-8")
    status, said = forecast(tmp_path, folder / "m.model")
    assert status == 0
    assert float(said[0]["p90_hours"]) > float(said[0]["p10_hours"]) > 0
    assert "1 triggers of people whose use is not told of" in capsys.readouterr().err


def write(folder: Path, usage: str, bundles: str, triggers: str) -> None:
    """Three files."""
    for name, text in (("u.csv", usage), ("b.csv", bundles), ("t.csv", triggers)):
        (folder / name).write_text(text, encoding="utf-8")


LATE, AGAIN = "1,b,2026-01-05,2026-01-04,1\n", A_BUNDLE.replace(",100", ",200")


def asked(what: str, instead: str) -> tuple[str, str, str]:
    """Files that are right but for the trigger."""
    return USAGE, BUNDLES + A_BUNDLE, TRIGGERS + A_TRIGGER.replace(what, instead)


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (("msisdn,start\n", BUNDLES, TRIGGERS), "u.csv: line 1: there is no column 'bytes'"),
        ((f"{USAGE}1,2026-01-05,NaN\n", BUNDLES, TRIGGERS), "u.csv: line 2, column bytes: not a number"),
        ((f"{USAGE}1,2026-01-05,inf\n", BUNDLES, TRIGGERS), "u.csv: line 2, column bytes: not a number"),
        ((f"{USAGE}{A_SESSION}1,2026-01-05,-1\n", BUNDLES, TRIGGERS), "u.csv: line 3, column bytes: -1 is less"),
        ((f"{USAGE}1,yesterday,1\n", BUNDLES, TRIGGERS), "u.csv: line 2, column start: not a time"),
        ((f"{USAGE}{A_SESSION}1,1970-01-01,1\n", BUNDLES, TRIGGERS), "u.csv: column start: from 1970-01-01 to 2026"),
        ((USAGE, BUNDLES + LATE, TRIGGERS), "b.csv: line 2, column expires_at: not after"),
        ((USAGE, BUNDLES + A_BUNDLE + AGAIN, TRIGGERS), "b.csv: line 3, column bundle_id: the same bundle again"),
        (asked("b-1", "b-9"), "t.csv: line 2, column bundle_id: 'b-9' is not a bundle of this msisdn"),
        (asked("1,b", "2,b"), "t.csv: line 2, column bundle_id: 'b-1' is not a bundle of this msisdn"),
        (asked(",4", ",-4"), "t.csv: line 2, column remaining_bytes"),
        (asked("2026-", "9999-"), "t.csv: line 2, column at: more than three years after all else; is the time wrong?"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_used_are_named_by_line_and_column(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], texts: tuple[str, str, str], told: str
) -> None:
    """One line, exit status 2, nothing written."""
    write(tmp_path, *texts)
    assert forecast(tmp_path, folder / "m.model") == (2, [])
    assert told in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "f.csv").exists()


def test_triggers_that_cannot_quite_be_are_counted(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Clocks differ and bundles are topped up, so they are forecast all the same."""
    early, rich = A_TRIGGER.replace("2026-", "2025-"), f"{A_TRIGGER.rpartition(',')[0]},1000000000000\n"
    write(tmp_path, USAGE + A_SESSION, BUNDLES + A_BUNDLE, TRIGGERS + A_TRIGGER + early + rich)
    status, said = forecast(tmp_path, folder / "m.model")
    assert (status, len(said)) == (0, 3)
    told = capsys.readouterr().err
    assert "1 triggers from before their bundle was activated: forecast as if it just had been" in told
    assert "1 triggers with more left than their bundle's size" in told


def test_a_bundle_told_twice_alike_counts_once(folder: Path, tmp_path: Path) -> None:
    """Exports repeat themselves; what never expires has an empty place."""
    endless = A_BUNDLE.replace("2026-01-12T09:00:00Z", "")
    write(tmp_path, USAGE + A_SESSION, BUNDLES + endless + endless, TRIGGERS + A_TRIGGER)
    status, said = forecast(tmp_path, folder / "m.model")
    assert (status, len(said)) == (0, 1)


def test_without_any_use_everybody_is_new(folder: Path, tmp_path: Path) -> None:
    """An empty export is no error."""
    write(tmp_path, USAGE, BUNDLES + A_BUNDLE, TRIGGERS + A_TRIGGER)
    status, said = forecast(tmp_path, folder / "m.model")
    assert (status, len(said)) == (0, 1)


def test_no_triggers_make_an_empty_table(folder: Path, tmp_path: Path) -> None:
    """With its header."""
    write(tmp_path, USAGE, BUNDLES, TRIGGERS)
    assert forecast(tmp_path, folder / "m.model") == (0, [])
    assert (tmp_path / "f.csv").read_text(encoding="utf-8").startswith("trigger_id,p10_hours")


@pytest.mark.parametrize("usage", [USAGE, USAGE + A_SESSION], ids=["no use", "one session"])
def test_too_little_to_learn_from_writes_no_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], usage: str
) -> None:
    """It says how much there is."""
    write(tmp_path, usage, BUNDLES + A_BUNDLE, TRIGGERS)
    assert main(["score", "train", "depletion", *files(tmp_path), "--out", str(tmp_path / "m.model")]) == 2
    assert "too little to learn from" in capsys.readouterr().err
    assert not (tmp_path / "m.model").exists()


def test_few_people_make_a_model_that_claims_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It can be asked; a gateway leaves it alone, since nobody can say that it is better."""
    assert main(["sim", "usage", "--out", str(tmp_path), "--subscribers", "40", "--weeks", "4", "--seed", "2"]) == 0
    assert main(["score", "train", "depletion", *files(tmp_path), "--out", str(tmp_path / "m.model")]) == 0
    assert "too few to say whether the model beats" in capsys.readouterr().out
    assert not opened(tmp_path / "m.model").settings["beats"]
    status, said = forecast(tmp_path, tmp_path / "m.model")
    assert status == 0
    assert len(said) > 20


def test_a_folder_that_is_not_there_is_told_before_the_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not after a minute of it."""
    out = str(tmp_path / "no" / "m.model")
    assert main(["score", "train", "depletion", *files(tmp_path), "--out", out]) == 2
    assert "there is no folder" in capsys.readouterr().err


def test_training_again_makes_the_same_model(folder: Path, tmp_path: Path) -> None:
    """But for when it was made."""
    again = tmp_path / "again.model"
    assert main(["score", "train", "depletion", *files(folder), "--out", str(again)]) == 0
    one, other = opened(folder / "m.model"), opened(again)
    assert one.metrics == other.metrics
    assert all((one.arrays[name] == other.arrays[name]).all() for name in one.arrays)


def test_people_that_are_broken_off_leave_no_half_a_crowd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that were there stay as they were."""
    assert main(["sim", "usage", "--out", str(tmp_path), "--subscribers", "2", "--weeks", "1"]) == 0
    before = {one.name: one.read_bytes() for one in tmp_path.iterdir()}

    def broken(*words: Any) -> Iterator[Person]:
        yield next(iter(people(*words)))
        raise KeyboardInterrupt

    monkeypatch.setattr(sim_usage, "people", broken)
    assert main(["sim", "usage", "--out", str(tmp_path), "--subscribers", "9", "--weeks", "2"]) == 130
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == before
