"""``chasqui orders``: what an operator types, also while a gateway runs on the database."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import shutil
import sqlite3
import stat
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fakes import ANA, BEN, TUESDAY, order, record_offer
from flows.effects import RecordOrder, RecordOrderState
from flows.purchase import NEEDS_PERSON
from flows.records import Answer
from flows.values import OfferId, OrderKey
from gateway.cli import main
from store import subscriptions
from store.engine import open_engine
from store.record import write
from store.writer import Writer

Output = pytest.CaptureFixture[str]
HEAD = "key,msisdn,amount,currency,at,reference\n"
DAY = ("--from", "2026-11-24", "--to", "2026-11-24")
STATES = ("confirmed", "declined", "in_doubt", "confirmed")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a database: ord-1 and ord-4 confirmed, ord-2 declined, ord-3 left to a person."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", {"LOGNAME": "ops"})
    shutil.copy(migrated, tmp_path / "chasqui.db")

    async def fill() -> None:
        engine = open_engine("sqlite+aiosqlite:///chasqui.db", tmp_path)
        writer = Writer(engine)
        writer.start()
        ana = subscriptions.begin(ANA, "es", TUESDAY)
        await writer.commit(subscriptions.create(ana, TUESDAY))
        for number, state in enumerate(STATES, 1):
            at, offer = TUESDAY + timedelta(minutes=number), OfferId(f"off-{number}")
            made = order(key=OrderKey(f"ord-{number}"), offer=offer, subscription=ana.id, created_at=at)
            reason = {"declined": "rejected", "in_doubt": NEEDS_PERSON}.get(state)
            ended = RecordOrderState(made.key, state, at, state != "in_doubt", reason, reference=f"po-{number}")
            await writer.commit(write([record_offer(id=offer, subscription=ana.id)]).unit)
            await writer.commit(write([RecordOrder(made, Answer("01ENTRY", said="1"))]).unit)
            await writer.commit(write([ended]).unit)
        await writer.stop()
        await engine.dispose()

    asyncio.run(fill())
    return tmp_path


def orders(*words: str) -> int:
    """Run the command."""
    return main(["orders", *words])


def said(capsys: Output) -> str:
    """What it printed."""
    return capsys.readouterr().out


def statement(folder: Path, *lines: str) -> str:
    """A statement of these lines: number of the order, amount, and whose."""
    at = "2026-11-24T10:01:00-05:00"
    rows = [f"{key},{number},{amount},COP,{at},po-x\n" for key, amount, number in (line.split() for line in lines)]
    (folder / "day.csv").write_text(HEAD + "".join(rows), encoding="utf-8")
    return "day.csv"


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of the database."""
    with closing(sqlite3.connect(folder / "chasqui.db")) as database:
        return list(database.execute(query))


# ── stories ──


def test_a_story_is_written_signed_and_checked_elsewhere(folder: Path, capsys: Output) -> None:
    """With the public key alone: no database, no private key."""
    assert orders("key") == 0
    made = said(capsys)
    key = folder / "story.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert orders("key", "--public") == 0
    public = said(capsys)
    assert public.startswith("-----BEGIN PUBLIC KEY-----")
    assert public in made
    assert orders("story", "ord-1", "--out", "story.json") == 0
    assert re.fullmatch(r"story\.json: signed by sha256:[0-9a-f]{64}\n", said(capsys))
    (folder / "public.pem").write_text(public, encoding="ascii")
    key.unlink()
    (folder / "chasqui.db").unlink()
    assert orders("check", "story.json", "--key", "public.pem", "--text") == 0
    first, second, *_ = said(capsys).splitlines()
    assert re.fullmatch(r"ord-1: unchanged since \S+Z, signed by sha256:[0-9a-f]{64}", first)
    assert second == "Pedido ord-1"
    content = (folder / "story.json").read_bytes()
    (folder / "story.json").write_bytes(content.replace(b"300000", b"300001"))
    assert orders("check", "story.json", "--key", "public.pem") == 1
    assert said(capsys) == "story.json: DOES NOT HOLD: its content is not what was signed\n"


def test_a_story_for_people_needs_no_key(capsys: Output) -> None:
    """In the payer's language or another, with the last digits of the number or all."""
    assert orders("story", "ord-2") == 0
    told = said(capsys)
    assert told.startswith("Pedido ord-2\n1 GB por 7 días por $3.000, paga el …2233\n")
    assert told.endswith("No se cobró nada.\n")
    assert ANA not in told
    assert orders("story", "ord-2", "--language", "en", "--full") == 0
    assert f"paid by {ANA}" in said(capsys)


def test_what_is_printed_as_json_is_what_is_written_to_a_file(folder: Path, capsys: Output) -> None:
    """Byte by byte, so that a shell can keep it."""
    orders("key")
    said(capsys)
    assert orders("story", "ord-1", "--json") == 0
    (folder / "s.json").write_text(said(capsys), encoding="utf-8")
    assert orders("check", "s.json") == 0


def test_a_key_is_made_once_and_kept_from_others(folder: Path, capsys: Output) -> None:
    """What was signed with the first could not be checked any more; and a key that all can read is nobody's."""
    orders("key")
    before = (folder / "story.key").read_bytes()
    assert orders("key") == 2
    assert "is there already" in capsys.readouterr().err
    assert (folder / "story.key").read_bytes() == before
    (folder / "story.key").chmod(0o640)
    assert orders("story", "ord-1", "--json") == 2
    assert "chmod 600" in capsys.readouterr().err


# ── lists ──


def test_orders_are_listed_newest_first(capsys: Output) -> None:
    """All, those in a state, those that need a person."""
    assert orders("list") == 0
    assert re.findall(r"ord-\d", said(capsys)) == ["ord-4", "ord-3", "ord-2", "ord-1"]
    assert orders("list", "--state", "confirmed", "--limit", "1") == 0
    assert re.findall(r"ord-\d", said(capsys)) == ["ord-4"]
    assert orders("list", "--needs-person", "--json") == 0
    (one,) = json.loads(said(capsys))
    assert (one["key"], one["state"], one["reason"], one["msisdn"]) == ("ord-3", "in_doubt", "needs_person", "…2233")
    assert orders("list", "--state", "refunded") == 0
    assert said(capsys) == "there are none\n"


# ── reconciling ──


def test_a_statement_is_compared_reported_and_settled(folder: Path, capsys: Output) -> None:
    """Missing, extra, differing; each with the ways to settle it; nobody's number is whole."""
    file = statement(folder, f"ord-1 1 {ANA}", f"ord-2 300000 {ANA}", f"elsewhere 7 {BEN}")
    assert orders("reconcile", *DAY, "--statement", file) == 1
    report = said(capsys)
    assert "4 orders: 1 agree, 0 left out, 0 without an answer; 4 discrepancies" in report
    found = re.findall(r"^(\w+) +(\S+) …", report, re.MULTILINE)
    assert sorted(found) == [
        ("differing", "ord-1"),
        ("extra", "elsewhere"),
        ("extra", "ord-2"),
        ("missing", "ord-4"),
    ]
    assert ANA not in report
    assert BEN not in report
    assert orders("report", "--json") == 0
    shown = {one["order"]: one for one in json.loads(said(capsys))["items"]}
    assert {key: (one["kind"], one["ways"]) for key, one in shown.items()} == {
        "ord-1": ("differing", ["note"]),
        "ord-2": ("extra", ["confirm", "refund", "note"]),
        "ord-4": ("missing", ["decline", "note"]),
        "elsewhere": ("extra", ["note"]),
    }
    assert orders("settle", shown["ord-2"]["id"], "--refund", "--note", "charged by mistake", "--by", "rosa") == 0
    assert "ord-2 is to be refunded; a running gateway" in said(capsys)
    assert orders("settle", shown["elsewhere"]["id"], "--note", "the kiosk's") == 0
    assert said(capsys) == f"{shown['elsewhere']['id']} is closed\n"
    query = "SELECT order_key, decision, author, note, done_at FROM order_settlements"
    assert rows(folder, query) == [("ord-2", "refund", "rosa", "charged by mistake", None)]
    actions = {(actor, action) for actor, action in rows(folder, "SELECT actor, action FROM audit")}
    assert {("rosa", "order.asked"), ("ops", "discrepancy.closed")} <= actions
    assert orders("report", "--full") == 0
    report = said(capsys)
    assert BEN in report
    assert "settled (note, by ops: the kiosk's)" in report


def test_a_statement_that_agrees_is_a_good_day(folder: Path, capsys: Output) -> None:
    """What needs a person and was not charged is no discrepancy."""
    file = statement(folder, f"ord-1 300000 {ANA}", f"ord-4 300000 {ANA}")
    assert orders("reconcile", *DAY, "--statement", file) == 0
    assert "4 orders: 4 agree, 0 left out, 0 without an answer; 0 discrepancies" in said(capsys)


def test_a_bad_statement_changes_nothing(folder: Path, capsys: Output) -> None:
    """It is read to its end before anything is written."""
    file = statement(folder, f"ord-1 300000 {ANA}", f"ord-2 x {ANA}")
    assert orders("reconcile", *DAY, "--statement", file) == 2
    assert capsys.readouterr().err == (
        "chasqui: day.csv: line 3: amount: must be a whole number of minor units, such as 300000\n"
    )
    assert rows(folder, "SELECT count(*) FROM reconciliations") == [(0,)]


def test_an_order_that_needs_a_person_gets_one(folder: Path, capsys: Output) -> None:
    """By its key, with evidence."""
    words = ("--confirm", "--reference", "po-77", "--note", "seen in the account")
    assert orders("settle", "ord-3", *words) == 0
    assert "ord-3 is to be confirmed" in said(capsys)
    assert rows(folder, "SELECT reference, author FROM order_settlements") == [("po-77", "ops")]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("story", "ord-9"), "ord-9: there is no order with this key"),
        (("story", "ord-1", "--language", "xx"), "language must be one of"),
        (("story", "ord-1", "--json"), "there is no key to sign with; chasqui orders key makes it"),
        (("key", "--public"), "story.key: cannot be read: No such file"),
        (("check", "nowhere.json", "--key", "chasqui.db"), "is no Ed25519 key in PEM"),
        (("report",), "there is no such reconciliation"),
        (("report", "01NONE"), "01NONE: there is no such reconciliation"),
        (("reconcile",), "ocs.url is missing"),
        (("reconcile", "--from", "2026-11-24"), "--from and --to go together"),
        (("reconcile", "--from", "2026-11-25", "--to", "2026-11-23"), "--to is before --from"),
        (("reconcile", "--from", "tuesday", "--to", "2026-11-23"), "'tuesday' is neither a day"),
        (("reconcile", "--from", "2026-11-24T10:00:00", "--to", "2026-11-25"), "is neither a day"),
        (("reconcile", "--statement", "nowhere.csv"), "nowhere.csv: cannot be read: No such file"),
        (("settle", "dis-1", "--note", "n"), "dis-1: there is no discrepancy with this id"),
        (("settle", "ord-1", "--decline", "--note", "n"), "ord-1: is confirmed; only the discrepancy"),
        (("settle", "ord-3", "--confirm", "--note", " "), "--note must be a text"),
        (("settle", "ord-3", "--decline", "--reference", "r", "--note", "n"), "--reference goes with --confirm"),
        (("settle", "ord-3", "--confirm", "--note", "n", "--by", "x" * 61), "--by has at most 60 characters"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_done_is_one_line(words: tuple[str, ...], complaint: str, folder: Path, capsys: Output) -> None:
    """With exit status 2; nothing is changed."""
    before = hashlib.sha256((folder / "chasqui.db").read_bytes()).hexdigest()
    assert orders(*words) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert complaint in err
    assert hashlib.sha256((folder / "chasqui.db").read_bytes()).hexdigest() == before


def test_every_command_says_what_it_is_for(capsys: Output) -> None:
    """With --help."""
    for command in ("story", "check", "key", "list", "reconcile", "report", "settle"):
        with pytest.raises(SystemExit, match="0"):
            orders(command, "--help")
        assert f"usage: chasqui orders {command}" in said(capsys)
