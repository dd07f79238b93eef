"""USSD over SMPP through the whole gateway: phones of the SMSC simulator dial, answer, buy and hang up."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from fakes import ANA, BEN, FakeClock, eventually
from running import PATIENCE, Town, configuration, running, simulators, town

DOOR = '[[doors]]\nname = "claro"\ndialect = "smpp"\nbind = "smsc-a"\n'


@pytest.fixture
async def here(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway whose only bind carries texts and USSD."""
    async with town(tmp_path, migrated, more=DOOR) as it:
        await it.bound()
        yield it


async def faults(here: Town, **wanted: Any) -> None:
    """Let the network misbehave so from now on."""
    async with here.http.put(f"http://127.0.0.1:{here.smsc.control_port}/faults", json=wanted) as answer:
        assert answer.status == 200


async def dropped(here: Town) -> None:
    """Cut the link, and wait until the gateway is back."""
    before = here.smsc._server.esmes
    here.smsc._server.drop()

    async def back() -> bool:
        return bool(here.smsc._server.esmes) and here.smsc._server.esmes != before

    await eventually(back, PATIENCE)


async def said(here: Town, **what: Any) -> dict[str, Any]:
    """What a phone dials or answers; how it was taken, and the screen. seconds: to wait for it."""
    url = f"http://127.0.0.1:{here.smsc.control_port}/ussd?timeout={what.pop('seconds', 10)}"
    async with here.http.post(url, json={"from": f"+{ANA}", **what}) as answer:
        document: dict[str, Any] = await answer.json(content_type=None)
        assert answer.status == 202, document
        return document


async def test_a_bundle_is_dialled_charged_once_and_confirmed(here: Town) -> None:
    """Over the bind that carries the confirmation too."""
    begun = await said(here, service="*123#")
    assert begun["status"] == "ESME_ROK"
    assert (begun["screen"]["op"], begun["screen"]["ends"], begun["screen"]["data_coding"]) == (2, False, 0x0F)
    session = begun["session"]
    for text in ("2", "4"):
        shown = await said(here, session=session, text=text)
        assert not shown["screen"]["ends"]
    last = (await said(here, session=session, text="1"))["screen"]
    assert (last["op"], last["ends"]) == (17, True)
    assert "1 GB" in last["text"]
    assert "1 GB" in (await here.texts())[0]
    assert len(await here.ledger(ANA)) == 1


async def test_the_same_deliver_sm_a_hundred_times_is_one_turn_and_one_answer(here: Town) -> None:
    """Also the one that buys."""
    session = (await said(here, service="*123#"))["session"]
    await said(here, session=session, text="2")
    await said(here, session=session, text="4")
    before = len(here.smsc.ussd.screens)
    bought = await said(here, session=session, text="1", repeat=100)
    assert set(bought["statuses"]) == {"ESME_ROK"}
    assert len({screen["text"] for screen in here.smsc.ussd.screens[before:]}) == 1
    await here.texts()
    assert len(await here.ledger(ANA)) == 1


async def test_what_is_dialled_behind_the_code_leads_straight_to_a_page(here: Town) -> None:
    """``*123*4#``."""
    screen = (await said(here, service="*123#", text="4"))["screen"]
    assert screen["text"].startswith("Mi linea")


async def test_two_phones_with_the_same_session_number_are_two_people(here: Town) -> None:
    """Numbers of sessions are counted by phone."""
    first = await said(here, service="*123#")
    here.smsc.ussd._last = first["session"] - 1
    second = await said(here, service="*123#", **{"from": BEN})
    assert first["session"] == second["session"]
    assert (await said(here, session=first["session"], text="4"))["screen"]["text"].startswith("Mi linea")
    assert not (await said(here, session=first["session"], text="2", **{"from": BEN}))["screen"]["ends"]


async def test_a_code_that_leads_nowhere_is_said_to_and_ends(here: Town) -> None:
    """In the market's language."""
    screen = (await said(here, service="*999#"))["screen"]
    assert (screen["op"], screen["ends"]) == (17, True)


async def test_a_phone_that_hangs_up_is_taken_note_of(here: Town) -> None:
    """By the end bit."""
    session = (await said(here, service="*123#"))["session"]
    assert (await said(here, session=session, release=True))["status"] == "ESME_ROK"
    assert 'outcome="ended_incomplete"' in await here.metrics()


async def test_a_throttled_screen_is_shown_a_moment_later(here: Town) -> None:
    """Within the hop's time."""
    await faults(here, throttle=2)
    assert (await said(here, service="*123#"))["screen"] is not None


async def test_a_link_that_goes_takes_no_session_with_it(here: Town) -> None:
    """The next answer goes on where the session stood."""
    session = (await said(here, service="*123#"))["session"]
    await said(here, session=session, text="2")
    await dropped(here)
    assert not (await said(here, session=session, text="4"))["screen"]["ends"]


async def test_a_purchase_whose_screen_is_lost_with_the_link_is_charged_once_and_confirmed(here: Town) -> None:
    """The turn was durable; the network may deliver the answer again."""
    session = (await said(here, service="*123#"))["session"]
    for text in ("2", "4"):
        await said(here, session=session, text=text)
    await faults(here, no_response=1000)
    assert (await said(here, session=session, text="1", seconds=0))["status"] == "ESME_ROK"
    assert len(await here.ledger(ANA, 1)) == 1
    await faults(here)
    await dropped(here)
    assert (await said(here, session=session, text="1"))["screen"]["ends"]
    await here.texts()
    assert len(await here.ledger(ANA)) == 1


async def test_after_a_restart_of_the_gateway_the_next_answer_goes_on(tmp_path: Path, migrated: Path) -> None:
    """Nothing names a session but its number and its id."""
    shutil.copy(migrated, tmp_path / "chasqui.db")
    async with simulators() as (smsc, ocs), aiohttp.ClientSession() as http:
        file, clock = tmp_path / "chasqui.toml", FakeClock()
        file.write_text(configuration(smsc=smsc.port, ocs=ocs.url, more=DOOR))
        async with running(file, clock) as gateway:
            here = Town(gateway, smsc, ocs, http, clock)
            await here.bound()
            session = (await said(here, service="*123#"))["session"]
            for text in ("2", "4"):
                await said(here, session=session, text=text)
        async with running(file, clock) as gateway:
            here = Town(gateway, smsc, ocs, http, clock)
            await here.bound()
            assert (await said(here, session=session, text="1"))["screen"]["ends"]
            await here.texts()
            assert len(await here.ledger(ANA)) == 1


TWO_BINDS = """
[[smpp]]
name = "ussd-a"
host = "127.0.0.1"
port = {port}
system_id = "menu"
tps = 1000
reconnect_max = 0.05
[[doors]]
name = "claro"
dialect = "smpp"
bind = "ussd-a"
"""


async def test_a_bind_of_its_own_carries_ussd_beside_the_one_for_texts(tmp_path: Path, migrated: Path) -> None:
    """Both are told by health and status page; the confirmation goes by the other."""
    shutil.copy(migrated, tmp_path / "chasqui.db")
    async with AsyncExitStack() as stack:
        smsc, ocs = await stack.enter_async_context(simulators())
        http = await stack.enter_async_context(aiohttp.ClientSession())
        file, clock = tmp_path / "chasqui.toml", FakeClock()
        file.write_text(configuration(smsc=smsc.port, ocs=ocs.url, more=TWO_BINDS.format(port=smsc.port)))
        gateway = await stack.enter_async_context(running(file, clock))
        here = Town(gateway, smsc, ocs, http, clock)
        await here.bound()
        assert {bind["system_id"] for bind in here.smsc.binds()} == {"", "menu"}
        page = (await here.read(here.url))[1]
        assert "SMPP bind smsc-a" in page
        assert "SMPP bind ussd-a" in page
        session = (await said(here, service="*123#", bind="menu"))["session"]
        for text in ("2", "4"):
            await said(here, session=session, text=text)
        last = (await said(here, session=session, text="1"))["screen"]
        assert (last["bind"], last["ends"]) == ("menu", True)
        await here.texts()
        assert here.smsc.messages[0]["bind"] == ""
