"""``chasqui score train acceptance``, ``decisions`` and ``replay``: what an operator types about the ranking."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import random
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from deciding import MODEL, learning, runs_low

from fakes import FakeClock, colombia
from flows.effects import RecordOfferState
from flows.values import Msisdn
from gateway.cli import main
from gateway.core.commit import Committer
from gateway.core.facts import Facts
from gateway.core.triggers import TriggerDesk
from locales.catalogues import load_catalogues
from scoring import acceptance_model, packed
from scoring.offer_features import FEATURES
from store.consent_ledger import ConsentLedger
from store.engine import open_engine
from store.reader import Reader
from store.record import write
from store.writer import Writer

Output = pytest.CaptureFixture[str]
HEAD = ",".join(("click", *FEATURES)) + "\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a database in which six people were offered something, and every other said yes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", {"LOGNAME": "ops"})
    shutil.copy(migrated, tmp_path / "chasqui.db")
    random.seed(5)  # ids, on which it hangs who is held out

    async def fill() -> None:
        engine = open_engine("sqlite+aiosqlite:///chasqui.db", tmp_path)
        writer, reader = Writer(engine), Reader(engine)
        writer.start()
        await reader.start()
        house = colombia(reader, writer, FakeClock(), load_catalogues())
        object.__setattr__(house.context.switches, "assume_opt_in", "yes")
        await learning(house, tmp_path, holdout=0.5)
        committer = Committer(writer, house.context.reach, house.hand, ConsentLedger(reader, writer))
        desk = TriggerDesk(house.context, Facts(house.context, house.ocs), committer)
        for number in range(6):
            (offer,) = await runs_low(house, desk, Msisdn(f"57300111000{number}"))
            state = ("accepted", "declined")[number % 2]
            await writer.commit(write([RecordOfferState(offer.id, state, house.clock())]).unit)
            house.clock.now += timedelta(minutes=1)
        async with engine.begin() as connection:
            await connection.exec_driver_sql("UPDATE offers SET sent_from = '12345'")
        await reader.stop()
        await writer.stop()
        await engine.dispose()

    asyncio.run(fill())
    return tmp_path


def score(*words: str) -> int:
    """Run the command."""
    return main(["score", *words])


def first(folder: Path, query: str) -> str:
    """The first value of a query."""
    with closing(sqlite3.connect(folder / "chasqui.db")) as database:
        return str(database.execute(query).fetchone()[0])


def test_a_decision_is_made_again(folder: Path, capsys: Output) -> None:
    """By its id or its offer's, with its reasons in words, the same to the last bit."""
    key = first(folder, "SELECT id FROM decisions")
    for name in (key, f"off-{key}"):
        assert score("replay", name) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == f"Decision {key}, 2026-11-24T15:00:00.000+00:00"
        assert lines[1].startswith("Chosen ")
        assert lines[-1] == "The same to the last bit."


def test_a_decision_for_programs(folder: Path, capsys: Output) -> None:
    """All that went in and came out, under names; what was not known is null."""
    assert score("replay", first(folder, "SELECT id FROM decisions ORDER BY id"), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["same"] is True
    assert found["propensity"] == found["outputs"]["propensity"]
    assert found["inputs"]["remaining"] == 90 * 2**20
    assert found["on_sale"]["bundles"][int(found["outputs"]["best"])] == found["reasons"]["bundle"]
    assert found["own_prices"] == {}
    assert len(found["offer_looked_like"]) == len(FEATURES)


def test_a_decision_that_was_changed_comes_out_otherwise(folder: Path, capsys: Output) -> None:
    """And what is different is named."""
    key = first(folder, "SELECT id FROM decisions")
    with closing(sqlite3.connect(folder / "chasqui.db")) as database, database:
        (outputs,) = database.execute("SELECT outputs FROM decisions WHERE id = ?", (key,)).fetchone()
        numbers = np.frombuffer(outputs).copy()
        numbers[6] /= 2
        database.execute("UPDATE decisions SET outputs = ? WHERE id = ?", (numbers.tobytes(), key))
    assert score("replay", key) == 1
    said = capsys.readouterr()
    assert said.out.endswith("It comes out otherwise.\n")
    assert said.err.startswith("propensity: ")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("replay", "01NOBODY"), "01NOBODY: there is no such decision, or not any more"),
        (("replay", "01NOBODY", "--language", "tlh"), "--language must be one of en, es, pt_BR"),
    ],
)
def test_what_cannot_be_made_again_is_told(capsys: Output, words: tuple[str, ...], told: str) -> None:
    """In one line, status 2."""
    assert score(*words) == 2
    assert capsys.readouterr().err == f"chasqui: {told}\n"


def test_a_state_that_was_lost_is_told(folder: Path, capsys: Output) -> None:
    """Nothing is made up in its place."""
    key = first(folder, "SELECT id FROM decisions")
    with closing(sqlite3.connect(folder / "chasqui.db")) as database, database:
        database.execute("DELETE FROM ranking_states")
    assert score("replay", key) == 2
    assert "the state that the ranking had then is not kept any more" in capsys.readouterr().err


def test_explored_offers_become_a_log(folder: Path, capsys: Output) -> None:
    """Of those who were not held out, with the chance that each had and what became of it."""
    assert score("decisions", "--out", "log.csv") == 0
    with (folder / "log.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with closing(sqlite3.connect(folder / "chasqui.db")) as database:
        kept = [inputs for (inputs,) in database.execute("SELECT inputs FROM decisions")]
    explored = sum(not packed.inputs(inputs)["held_out"] for inputs in kept)
    assert capsys.readouterr().out == f"log.csv: {explored} offers\n"
    assert 0 < len(rows) == explored < 6
    assert {row["click"] for row in rows} == {"0", "1"}
    assert all(0 < float(row["propensity_score"]) < 1 for row in rows)


# ── a model ──


def test_a_ranking_begins_with_nothing(folder: Path, capsys: Output) -> None:
    """The same file whenever it is made, but for the time."""
    assert score("train", "acceptance", "--out", MODEL) == 0
    assert capsys.readouterr().out.endswith("from 0 answers\n")
    _, beliefs, exploration = acceptance_model.load(folder / MODEL)
    assert (beliefs.mean[0], exploration.floor) == (0.1, 0.02)


def log_of(folder: Path, matters: float) -> None:
    """2,000 answers, decided by the second column so much."""
    drawn = np.random.default_rng(1)
    with (folder / "answers.csv").open("w", encoding="utf-8") as file:
        file.write(HEAD)
        for _ in range(2_000):
            row = [1.0, *drawn.random(len(FEATURES) - 1)]
            click = drawn.random() < 0.3 + matters * (row[1] - 0.5)
            file.write(",".join(map(str, (int(click), *row))) + "\n")


def test_a_ranking_begins_with_what_answers_taught(folder: Path, capsys: Output) -> None:
    """Where that beats their mean on those that it has not seen."""
    log_of(folder, matters=0.6)
    assert score("train", "acceptance", "--log", "answers.csv", "--out", MODEL) == 0
    assert "does not beat" not in capsys.readouterr().out
    model, beliefs, _ = acceptance_model.load(folder / MODEL)
    assert beliefs.mean[1] > 0.3
    assert model.metrics["brier"] < model.metrics["baseline_brier"]


def test_what_does_not_beat_the_mean_is_not_used(folder: Path, capsys: Output) -> None:
    """And that is said."""
    log_of(folder, matters=0.0)
    assert score("train", "acceptance", "--log", "answers.csv", "--out", MODEL) == 0
    assert "does not beat the mean" in capsys.readouterr().out
    _, beliefs, _ = acceptance_model.load(folder / MODEL)
    assert not beliefs.mean[1:].any()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("click\n1\n", "answers.csv: line 1: there is no column 'one'"),
        (HEAD + ",".join(["1"] * 13) + "\n", "1 answers, of them 1 yes: at least 50 of both kinds"),
        (HEAD + ",".join(["2"] * 13) + "\n", "answers.csv: line 2, column click: neither 0 nor 1"),
        (HEAD + ",".join(["1"] * 12) + ",nan\n", "answers.csv: line 2, column content: not a number: 'nan'"),
    ],
)
def test_answers_that_teach_nothing_are_refused(folder: Path, capsys: Output, text: str, told: str) -> None:
    """In one line; nothing is written."""
    (folder / MODEL).unlink()
    (folder / "answers.csv").write_text(text)
    assert score("train", "acceptance", "--log", "answers.csv", "--out", MODEL) == 2
    assert capsys.readouterr().err == f"chasqui: {told}\n"
    assert not (folder / MODEL).exists()


def test_a_log_or_a_model_that_cannot_be_written_is_told(capsys: Output) -> None:
    """In one line."""
    for words in (("decisions",), ("train", "acceptance")):
        assert score(*words, "--out", "no/such.file") == 2
        assert capsys.readouterr().err == "chasqui: no/such.file: there is no folder no\n"
