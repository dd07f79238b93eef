"""``chasqui score win-back``: a list for the operator's own campaign, each person on it once."""

from __future__ import annotations

import csv
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.cli import USAGE_ERROR, main
from store.tables import microseconds

Output = pytest.CaptureFixture[str]
CONFIG = """
[scoring.pricing]
usual_margin = 400000
[scoring.win_back]
grounds = "art. 1"
most = 300000
budget = 450000
"""
NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a database from which people have gone."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", {"LOGNAME": "ops"})
    shutil.copy(migrated, tmp_path / "chasqui.db")
    Path("chasqui.toml").write_text(CONFIG)
    gone("a", 1, paid=950_000)
    gone("b", 1)
    gone("silent", None)
    gone("early", 1, days=3)
    gone("back", 1)
    gone("recycled", 1, action="subscriber.recycled")
    put("subscriptions", id="again", msisdn=number("back"), state="active", created_at=microseconds(NOW))
    return tmp_path


def number(who: str) -> str:
    """Of one of them."""
    return f"57300{sum(map(ord, who)):07}"


def gone(who: str, marketing: int | None, days: int = 60, paid: int = 0, action: str = "subscriber.ported_out") -> None:
    """Somebody left so many days ago, after having bought for so much."""
    at = microseconds(NOW - timedelta(days=days))
    ended = {"created_at": 0, "ended_at": at, "marketing": marketing}
    put("subscriptions", id=who, msisdn=number(who), state="ended", **ended)
    put("audit", id=f"1{who}", at=at, actor="ocs", action=action, subscription_id=who, detail="{}")
    if paid:
        whom = {"msisdn": number(who), "beneficiary": number(who), "subscription_id": who}
        what = {"bundle": "combo-2gb-60min-30d", "price_amount": paid, "price_currency": "COP"}
        how = {"channel": "sms", "offer": f"off-{who}", "attempts": 1, "queries": 0, "created_at": at - 10**6}
        put("orders", key=f"ord-{who}", state="confirmed", **whom, **what, **how)


def put(table: str, **values: object) -> None:
    """A row."""
    if table == "subscriptions":
        values = {"language": "es", "alerts": 1, "marketing_count": 0, **values}
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    with closing(sqlite3.connect("chasqui.db")) as database:
        database.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(values.values()))
        database.commit()


def win_back() -> int:
    """Run the command."""
    return main(["score", "win-back", "--out", "back.csv"])


def test_who_agreed_and_is_gone_is_listed_once_with_what_may_be_spent(capsys: Output) -> None:
    """The most valuable first gets of the budget; nobody but its owner can read the list."""
    assert win_back() == 0
    with Path("back.csv").open() as file:
        listed = {row["msisdn"]: row for row in csv.DictReader(file)}
    assert listed.keys() == {number("a"), number("b")}
    assert int(listed[number("a")]["value"]) > int(listed[number("b")]["value"])
    spent = sum(int(row["incentive"]) for row in listed.values())
    assert 0 < spent <= 450_000
    assert Path("back.csv").stat().st_mode & 0o077 == 0
    told = capsys.readouterr().out
    assert f"2 people, incentives of {spent} of 450000" in told
    assert "not listed, no_opt_in: 1" in told
    assert "not listed, number_held: 1" in told
    assert "not listed, too_early: 1" in told
    assert win_back() == 0
    assert "not listed, asked_before: 2" in capsys.readouterr().out


def test_without_grounds_nobody_is_listed(capsys: Output) -> None:
    """The operator must name the law."""
    Path("chasqui.toml").write_text("")
    assert win_back() == USAGE_ERROR
    assert "name the law" in capsys.readouterr().err
    assert not Path("back.csv").exists()
