"""Money that goes back over the real wires: what was charged alone, and what an operator decides."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes import ANA, NUMBER, eventually
from running import Json, Town, town

CHARGING = 'settle_seconds = 0\ngrants = "refund"\n'


@pytest.fixture
async def here(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway that looks at what is granted."""
    async with town(tmp_path, migrated, charging=CHARGING) as it:
        yield it


async def bought(here: Town) -> Json:
    """Ana's order of an offer that she has said yes to."""
    await here.offer()
    await here.smsc.send_mo(ANA, NUMBER, "1")
    await eventually(lambda: len(here._got(ANA)) == 2)
    return (await here.items("orders"))[0]


async def refund(here: Town, key: str, body: object = None, role: str = "admin") -> tuple[int, Json]:
    """Give an order back as an operator does."""
    return await here.call("POST", f"orders/{key}/refund", {} if body is None else body, role=role)


async def test_what_was_charged_and_not_granted_goes_back_by_itself(here: Town) -> None:
    """One charge, one refund, one text that says so, and no word of a bundle that is not there."""
    await here.faults(grant_nothing=1)
    await here.offer()
    await here.smsc.send_mo(ANA, NUMBER, "1")
    texts = await here.texts(number=2)
    assert texts[1].startswith("Te devolvimos $")
    charge, back = await here.ledger(ANA, 2)
    assert (charge["kind"], back["kind"], back["amount"]) == ("charge", "refund", charge["amount"])
    given_back, order = await here.items("orders")
    assert (order["state"], given_back["state"], given_back["gives_back"]) == ("refunded", "confirmed", order["key"])


async def test_an_operator_gives_an_order_back_once(here: Town) -> None:
    """However often it is asked for; the person is told once."""
    order = await bought(here)
    answers = await asyncio.gather(*(refund(here, order["key"], {"reason": "complaint"}) for _ in range(5)))
    assert {status for status, _ in answers} == {202}
    assert len({document["key"] for _, document in answers}) == 1
    assert (await here.texts(number=3))[2].startswith("Te devolvimos")
    assert [item["kind"] for item in await here.ledger(ANA, 2)] == ["charge", "refund"]
    assert (await here.items("orders"))[1]["state"] == "refunded"


@pytest.mark.parametrize(
    ("key", "body", "role", "wanted"),
    [
        ("{key}", None, "crm", (403, "forbidden")),
        ("{key}", None, "", (401, "unauthorized")),
        ("ord-nobody", None, "admin", (404, "unknown-order")),
        ("{key}", {"reason": ""}, "admin", (422, "invalid-request")),
        ("{key}", {"amount": 1}, "admin", (422, "invalid-request")),
        ("{key}", [], "admin", (400, "not-json")),
    ],
)
async def test_a_wish_for_a_refund_that_is_none_gives_nothing_back(
    here: Town, key: str, body: object, role: str, wanted: tuple[int, str]
) -> None:
    """With a reason that can be read."""
    order = await bought(here)
    found, problem = await refund(here, key.format(**order), body, role)
    assert (found, problem["code"]) == wanted
    assert len(await here.ledger(ANA)) == 1
