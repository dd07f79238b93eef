"""Vouchers, advances, transfers and charges outside a bundle over ``/api/v1``, against the simulator."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from fakes import ANA, BEN, eventually
from gateway.simulators.ocs_services import Voucher
from running import Town, town

PIN = "123456789012"


@pytest.fixture
async def it(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway in Colombia between both simulators, which know a voucher."""
    async with town(tmp_path, migrated) as opened:
        opened.ocs.services.vouchers[PIN] = Voucher(500_000)
        yield opened


async def asked(it: Town, what: str, body: object, key: str = "key-1") -> tuple[int, Any]:
    """An app asks for something for Ana."""
    return await it.call("POST", f"subscribers/{ANA}/{what}", body, role="app", Idempotency_Key=key)


async def settled(it: Town, key: str) -> Any:
    """The order once it is settled."""
    found: list[Any] = []

    async def done() -> bool:
        _, order = await it.call("GET", f"orders/{key}")
        found.append(order)
        return order["settled_at"] is not None

    await eventually(done)
    return found[-1]


async def test_a_voucher_is_used_once_and_tells_its_worth(it: Town, caplog: pytest.LogCaptureFixture) -> None:
    """The same request again is the same order; the PIN stands in no answer and no line of the log."""
    caplog.set_level("DEBUG", logger="gateway")
    caplog.set_level("INFO")
    status, order = await asked(it, "top-ups", {"pin": PIN})
    assert (status, order["kind"], order["credit"]) == (202, "top_up", None)
    assert await asked(it, "top-ups", {"pin": PIN}) == (202, order)
    done = await settled(it, order["key"])
    assert (done["state"], done["credit"]) == ("confirmed", {"amount": 500_000, "currency": "COP"})
    assert [item["kind"] for item in await it.ledger(ANA, 1)] == ["top_up"]
    assert PIN not in str(done)
    status, story = await it.call("GET", f"orders/{order['key']}/story")
    assert PIN not in str(story)
    _, used = await asked(it, "top-ups", {"pin": PIN}, "key-2")
    assert (await settled(it, used["key"]))["reason"] == "wrong_voucher"
    assert PIN not in caplog.text


async def test_an_advance_is_owed_and_the_next_one_waits_until_it_is_paid(it: Town) -> None:
    """The list is empty while somebody owes, the profile says how much."""
    it.ocs.ledger.account(ANA).balance = 0
    status, listed = await it.call("GET", f"subscribers/{ANA}/advances", role="app")
    assert (status, [one["id"] for one in listed["items"]]) == (200, ["advance-small", "advance-large"])
    _, order = await asked(it, "advances", {"advance": "advance-small"})
    assert (await settled(it, order["key"]))["state"] == "confirmed"
    _, profile = await it.call("GET", f"subscribers/{ANA}")
    assert (profile["balance"]["amount"], profile["debt"]["amount"]) == (200_000, 220_000)
    status, problem = await asked(it, "advances", {"advance": "advance-small"}, "key-2")
    assert (status, problem["code"]) == (409, "not-eligible")
    _, top_up = await asked(it, "top-ups", {"pin": PIN}, "key-3")
    await settled(it, top_up["key"])
    _, profile = await it.call("GET", f"subscribers/{ANA}")
    assert (profile["balance"]["amount"], profile["debt"]) == (480_000, None)


async def test_balance_goes_to_another_number_once(it: Town) -> None:
    """Both are told; what is more than a day allows is declined."""
    _, order = await asked(it, "transfers", {"to": BEN, "amount": 200_000})
    done = await settled(it, order["key"])
    assert (done["state"], done["price"]["amount"], done["beneficiary"]) == ("confirmed", 210_000, BEN)
    assert it.ocs.ledger.account(BEN).balance == 1_200_000
    assert "Recibiste $2.000" in (await it.texts(BEN, 1))[0]
    it.ocs.ledger.account(ANA).balance = 10_000_000
    ends = []
    for n in range(3):
        _, more = await asked(it, "transfers", {"to": BEN, "amount": 2_000_000}, f"more-{n}")
        ends.append((await settled(it, more["key"]))["reason"])
    assert ends == [None, None, "limit_reached"]


async def test_what_the_charging_system_was_seen_to_list_is_kept_before_the_order_is_told_done(
    it: Town, tmp_path: Path
) -> None:
    """By its address: a crash after that finds it in the store."""
    _, order = await asked(it, "transfers", {"to": BEN, "amount": 200_000})
    assert (await settled(it, order["key"]))["state"] == "confirmed"
    with closing(sqlite3.connect(tmp_path / "chasqui.db")) as connection:
        kept = connection.execute("SELECT ocs, trait, order_key FROM ocs_traits").fetchall()
    assert kept == [(f"tmf {it.ocs.url}", "transfers", order["key"])]


async def test_charges_outside_a_bundle_are_in_force_once_the_charging_system_has_them(it: Town) -> None:
    """Until then the answer tells both; the last of two counts."""
    await it.ocs.set_down(down=True)
    path = f"subscribers/{ANA}/preferences"
    for wanted in (True, False, True):
        status, now = await it.call("PUT", path, {"out_of_bundle": wanted}, role="app")
        assert (status, now["out_of_bundle"], now["out_of_bundle_wanted"]) == (200, False, wanted)
    await it.ocs.set_down(down=False)

    async def in_force() -> bool:
        _, profile = await it.call("GET", f"subscribers/{ANA}")
        return bool(profile["preferences"]["out_of_bundle"])

    async def all_settled() -> bool:
        return all(one["settled_at"] for one in await it.items("orders"))

    await eventually(all_settled)
    await eventually(in_force)
    assert [order.action for order in it.ocs.ledger.orders.values()] == ["add", "delete", "add"]
    assert it.ocs.ledger.account(ANA).out_of_bundle


@pytest.mark.parametrize(
    ("what", "body", "pointer"),
    [
        ("top-ups", {"pin": "12"}, "/pin"),
        ("top-ups", {"pin": 12345678}, "/pin"),
        ("top-ups", {"pin": PIN, "amount": 5}, "/amount"),
        ("advances", {"advance": 7}, "/advance"),
        ("transfers", {"to": "x", "amount": 200_000}, "/to"),
        ("transfers", {"to": BEN, "amount": -5}, "/amount"),
        ("transfers", {"to": BEN, "amount": True}, "/amount"),
        ("transfers", {"to": BEN, "amount": 10**16}, "/amount"),
    ],
)
async def test_a_wrong_body_asks_for_nothing(it: Town, what: str, body: dict[str, Any], pointer: str) -> None:
    """422 with a pointer; the key may be used again."""
    status, problem = await asked(it, what, body)
    assert (status, problem["code"]) == (422, "invalid-request")
    assert pointer in [error["pointer"] for error in problem["errors"]]
    assert await it.items("orders") == []


@pytest.mark.parametrize(
    ("what", "body", "status", "code"),
    [
        ("advances", {"advance": "advance-huge"}, 404, "unknown-advance"),
        ("advances", {"advance": "advance-small"}, 409, "not-eligible"),
        ("transfers", {"to": ANA, "amount": 200_000}, 409, "own-number"),
        ("transfers", {"to": BEN, "amount": 10**12}, 409, "beyond-limits"),
    ],
)
async def test_what_cannot_be_is_said_before_an_order_is_made(
    it: Town, what: str, body: dict[str, Any], status: int, code: str
) -> None:
    """Ana has enough, so she gets no advance."""
    answered, problem = await asked(it, what, body)
    assert (answered, problem["code"]) == (status, code)
    assert await it.items("orders") == []
