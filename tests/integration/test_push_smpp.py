"""A trigger, a screen on a phone that has dialled nothing, and a purchase: over SMPP, on the bind for texts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fakes import ANA, eventually
from running import PATIENCE, Town, town

DOOR = '[[doors]]\nname = "operator"\ndialect = "smpp"\nbind = "smsc-a"\n'
ABSENT = 0xFE  # ESME_RDELIVERYFAILURE


@asynccontextmanager
async def place(folder: Path, migrated: Path, wait: float = 30) -> AsyncIterator[Town]:
    """A town whose network takes pushes over SMPP."""
    policy = f'channels = ["ussd", "sms"]\npush_hours = ""\npush_wait = {wait}\n'
    async with town(folder, migrated, more=DOOR, policy=policy, market="mx") as here:
        await here.bound()
        yield here


async def screen(here: Town, number: int) -> dict[str, Any]:
    """The screen of this number, once it is there."""
    phones = here.smsc.ussd
    async with asyncio.timeout(PATIENCE), phones.news:
        await phones.news.wait_for(lambda: len(phones.screens) >= number)
    return phones.screens[number - 1]


async def test_a_pushed_offer_is_accepted_in_one_step_and_charged_once(tmp_path: Path, migrated: Path) -> None:
    """On the screen, even if the answer comes a hundred times; only the confirmation is a text."""
    async with place(tmp_path, migrated) as here:
        assert await here.trigger() == 202
        first = await screen(here, 1)
        assert (first["to"], first["op"], first["pushed"], first["ends"]) == (ANA, 2, True, False)
        assert first["text"].endswith("1 Comprar\n2 No, gracias")
        await here.smsc.ussd.answer(ANA, first["session"], "1", repeat=100)
        last = await screen(here, 2)
        assert last["text"].startswith("Listo: ")
        assert last["ends"]
        assert len(await here.ledger(ANA, 1)) == 1
        (confirmation,) = await here.texts()
        assert confirmation.startswith("Listo: ")
        (order,) = await here.items("orders")
        assert (order["state"], order["channel"]) == ("confirmed", "ussd")


async def test_a_phone_that_is_away_gets_the_text_at_once(tmp_path: Path, migrated: Path) -> None:
    """The network says so in its answer."""
    async with place(tmp_path, migrated) as here:
        url = f"http://127.0.0.1:{here.smsc.control_port}/faults"
        async with here.http.put(url, json={"push_status": ABSENT}) as answer:
            assert answer.status == 200
        await here.trigger()
        assert "responde 1" in (await here.texts())[0]
        assert here.smsc.ussd.screens == []


async def test_a_link_that_goes_while_the_screen_is_up_leaves_the_text_to_its_time(
    tmp_path: Path, migrated: Path
) -> None:
    """A screen accepted after that and the text make one charge."""
    async with place(tmp_path, migrated, wait=0.5) as here:
        await here.trigger()
        first = await screen(here, 1)
        before = here.smsc._server.esmes
        here.smsc._server.drop()
        await eventually(lambda: bool(here.smsc._server.esmes) and here.smsc._server.esmes != before, PATIENCE)
        assert "responde 1" in (await here.texts())[0]
        await here.smsc.ussd.answer(ANA, first["session"], "1")
        assert (await screen(here, 2))["text"].startswith("Listo: ")
        assert len(await here.ledger(ANA, 1)) == 1
