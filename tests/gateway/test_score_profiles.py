"""``chasqui score … profiles``: from files to a model, to who is what, to how it does on others."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from gateway.cli import main
from profile_people import LIVES, crowd, write
from scoring import artefact, profile_bundles

Output = pytest.CaptureFixture[str]


def files(folder: Path) -> list[str]:
    """The options that name these files."""
    return [
        *("--usage", str(folder / "sessions.csv")),
        *("--categories", str(folder / "categories.csv")),
        *("--device", str(folder / "device.csv")),
    ]


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files of people and a model of them, and others in ``later``."""
    folder = tmp_path_factory.mktemp("profiles")
    write(crowd(160, 42, seed=1), folder)
    (folder / "later").mkdir()
    write(crowd(80, 49, seed=2), folder / "later")
    assert main(["score", "train", "profiles", *files(folder), "--zone", "UTC", "--out", str(folder / "m")]) == 0
    return folder


def test_a_model_says_what_won_and_what_there_is(taught: Path, capsys: Output) -> None:
    """Its card: errors beside the baselines, numbers of groups, each profile with its bundle."""
    assert main(["score", "model", str(taught / "m")]) == 0
    said = capsys.readouterr().out
    for words in (
        "The 28-day summary is used",
        "the week before alone",
        "| 4 | 0.",
        "device_protection 1",
        "stability",
    ):
        assert words in said
    model = artefact.opened(taught / "m")
    assert len(model.provenance.data_sha256) == 3
    assert {"next_week_mae", "baseline_next_week_mae", "silhouette", "stability"} <= set(model.metrics)


def test_the_same_files_give_the_same_model(taught: Path, tmp_path: Path) -> None:
    """But for when it was made."""
    assert main(["score", "train", "profiles", *files(taught), "--out", str(tmp_path / "m")]) == 0
    one, other = artefact.opened(taught / "m"), artefact.opened(tmp_path / "m")
    assert one.settings == other.settings
    assert all((one.arrays[name] == other.arrays[name]).all() for name in one.arrays)


def test_everybody_gets_a_profile_and_a_bundle(taught: Path, tmp_path: Path) -> None:
    """In a file, in the order of their numbers."""
    out = tmp_path / "p.csv"
    assert (
        main(
            ["score", "predict", "profiles", "--model", str(taught / "m"), *files(taught / "later"), "--out", str(out)]
        )
        == 0
    )
    with out.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["msisdn"] for row in rows] == sorted(crowd(80, 49, seed=2).msisdns)
    assert {row["profile"] for row in rows} == {str(at) for at in range(len(LIVES))}
    assert any("hotspot:" in row["bundle"] for row in rows)
    assert all(0 <= float(row["sure"]) <= 1 for row in rows)


def test_how_it_does_on_others(taught: Path, capsys: Output) -> None:
    """Beside the honest baseline, with the drift of the sizes of profiles."""
    arguments = ["score", "evaluate", "profiles", "--model", str(taught / "m"), *files(taught / "later")]
    assert main([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["people"] == 80
    assert 0 < found["mae"] < 2 * found["baseline_mae"]
    assert found["psi"] < 0.3
    assert sum(found["shares"].values()) == pytest.approx(1)
    assert main(arguments) == 0
    assert "trained with" in capsys.readouterr().out


def test_bundles_of_ones_own(taught: Path, tmp_path: Path) -> None:
    """The file that comes along, with one component taken out."""
    kit = profile_bundles.DEFAULT.read_text(encoding="utf-8")
    own = tmp_path / "kit.yaml"
    own.write_text(kit[: kit.index("  device_protection:")], encoding="utf-8")
    out = tmp_path / "m"
    assert (
        main(["score", "train", "profiles", *files(taught), "--bundles", str(own), "--groups", "3", "--out", str(out)])
        == 0
    )
    profiles = artefact.opened(out).settings["profiles"]
    assert len(profiles) == 3
    assert not any("device_protection" in one["bundle"] for one in profiles)


TRAIN = ("train", "profiles", "--out", "x", "--usage")
PREDICT = ("predict", "profiles", "--out", "x", "--usage", "{sessions}", "--model")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((*TRAIN, "none.csv"), "none.csv: there is no such file"),
        ((*TRAIN, "{sessions}", "--zone", "Bogota"), "--zone: 'Bogota' is no time zone"),
        ((*TRAIN, "{sessions}", "--groups", "1"), "--groups must be between"),
        ((*TRAIN, "{sessions}", "--epochs", "0"), "--epochs must be between"),
        ((*TRAIN, "{sessions}", "--bundles", "none"), "none: "),
        ((*TRAIN, "{sessions}", "--places", "{sessions}"), "there is no column 'at'"),
        ((*PREDICT, "{m}"), "it needs --usage, --categories, --device"),
        ((*PREDICT, "{sessions}"), "not a model, or damaged"),
    ],
)
def test_what_is_wrong_is_one_line(
    taught: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output, arguments: tuple[str, ...], sentence: str
) -> None:
    """With exit status 2, and nothing written."""
    monkeypatch.chdir(taught)
    named = [one.format(sessions=taught / "sessions.csv", m=taught / "m") for one in arguments]
    assert main(["score", *named]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert sentence in line
    assert not (taught / "x").exists()


BAD = {
    "nan": ("573001112233,2026-10-01T00:00:00Z,nan", "line 2, column bytes: not a whole number"),
    "infinite": ("573001112233,2026-10-01T00:00:00Z,inf", "line 2, column bytes: not a whole number"),
    "negative": ("573001112233,2026-10-01T00:00:00Z,-1", "line 2, column bytes: -1 is less than 0"),
    "no time": ("573001112233,last week,1", "line 2, column start: not a time"),
    "too few": ("573001112233,2026-10-01T00:00:00Z,1", "1 days of behaviour; profiles need 35"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_malformed_file_trains_nothing(name: str, tmp_path: Path, capsys: Output) -> None:
    """Named by file, line and column."""
    row, sentence = BAD[name]
    path, out = tmp_path / "u.csv", tmp_path / "m"
    path.write_text(f"msisdn,start,bytes\n{row}\n", encoding="utf-8")
    assert main(["score", "train", "profiles", "--usage", str(path), "--out", str(out)]) == 2
    assert sentence in capsys.readouterr().err
    assert not out.exists()


def test_a_place_that_cannot_be_written_is_told_before_the_work(taught: Path, tmp_path: Path, capsys: Output) -> None:
    """In one line, and no part of a file is left."""
    out = ["--out", str(tmp_path)]
    assert main(["score", "predict", "profiles", "--model", str(taught / "m"), *files(taught), *out]) == 2
    assert main(["score", "train", "profiles", *files(tmp_path / "nobody-looks-there"), *out]) == 2
    assert capsys.readouterr().err == f"chasqui: {tmp_path}: is a folder; name a file in it\n" * 2
    assert not list(tmp_path.iterdir())


def test_people_who_differ_in_nothing_make_no_profiles(tmp_path: Path, capsys: Output) -> None:
    """Which is told; there is nothing to group by."""
    days = "".join(f"5730011{who:05},{at.isoformat()},1000\n" for who in range(80) for at in _days())
    (tmp_path / "sessions.csv").write_text(f"msisdn,start,bytes\n{days}")
    words = ("--usage", str(tmp_path / "sessions.csv"), "--out", str(tmp_path / "m"))
    assert main(["score", "train", "profiles", *words]) == 2
    assert capsys.readouterr().err == "chasqui: everybody's 28 days are the same: there is nothing to group by\n"


def _days() -> list[datetime]:
    return [datetime(2026, 9, 7, 12, tzinfo=UTC) + timedelta(days=at) for at in range(36)]


@pytest.mark.parametrize("name", ["centres", "scale_mean", "judge_weights", "axes"])
def test_a_model_of_figures_that_are_none_is_told_by_its_file(
    name: str, taught: Path, tmp_path: Path, capsys: Output
) -> None:
    """It would put everybody into the first profile."""
    whole, out = artefact.opened(taught / "m"), tmp_path / "p.csv"
    artefact.save(replace(whole, arrays={**whole.arrays, name: whole.arrays[name] * np.nan}), tmp_path / "m")
    assert (
        main(["score", "predict", "profiles", "--model", str(tmp_path / "m"), *files(taught), "--out", str(out)]) == 2
    )
    told = f"chasqui: {tmp_path / 'm'}: a model of profiles with figures that are no numbers\n"
    assert capsys.readouterr().err == told
    assert not out.exists()
