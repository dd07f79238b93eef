"""Accepting an offer over ``/api/v1``: once, whatever is repeated, and by whom."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fakes import ANA, BEN, NUMBER
from running import Town, town


@pytest.fixture
async def it(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway in Colombia between both simulators."""
    async with town(tmp_path, migrated) as opened:
        yield opened


async def test_an_open_offer_says_what_it_costs_and_until_when(it: Town) -> None:
    """For the smartphone app, whatever wrote to the person first."""
    await it.offer()
    status, document = await it.call("GET", f"subscribers/{ANA}/offers", role="app")
    assert (status, document["next"]) == (200, None)
    (offer,) = document["items"]
    assert offer["price"]["currency"] == "COP"
    assert offer["price"]["amount"] > 0
    assert offer["reason"] == "bundle.depleting"
    assert offer["expires_at"] == "2026-11-25T15:00:00.000Z"
    assert offer["bundle"]


async def test_a_plus_before_the_number_changes_nothing(it: Town) -> None:
    """E.164 is written both ways."""
    offer = await it.offer()
    for path in (f"+{ANA}", f"%2B{ANA}", ANA):
        status, document = await it.call("GET", f"subscribers/{path}/offers")
        assert (status, document["items"]) == (200, [offer])


async def test_accepting_makes_an_order_that_is_charged_and_confirmed(it: Town) -> None:
    """202 with the order; the charge and the text follow."""
    offer = await it.offer()
    status, order = await it.accept(offer["id"], "key-1")
    assert status == 202
    assert (order["offer"], order["bundle"], order["price"]) == (offer["id"], offer["bundle"], offer["price"])
    assert (order["msisdn"], order["beneficiary"], order["channel"], order["state"]) == (ANA, ANA, "app", "pending")
    (charge,) = await it.ledger(ANA, 1)
    assert (charge["key"], charge["amount"], charge["currency"]) == (order["key"], offer["price"]["amount"], "COP")
    assert "Listo" in (await it.texts(ANA, 2))[1]
    status, settled = await it.call("GET", f"orders/{order['key']}")
    assert (status, settled["state"], settled["attempts"]) == (200, "confirmed", 1)
    assert settled["ocs_reference"]
    assert settled["settled_at"]
    assert await it.items("offers") == []


async def test_the_same_key_and_body_again_gets_the_same_answer(it: Town) -> None:
    """Byte for byte, also when the order has moved on since; nothing is charged again."""
    offer = await it.offer()
    first = await it.accept(offer["id"], "key-1")
    await it.texts(ANA, 2)
    assert await it.accept(offer["id"], "key-1") == first
    assert len(await it.ledger()) == 1


@pytest.mark.parametrize("other", ["body", "offer"])
async def test_a_key_with_another_request_is_refused(it: Town, other: str) -> None:
    """422: the caller has mixed something up."""
    offer = await it.offer()
    assert (await it.accept(offer["id"], "key-1"))[0] == 202
    body = {"beneficiary": BEN} if other == "body" else {}
    asked = offer["id"] if other == "body" else "off-of-somebody-else"
    status, problem = await it.accept(asked, "key-1", body)
    assert (status, problem["code"]) == (422, "idempotency-key-reused")


async def test_one_key_of_two_callers_is_two_keys(it: Town) -> None:
    """Each token has keys of its own, so the second caller hears of the order."""
    offer = await it.offer()
    assert (await it.accept(offer["id"], "key-1", role="app"))[0] == 202
    status, problem = await it.accept(offer["id"], "key-1", role="crm")
    assert (status, problem["code"]) == (409, "offer-already-accepted")


async def test_a_second_key_is_told_of_the_order(it: Town) -> None:
    """409 with the order's key, each time it is asked."""
    offer = await it.offer()
    _, order = await it.accept(offer["id"], "key-1")
    for _ in range(2):
        status, problem = await it.accept(offer["id"], "key-2")
        assert (status, problem["code"], problem["order"]) == (409, "offer-already-accepted", order["key"])
    assert len(await it.ledger(ANA, 1)) == 1


async def test_a_key_is_needed(it: Town) -> None:
    """Neither none nor an endless one; nothing is bought."""
    offer = await it.offer()
    status, problem = await it.call("POST", f"offers/{offer['id']}/accept", {}, role="app")
    assert (status, problem["code"]) == (400, "idempotency-key-missing")
    for key in ("", "k" * 256):
        status, problem = await it.accept(offer["id"], key)
        assert (status, problem["code"]) == (400, "idempotency-key-missing"), key
    assert len(await it.items("offers")) == 1


async def test_an_expired_offer_is_gone(it: Town) -> None:
    """410 from the second at which it ends, and nothing is charged."""
    offer = await it.offer()
    it.clock.advance(hours=24)
    for key in ("key-1", "key-1", "key-2"):
        status, problem = await it.accept(offer["id"], key)
        assert (status, problem["code"]) == (410, "offer-expired")
    assert await it.ledger() == []
    assert await it.items("orders") == []


async def test_an_offer_can_be_accepted_in_its_last_second(it: Town) -> None:
    """The end itself is the first moment that is too late."""
    offer = await it.offer()
    it.clock.advance(hours=23, minutes=59, seconds=59)
    assert (await it.accept(offer["id"], "key-1"))[0] == 202


async def test_a_declined_offer_cannot_be_accepted(it: Town) -> None:
    """409: a no by SMS counts for the app too."""
    offer = await it.offer()
    it.clock.advance(seconds=1)
    await it.smsc.send_mo(ANA, NUMBER, "no")
    await it.texts(ANA, 2)
    status, problem = await it.accept(offer["id"], "key-1")
    assert (status, problem["code"]) == (409, "offer-not-open")
    assert await it.ledger() == []


async def test_a_gift_is_paid_by_one_and_used_by_the_other(it: Town) -> None:
    """The payer is charged and gets the confirmation, the beneficiary the bundle and a text."""
    offer = await it.offer()
    status, order = await it.accept(offer["id"], "key-1", {"beneficiary": f"+{BEN}"})
    assert (status, order["msisdn"], order["beneficiary"]) == (202, ANA, BEN)
    assert (await it.texts(BEN))[0].endswith(f"desde el numero terminado en {ANA[-4:]}.")
    assert "Listo" in (await it.texts(ANA, 2))[1]
    (charge,) = await it.ledger()
    assert (charge["msisdn"], charge["beneficiary"]) == (ANA, BEN)
    assert it.ocs.ledger.account(BEN).buckets
    assert not it.ocs.ledger.account(ANA).buckets


@pytest.mark.parametrize("body", [{"beneficiary": "somebody"}, {"beneficiary": 5}, {"gift": BEN}])
async def test_a_wrong_body_buys_nothing(it: Town, body: dict[str, Any]) -> None:
    """422 with a pointer; the key can be used again with a right one."""
    offer = await it.offer()
    status, problem = await it.accept(offer["id"], "key-1", body)
    assert status == 422
    assert [error["pointer"] for error in problem["errors"]] == [f"/{name}" for name in body]
    assert (await it.accept(offer["id"], "key-1"))[0] == 202


async def test_a_body_that_is_no_object_is_refused(it: Town) -> None:
    """400, before anything is looked up."""
    status, problem = await it.call("POST", "offers/off-1/accept", [1], role="app", Idempotency_Key="key-1")
    assert (status, problem["code"]) == (400, "not-json")


async def test_an_offer_that_nobody_made_is_not_found(it: Town) -> None:
    """404, and the key is free again."""
    status, problem = await it.accept("off-nobody", "key-1")
    assert (status, problem["code"]) == (404, "unknown-offer")
    offer = await it.offer()
    assert (await it.accept(offer["id"], "key-1"))[0] == 202


async def test_twenty_at_once_buy_once(it: Town) -> None:
    """One of them gets 202; all others the key of its order; the ledger has one charge."""
    offer = await it.offer()
    answers = await asyncio.gather(*(it.accept(offer["id"], f"key-{number}") for number in range(20)))
    (order,) = [document for status, document in answers if status == 202]
    others = [(status, document["order"]) for status, document in answers if status != 202]
    assert others == [(409, order["key"])] * 19
    await it.texts(ANA, 2)
    assert [charge["key"] for charge in await it.ledger()] == [order["key"]]
    assert len(await it.items("orders")) == 1


async def test_one_key_twenty_times_at_once_is_one_order(it: Town) -> None:
    """Who comes while the first runs is told so, or gets its answer."""
    offer = await it.offer()
    answers = await asyncio.gather(*(it.accept(offer["id"], "key-1") for _ in range(20)))
    orders = [document["key"] for status, document in answers if status == 202]
    running = [(status, document["code"]) for status, document in answers if status != 202]
    assert set(orders) == {f"ord-{offer['id']}"}
    assert running == [(409, "in-progress")] * len(running)
    await it.texts(ANA, 2)
    assert len(await it.ledger()) == 1


async def test_app_and_sms_at_once_buy_once(it: Town) -> None:
    """One channel makes the order; the other is told of it."""
    offer = await it.offer()
    it.clock.advance(seconds=1)
    (status, document), _ = await asyncio.gather(it.accept(offer["id"], "key-1"), it.smsc.send_mo(ANA, NUMBER, "1"))
    assert (status, document.get("key") or document.get("order")) in [
        (202, f"ord-{offer['id']}"),
        (409, f"ord-{offer['id']}"),
    ]
    # whoever was second by SMS gets an answer beside the confirmation
    texts = await it.texts(ANA, 3 if status == 202 else 2)
    assert sum("Listo" in text for text in texts) == 1
    if status == 202:
        assert any("en curso" in text or "Ya compraste" in text for text in texts)
    assert [charge["key"] for charge in await it.ledger()] == [f"ord-{offer['id']}"]


async def test_an_order_that_the_charging_system_refuses_is_declined(it: Town) -> None:
    """With a code, its words, and a text; nothing is charged."""
    offer = await it.offer()
    it.ocs.ledger.put(ANA, 0, None)
    _, order = await it.accept(offer["id"], "key-1")
    await it.texts(ANA, 2)
    _, settled = await it.call("GET", f"orders/{order['key']}")
    assert (settled["state"], settled["reason"]) == ("declined", "insufficient_funds")
    assert settled["detail"]
    assert await it.ledger() == []
