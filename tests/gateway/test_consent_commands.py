"""``chasqui consent``: a chain is checked, a person's records are handed out, and what is personal is erased."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from fakes import ANA, BEN, TUESDAY, consent
from flows.effects import RecordConsent
from gateway.cli import main
from store import subscriptions
from store.consent_ledger import ConsentLedger
from store.engine import open_engine
from store.reader import Reader
from store.unit import Unit
from store.writer import Writer

Output = pytest.CaptureFixture[str]
_URL = "sqlite+aiosqlite:///chasqui.db"


@pytest.fixture
def folder(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a database in which Ana consented, withdrew, and consented again."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", {})
    shutil.copy(migrated, tmp_path / "chasqui.db")

    async def fill() -> None:
        engine = open_engine(_URL, tmp_path)
        reader, writer = Reader(engine), Writer(engine)
        await reader.start()
        writer.start()
        for msisdn in (ANA, BEN):
            person = subscriptions.begin(msisdn, "es", TUESDAY)
            await writer.commit(subscriptions.create(person, TUESDAY))
            if msisdn == ANA:
                await ConsentLedger(reader, writer).commit(Unit(), _records(person.id))
        await writer.stop()
        await reader.stop()
        await engine.dispose()

    asyncio.run(fill())
    return tmp_path


def _records(subscription: str) -> list[RecordConsent]:
    return [
        consent(1, subscription=subscription),
        consent(2, subscription=subscription, event="withdrawn", prompts=("Retirar: 1 Sí",), replies=("1",)),
        consent(3, subscription=subscription),
    ]


def _sql(folder: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "chasqui.db")) as database:
        rows = database.execute(statement).fetchall()
        database.commit()
        return rows


def _head(folder: Path, position: int = 3) -> str:
    ((found,),) = _sql(folder, f"SELECT hash FROM consents WHERE position = {position}")
    return str(found)


def test_a_whole_chain_is_one_line(folder: Path, capsys: Output) -> None:
    """With the head to note elsewhere, and exit status 0."""
    assert main(["consent", "verify"]) == 0
    assert capsys.readouterr() == (f"3 records, chain whole, head {_head(folder)}\n", "")


@pytest.mark.parametrize(
    ("change", "first"),
    [
        ("UPDATE consents SET event = 'given'", "record 2 (con-2): its content was changed after it was written"),
        ("DELETE FROM consents WHERE position = 2", "record 2 was removed: the next one is record 3 (con-3)"),
    ],
)
def test_a_broken_chain_names_its_first_bad_record(change: str, first: str, folder: Path, capsys: Output) -> None:
    """One line, exit status 1."""
    _sql(folder, change)
    assert main(["consent", "verify"]) == 1
    assert capsys.readouterr() == (f"{first}\n", "")


def test_records_cut_off_show_against_the_head_that_was_noted(folder: Path, capsys: Output) -> None:
    """Without it they do not; an older head of a chain that has grown is there."""
    head, older = _head(folder), _head(folder, 1)
    assert main(["consent", "verify", "--expect-head", head.upper()]) == 0
    assert main(["consent", "verify", "--expect-head", older]) == 0
    _sql(folder, "DELETE FROM consents WHERE position = 3")
    assert main(["consent", "verify"]) == 0
    assert main(["consent", "verify", "--expect-head", older]) == 0
    capsys.readouterr()
    assert main(["consent", "verify", "--expect-head", head]) == 1
    assert capsys.readouterr().out.startswith("record 3 was removed, or all were written anew: the chain ends with ")


def test_a_copy_is_checked_without_a_configuration_and_left_as_it_is(folder: Path, capsys: Output) -> None:
    """Not a byte of it changes, and an old schema is not migrated."""
    copy = folder / "copy.db"
    shutil.copy(folder / "chasqui.db", copy)
    content = copy.read_bytes()
    assert main(["consent", "verify", "--database", "copy.db"]) == 0
    assert capsys.readouterr().out.startswith("3 records, chain whole, head ")
    assert copy.read_bytes() == content
    _sql(folder, "DROP TABLE consents")
    assert main(["consent", "verify"]) == 2
    assert "chasqui db upgrade" in capsys.readouterr().err
    assert _sql(folder, "SELECT name FROM sqlite_master WHERE name = 'consents'") == []


def test_an_export_has_the_fields_of_the_standards(folder: Path, capsys: Output) -> None:
    """Every record, oldest first, with its evidence; a receipt for each giving."""
    assert main(["consent", "export", "--msisdn", f"+{ANA}"]) == 0
    exported = json.loads(capsys.readouterr().out)
    first, second, _ = exported["records"]
    assert [record["header"]["record_id"] for record in exported["records"]] == ["con-1", "con-2", "con-3"]
    assert first["header"].keys() == {"schema_version", "record_id", "pii_principal_id"}
    assert first["processing"].keys() == {
        "privacy_notice", "language", "purposes", "lawful_basis", "pii_information", "pii_controllers",
        "collection_method", "processing_method", "storage_locations", "retention_period", "jurisdiction",
        "recipient_third_parties", "withdrawal_method", "privacy_rights", "authority_party",
    }  # fmt: skip
    assert first["events"][0].keys() == {"event_time", "validity_duration", "entity_id", "event_type", "event_state"}
    assert first["events"][0]["event_time"] == "2026-11-24T15:00:00.000000Z"
    assert first["evidence"]["prompts"] == list(consent().prompts)
    assert (first["evidence"]["msisdn"], first["evidence"]["hash"]) == (ANA, _head(folder, 1))
    assert (first["receipt"]["consentReceiptID"], first["receipt"]["version"]) == ("con-1", "KI-CR-v1.1.0")
    assert first["receipt"]["consentTimestamp"] == int(TUESDAY.timestamp())
    assert (second["receipt"], second["events"][0]["event_state"]) == (None, "withdrawn")


def test_which_sim_is_whose_is_handed_out_and_erased_too(folder: Path, capsys: Output) -> None:
    """Of this person alone."""
    rows = f"('732101234567890', '{ANA}', 1000000), ('732101234567891', '{BEN}', 1000000)"
    _sql(folder, f"INSERT INTO imsis (imsi, msisdn, told_at) VALUES {rows}")
    assert main(["consent", "export", "--msisdn", ANA]) == 0
    sims = json.loads(capsys.readouterr().out)["sims"]
    assert sims == [{"imsi": "732101234567890", "told_at": "1970-01-01T00:00:01.000000Z"}]
    assert main(["consent", "erase", "--msisdn", ANA, "--yes"]) == 0
    assert _sql(folder, "SELECT imsi FROM imsis") == [("732101234567891",)]
    capsys.readouterr()
    assert main(["consent", "export", "--msisdn", ANA]) == 0
    assert json.loads(capsys.readouterr().out)["sims"] == []


def test_an_export_goes_where_it_is_told(folder: Path, capsys: Output) -> None:
    """For an ended subscription by its id; nobody's consents are an empty list."""
    ((ana,),) = _sql(folder, f"SELECT id FROM subscriptions WHERE msisdn = '{ANA}'")
    assert main(["consent", "export", "--subscription", str(ana), "--out", "ana.json"]) == 0
    assert Path("ana.json").stat().st_mode & 0o077 == 0
    assert len(json.loads((folder / "ana.json").read_text(encoding="utf-8"))["records"]) == 3
    assert capsys.readouterr() == ("", "")
    assert main(["consent", "export", "--msisdn", BEN]) == 0
    assert json.loads(capsys.readouterr().out)["records"] == []


def test_erasing_leaves_a_whole_chain_and_nothing_personal(folder: Path, capsys: Output) -> None:
    """The proof stays; a second time there is nothing to do."""
    ((key,),) = _sql(folder, "SELECT key FROM consent_keys")
    assert isinstance(key, bytes)
    assert main(["consent", "erase", "--msisdn", ANA, "--yes"]) == 0
    assert main(["consent", "verify"]) == 0
    assert capsys.readouterr().out == f"erased\n3 records, chain whole, head {_head(folder)}\n"
    assert not any(key in file.read_bytes() for file in folder.iterdir())
    assert main(["consent", "export", "--msisdn", ANA]) == 0
    text = capsys.readouterr().out
    assert ANA not in text
    assert "Autorizas" not in text
    evidence = json.loads(text)["records"][0]["evidence"]
    assert (evidence["erased"], evidence["replies"], len(evidence["prompt_sha256"])) == (True, None, 2)
    assert main(["consent", "erase", "--msisdn", ANA, "--yes"]) == 0
    assert capsys.readouterr().out == "nothing to erase: there is no key\n"
    assert _sql(folder, "SELECT actor, action FROM audit") == [("operator", "consent.erased")]


@pytest.mark.parametrize(("answer", "status"), [("y", 0), ("YES ", 0), ("", 1), ("n", 1), ("maybe", 1)])
def test_erasing_asks_whoever_sits_at_a_terminal(
    answer: str, status: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anything but a yes erases nothing."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda question: answer)
    assert main(["consent", "erase", "--msisdn", ANA]) == status
    assert len(_sql(folder, "SELECT key FROM consent_keys")) == status


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("verify", "--database", "nowhere.db"), r"nowhere\.db: there is no such database"),
        (("verify", "--expect-head", "abc"), "--expect-head must be the 64 hexadecimal digits"),
        (("export", "--msisdn", "abc"), "--msisdn must be an E.164 number"),
        (("export", "--msisdn", "573000000000"), "--msisdn: nobody with this number has been seen"),
        (("export", "--subscription", "01NOBODY"), "--subscription: there is none with this id"),
        (("export", "--msisdn", ANA, "--out", "no/such/folder.json"), "no/such/folder.json: cannot be written"),
        (("erase", "--msisdn", ANA), "cannot be undone; add --yes"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_done_is_one_line(
    arguments: tuple[str, ...], complaint: str, folder: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With exit status 2; nothing is changed."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    assert main(["consent", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert re.search(complaint, err)
    assert len(_sql(folder, "SELECT key FROM consent_keys")) == 1


@pytest.mark.parametrize("command", ["verify", "export", "erase"])
def test_no_command_makes_a_database(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    """A wrong folder is told, not filled."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", {})
    person = [] if command == "verify" else ["--msisdn", ANA]
    assert main(["consent", command, *person, *(["--yes"] if command == "erase" else [])]) == 2
    assert "there is no such database" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_long_check_shows_how_far_it_is_on_a_terminal_only(folder: Path) -> None:
    """Piped output is the verdict and nothing else."""
    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "consent", "verify", "--database", str(folder / "chasqui.db")],
        cwd=Path(__file__).parent.parent.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("3 records, chain whole")
