"""One price a person: offered, told, shown and charged the same on every channel, over the real wires."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fakes import ANA, BEN, NUMBER, eventually
from running import Town, town

PRICING = """
[scoring.pricing]
enabled = true
floor = 0.7
most = 200000
step = 5000
budget = {budget}
usual_margin = 20000000
"""
LISTED, PRICE, OFF = 300_000, 210_000, 90_000
"""Of a gigabyte: with so much at stake the floor decides."""


@pytest.fixture
async def here(tmp_path: Path, migrated: Path, request: pytest.FixtureRequest) -> AsyncIterator[Town]:
    """A gateway with prices for people who may leave; its budget is enough for one offer, unless told."""
    budget = getattr(request, "param", OFF)
    async with town(tmp_path, migrated, more=PRICING.format(budget=budget)) as it:
        for msisdn in (ANA, BEN):  # with so much a gigabyte is the best that they can pay
            await it.http.put(f"{it.ocs.control_url}/subscribers/{msisdn}", json={"balance": 350_000})
        yield it


async def may_leave(here: Town, msisdn: str = ANA, probability: float = 0.4, *, agrees: bool = True) -> None:
    """The operator's systems say so of somebody, who agreed to offers or did not."""
    event = {**here.event(msisdn), "type": "porting.intent", "data": {"direction": "out", "probability": probability}}
    sent = {"Content-Type": "application/cloudevents+json"}
    async with here.http.post(f"{here.url}/triggers", json=event, headers=sent) as answer:
        assert answer.status == 202

    async def kept() -> bool:
        return (await here.call("GET", f"subscribers/{msisdn}"))[0] == 200

    await eventually(kept)
    body = {"marketing": agrees}
    assert (await here.call("PUT", f"subscribers/{msisdn}/preferences", body, role="app"))[0] == 200


async def hop(here: Town, text: str, session: str = "at-1", msisdn: str = ANA) -> str:
    """What a hop shows."""
    form = {"phoneNumber": f"+{msisdn}", "networkCode": "73201", "serviceCode": "*123#"}
    async with here.http.post(
        f"{here.url}/ussd/africastalking", data={**form, "sessionId": session, "text": text}
    ) as answer:
        shown: str = await answer.text()
        return shown


def amount(offer: dict[str, Any]) -> int:
    """What it costs, minor units."""
    price: int = offer["price"]["amount"]
    return price


async def test_every_channel_tells_and_charges_the_same(here: Town) -> None:
    """The text, the menu and the app say one price; what is bought in the menu is the offer, once."""
    await may_leave(here)
    offer = await here.offer()
    assert (offer["bundle"], amount(offer)) == ("data-1gb-7d", PRICE)
    assert offer["price_reason"].startswith("Tu precio es $2.100 en vez de $3.000 hasta el ")
    assert "1 GB por 7 días por $2.100" in (await here.texts())[0].replace("dias", "días")
    assert "$3.000" not in await hop(here, "2")
    assert "$2.100" in await hop(here, "2*4")
    assert (await hop(here, "2*4*1"))[:9] == "END Listo"
    (charged,) = await here.ledger(ANA, 1)
    assert charged["amount"] == PRICE
    (order,) = await here.items("orders")
    assert order["offer"] == offer["id"]
    assert await here.items("offers") == []
    await here.smsc.send_mo(ANA, NUMBER, "1")
    assert (await here.texts(number=3))[2].startswith("Ya compraste")
    assert len(await here.ledger(ANA)) == 1
    assert "$3.000" in await hop(here, "2*4", "at-3")  # it was for once


async def test_a_text_buys_at_the_price_that_it_told(here: Town) -> None:
    """Also when the risk is another by then."""
    await may_leave(here)
    await here.offer()
    await may_leave(here, probability=0.0)
    await here.smsc.send_mo(ANA, NUMBER, "1")
    (charged,) = await here.ledger(ANA, 1)
    assert charged["amount"] == PRICE


async def test_who_did_not_agree_pays_the_list(here: Town) -> None:
    """An opt-in that is merely assumed is none, and a risk is not looked at."""
    await here.offer()
    assert amount((await here.items("offers"))[0]) == LISTED
    await may_leave(here, BEN, agrees=False)
    assert await here.trigger(BEN) == 202
    await here.texts(BEN)
    assert "2.100" not in (await here.texts(BEN))[0]


async def test_the_budget_is_never_overdrawn(here: Town) -> None:
    """Enough for one: the second person is offered the list's price; a refusal gives back what it held."""
    await may_leave(here)
    await may_leave(here, BEN)
    first = await here.offer()
    assert amount(first) == PRICE
    assert amount(await here.offer(BEN)) == LISTED
    assert 'chasqui_personal_prices_total{outcome="budget"} 1.0' in await here.metrics()
    assert f"chasqui_price_budget_used {OFF}.0" in await here.metrics()


@pytest.mark.parametrize("here", [10 * OFF], indirect=True)
async def test_a_screen_that_shows_what_is_gone_buys_nothing(here: Town) -> None:
    """Taken by text while the menu shows the price: that yes was to another price."""
    await may_leave(here)
    await here.offer()
    assert "$2.100" in await hop(here, "2*4")
    await here.smsc.send_mo(ANA, NUMBER, "1")
    await here.ledger(ANA, 1)
    assert "END Listo" not in await hop(here, "2*4*1")
    assert len(await here.ledger(ANA)) == 1


@pytest.mark.parametrize("here", [10 * OFF], indirect=True)
async def test_a_text_and_a_menu_at_once_buy_once(here: Town) -> None:
    """Whoever comes first; the other hears of it."""
    await may_leave(here)
    await here.offer()
    await hop(here, "2*4")
    shown, _ = await asyncio.gather(hop(here, "2*4*1"), here.smsc.send_mo(ANA, NUMBER, "1"))
    assert shown.startswith(("END ", "CON "))
    await here.texts(number=2)
    (charged,) = await here.ledger(ANA, 1)
    assert charged["amount"] == PRICE
    assert len(await here.items("orders")) == 1


async def test_a_gift_takes_the_offer_as_well(here: Town) -> None:
    """At the price that the page shows: the offer says who may buy, not for whom."""
    await may_leave(here)
    offer = await here.offer()
    assert (await here.accept(offer["id"], "gift-1", {"beneficiary": BEN}))[0] == 202
    (charged,) = await here.ledger(ANA, 1)
    assert charged["amount"] == PRICE
    assert await here.items("offers") == []


async def test_more_by_text_heads_its_list_with_the_offer_and_tells_no_other_price_of_it(here: Town) -> None:
    """What has an offer of its own gets no second one at the list's price."""
    await may_leave(here)
    await here.offer()
    await here.smsc.send_mo(ANA, NUMBER, "MAS")
    listed = (await here.texts(number=2))[1]
    assert "1 = 1 GB por 7 d" in listed
    assert "$2.100" in listed
    assert "$3.000" not in listed
    assert [amount(one) for one in await here.items("offers") if one["bundle"] == "data-1gb-7d"] == [PRICE]


@pytest.mark.parametrize("here", [10 * OFF], indirect=True)
async def test_who_can_pay_only_the_price_that_is_theirs_can_buy_on_every_channel(here: Town) -> None:
    """Offered by text, recommended to the app, shown in the menu and charged; the list's price is beyond them."""
    await here.http.put(f"{here.ocs.control_url}/subscribers/{ANA}", json={"balance": 220_000})
    await may_leave(here)
    offer = await here.offer()
    assert (offer["bundle"], amount(offer)) == ("data-1gb-7d", PRICE)
    _, body = await here.call("GET", f"subscribers/{ANA}/recommendations", role="app")
    assert {one["id"]: amount(one) for one in body["items"]}["data-1gb-7d"] == PRICE
    assert "$2.100" in await hop(here, "2*4")
    await here.smsc.send_mo(ANA, NUMBER, "1")
    (charged,) = await here.ledger(ANA, 1)
    assert charged["amount"] == PRICE
    _, body = await here.call("GET", f"subscribers/{ANA}/recommendations", role="app")
    assert "data-1gb-7d" not in [one["id"] for one in body["items"]]
