"""``/api/v1/reconciliations``: what was found, for consoles; and that what is decided is carried out."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from fakes import ANA, NUMBER, eventually
from gateway.cli import main
from running import Json, Town, town


@pytest.fixture
async def it(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    """A gateway in Colombia between both simulators, and a terminal beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", {"LOGNAME": "ops"})
    async with town(tmp_path, migrated) as opened:
        yield opened


async def orders(*words: str) -> int:
    """A command in another thread, as another process would run it."""
    return await asyncio.to_thread(main, ["orders", *words])


async def reconciled(it: Town, folder: Path, *lines: str) -> Json:
    """The newest reconciliation, of a statement with these lines."""
    text = "".join(f"{line}\n" for line in ("key,msisdn,amount,at", *lines))
    await asyncio.to_thread((folder / "day.csv").write_text, text)
    assert await orders("reconcile", "--from", "2026-11-24", "--to", "2026-11-24", "--statement", "day.csv") in (0, 1)
    status, listed = await it.call("GET", "reconciliations", role="admin")
    assert status == 200
    status, found = await it.call("GET", f"reconciliations/{listed['items'][0]['id']}", role="admin")
    assert status == 200
    document: Json = found
    return document


async def ordered(it: Town, state: str) -> Json:
    """Ana's order once it is in this state."""

    async def there() -> bool:
        found = await it.items("orders")
        return any(one["state"] == state and one["key"].startswith("ord-") for one in found)

    await eventually(there)
    return next(one for one in await it.items("orders") if one["key"].startswith("ord-"))


def one_price(order: Json) -> int:
    """What it costs, in minor units."""
    amount: int = order["price"]["amount"]
    return amount


async def test_a_missing_charge_is_found_shown_and_settled_while_the_gateway_runs(it: Town, tmp_path: Path) -> None:
    """From a statement to the text that tells the subscriber."""
    await it.offer()
    await it.smsc.send_mo(ANA, NUMBER, "1")
    order = await ordered(it, "confirmed")
    await it.texts(ANA, 2)
    found = await reconciled(it, tmp_path)
    (one,) = found["items"]
    assert (one["kind"], one["order"], one["msisdn"], one["ways"]) == (
        "missing",
        order["key"],
        "…2233",
        ["decline", "note"],
    )
    assert (found["orders"], found["charges"], found["kind"], found["author"]) == (1, 0, "statement", "ops")
    status, full = await it.call("GET", f"reconciliations/{found['id']}?full=true", role="admin")
    assert (status, full["items"][0]["msisdn"]) == (200, ANA)
    assert await orders("settle", one["id"], "--decline", "--note", "not in the ledger") == 0
    assert (await ordered(it, "declined"))["reason"] == "not_applied"
    assert (await it.texts(ANA, 3))[2].startswith("No se pudo activar")
    _, listed = await it.call("GET", "reconciliations", role="admin")
    assert listed["standing"] == {}


async def test_a_charge_that_should_not_be_is_given_back(it: Town, tmp_path: Path) -> None:
    """Once, by a refund with a key of its own."""
    async with it.http.put(f"{it.ocs.control_url}/faults", json={"refuse": 1}) as answer:
        assert answer.status == 200
    await it.offer()
    await it.smsc.send_mo(ANA, NUMBER, "1")
    order = await ordered(it, "declined")
    line = f"{order['key']},{ANA},{order['price']['amount']},2026-11-24T10:00:00-05:00"
    (one,) = (await reconciled(it, tmp_path, line))["items"]
    assert (one["kind"], one["ways"]) == ("extra", ["confirm", "refund", "note"])
    assert await orders("settle", one["id"], "--refund", "--note", "charged by mistake") == 0
    await ordered(it, "refunded")
    assert [(entry["kind"], entry["amount"]) for entry in await it.ledger(ANA)] == [("refund", one_price(order))]


async def test_the_charging_system_itself_is_asked_about_each_order(
    it: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it charged agrees; what it does not know is missing."""
    await it.offer()
    await it.smsc.send_mo(ANA, NUMBER, "1")
    await ordered(it, "confirmed")
    day = ("--from", "2026-11-24", "--to", "2026-11-24", "--config", "chasqui.toml")
    assert await orders("reconcile", *day) == 0
    assert "1 orders: 1 agree, 0 left out, 0 without an answer; 0 discrepancies" in capsys.readouterr().out

    def invent() -> None:
        with closing(sqlite3.connect(tmp_path / "chasqui.db")) as database, database:
            columns = [row[1] for row in database.execute("PRAGMA table_info(orders)")]
            chosen = ", ".join({"key": "'ord-x'", "offer": "'off-x'"}.get(name, name) for name in columns)
            database.execute(f"INSERT INTO orders SELECT {chosen} FROM orders")

    await asyncio.to_thread(invent)
    assert await orders("reconcile", *day) == 1
    report = capsys.readouterr().out
    assert "2 orders: 1 agree, 0 left out, 0 without an answer; 1 discrepancies" in report
    assert "missing   ord-x …2233" in report


@pytest.mark.parametrize(
    ("path", "role", "status"),
    [
        ("reconciliations", "crm", 403),
        ("reconciliations", "app", 403),
        ("reconciliations/01NONE", "admin", 404),
        ("reconciliations?limit=0", "admin", 400),
        ("reconciliations?limit=201", "admin", 400),
    ],
)
async def test_what_cannot_be_shown(it: Town, path: str, role: str, status: int) -> None:
    """Only admins see what does not add up."""
    assert (await it.call("GET", path, role=role))[0] == status


async def test_runs_come_page_by_page(it: Town, tmp_path: Path) -> None:
    """Newest first."""
    made = [(await reconciled(it, tmp_path))["id"] for _ in range(3)]
    _, first = await it.call("GET", "reconciliations?limit=2", role="admin")
    assert [one["id"] for one in first["items"]] == made[:0:-1]
    _, second = await it.call("GET", f"reconciliations?limit=2&after={first['next']}", role="admin")
    assert ([one["id"] for one in second["items"]], second["next"]) == (made[:1], None)
