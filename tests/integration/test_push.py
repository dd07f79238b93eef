"""A trigger, a screen on a phone that has dialled nothing, and a purchase: over RestComm's wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from restcomm_gateway import ABORTED, ABSENT, BUSY, TIMED_OUT, RestcommGateway, answered, restcomm

from fakes import ANA, NUMBER, eventually
from running import Town, town

WAIT = 0.8
"""Seconds until the text behind a screen goes."""


@asynccontextmanager
async def place(
    folder: Path, migrated: Path, wait: float = 30, market: str = "mx", channels: str = '["ussd", "sms"]'
) -> AsyncIterator[tuple[Town, RestcommGateway]]:
    """A town with a RestComm gateway that takes pushes. Mexico: a week's offers may come on any channel."""
    async with restcomm() as network:
        more = f"""
[[doors]]
name = "operator"
dialect = "restcomm"
service = "*123#"
push_url = "{network.url}"
"""
        policy = f'channels = {channels}\npush_hours = ""\npush_wait = {wait}\n'
        async with town(folder, migrated, more=more, policy=policy, market=market) as here:
            yield here, network


async def metric(here: Town, outcome: str) -> bool:
    """Whether one push came to this end."""
    return f'chasqui_pushes_total{{door="operator",outcome="{outcome}"}} 1.0' in await here.metrics()


async def withdrawn(here: Town) -> bool:
    """Whether the text behind a screen stays."""
    sent = [one for one in await here.items("messages") if one["direction"] == "out"]
    return ("suppressed", "told_by_push") in [(one["state"], one["reason"]) for one in sent]


async def test_a_pushed_offer_is_accepted_in_one_step_and_charged_once(tmp_path: Path, migrated: Path) -> None:
    """On the screen; the text behind it stays, and the confirmation comes as always."""
    async with place(tmp_path, migrated) as (here, network):
        assert await here.trigger() == 202
        first, last = await network.shown(2)
        assert first.startswith("Tu paquete de datos se acaba")
        assert first.endswith("1 Comprar\n2 No, gracias")
        assert last.startswith("Listo: ")
        assert network.to == [ANA]
        (entry,) = await here.ledger(ANA, 1)
        (confirmation,) = await here.texts()
        assert confirmation.startswith("Listo: ")
        (order,) = await here.items("orders")
        assert (order["state"], order["channel"], order["price"]["amount"]) == ("confirmed", "ussd", entry["amount"])
        await eventually(lambda: not network.open)
        assert network.wrong == []
        await eventually(partial(withdrawn, here))
        await eventually(partial(metric, here, "shown"))


async def test_a_declined_offer_is_not_made_again_by_text(tmp_path: Path, migrated: Path) -> None:
    """A no is an answer."""
    async with place(tmp_path, migrated) as (here, network):
        network.script.append(answered("2"))
        await here.trigger()
        assert (await network.shown(2))[1] == "Esta bien, no la activamos."
        await eventually(lambda: not network.open)
        assert await here.items("offers") == []
        await eventually(partial(withdrawn, here))
        assert await here.ledger(ANA) == []


async def test_whoever_looks_around_from_a_pushed_screen_was_told_and_may_still_accept(
    tmp_path: Path, migrated: Path
) -> None:
    """An answer that means nothing shows the screen again, and is an answer."""
    async with place(tmp_path, migrated) as (here, network):
        network.script.extend([answered("9"), answered("1")])
        await here.trigger()
        screens = await network.shown(3)
        assert screens[1].startswith("No entendi.\nTu paquete")
        assert screens[2].startswith("Listo: ")
        assert len(await here.ledger(ANA, 1)) == 1
        await eventually(partial(withdrawn, here))


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [(ABSENT, "absent"), (BUSY, "busy"), (TIMED_OUT, "no_answer"), (ABORTED, "no_answer"), (404, "away")],
)
async def test_where_nobody_saw_or_answered_the_text_goes_at_once(
    tmp_path: Path, migrated: Path, answer: str | int, outcome: str
) -> None:
    """With the offer, which a reply accepts."""
    async with place(tmp_path, migrated) as (here, network):
        network.script.append(answer)
        await here.trigger()
        (text,) = await here.texts()
        assert "responde 1" in text
        (offer,) = await here.items("offers")
        assert (offer["channel"], offer["channel_reason"]) == ("ussd", "preferred")
        await eventually(partial(metric, here, outcome))
        await here.smsc.send_mo(ANA, NUMBER, "1")
        assert (await here.texts(number=2))[1].startswith("Listo: ")
        assert len(await here.ledger(ANA, 1)) == 1
        assert len(network.screens) == 1


async def test_a_gateway_that_is_away_costs_nobody_their_alert(tmp_path: Path, migrated: Path) -> None:
    """Nothing was sent, so the text need not wait."""
    async with place(tmp_path, migrated) as (here, network):
        await network.close()
        await here.trigger()
        assert "responde 1" in (await here.texts())[0]
        await eventually(partial(metric, here, "away"))


@pytest.mark.parametrize("answer", [500, "<html>", answered("1").replace("dialog", "dialogue")])
async def test_where_nobody_can_say_the_text_goes_at_its_time(
    tmp_path: Path, migrated: Path, answer: str | int
) -> None:
    """The phone may have shown it; nobody answered it."""
    async with place(tmp_path, migrated, wait=WAIT) as (here, network):
        network.script.append(answer)
        await here.trigger()
        assert "responde 1" in (await here.texts())[0]
        await eventually(partial(metric, here, "unknown"))
        assert network.wrong == []


async def test_the_screen_and_the_text_accepted_at_once_make_one_charge(tmp_path: Path, migrated: Path) -> None:
    """Who is slow gets the text, too; whichever yes comes first counts, and the other is told so."""
    async with place(tmp_path, migrated, wait=WAIT) as (here, network):
        network.hold.clear()
        await here.trigger()
        await network.shown(1)
        assert "responde 1" in (await here.texts())[0]
        network.hold.set()
        await asyncio.gather(*(here.smsc.send_mo(ANA, NUMBER, "1") for _ in range(3)))
        assert len(await here.ledger(ANA, 1)) == 1
        await network.shown(2)
        await eventually(lambda: not network.open)
        (order,) = await here.items("orders")
        assert order["state"] == "confirmed"
        assert len(await here.ledger(ANA)) == 1


async def test_a_late_answer_on_the_screen_counts_after_the_text_went(tmp_path: Path, migrated: Path) -> None:
    """Once; the reply to the text is told what became of it."""
    async with place(tmp_path, migrated, wait=WAIT) as (here, network):
        network.hold.clear()
        await here.trigger()
        await here.texts()
        network.hold.set()
        assert (await network.shown(2))[1].startswith("Listo: ")
        await here.ledger(ANA, 1)
        await here.texts(number=2)
        await here.smsc.send_mo(ANA, NUMBER, "1")
        assert (await here.texts(number=3))[2].startswith("Ya compraste")
        assert len(await here.ledger(ANA)) == 1


async def test_an_alert_without_an_offer_is_shown_and_confirmed(tmp_path: Path, migrated: Path) -> None:
    """To somebody who wants no offers: nothing to answer, and no text."""
    async with place(tmp_path, migrated) as (here, network):
        await here.call("PUT", f"subscribers/{ANA}/preferences", {"marketing": False})
        await here.trigger()
        (screen,) = await network.shown(1)
        assert screen.startswith("Tu paquete de datos se acaba")
        await eventually(lambda: not network.open)
        await eventually(partial(withdrawn, here))
        assert network.wrong == []


async def test_one_channel_a_week_is_kept_by_the_text_behind_a_screen(tmp_path: Path, migrated: Path) -> None:
    """Colombia: a screen that was there and not answered was the week's offer, so the text is the alert alone."""
    async with place(tmp_path, migrated, market="co") as (here, network):
        network.script.append(TIMED_OUT)
        await here.trigger()
        assert "responde 1" not in (await here.texts())[0]


async def test_a_screen_that_nobody_saw_was_no_contact(tmp_path: Path, migrated: Path) -> None:
    """Colombia again: the text makes the offer then."""
    async with place(tmp_path, migrated, market="co") as (here, network):
        network.script.append(ABSENT)
        await here.trigger()
        assert "responde 1" in (await here.texts())[0]


async def test_operators_who_want_texts_get_texts(tmp_path: Path, migrated: Path) -> None:
    """A door that could push is not enough."""
    async with place(tmp_path, migrated, channels='["sms"]') as (here, network):
        await here.trigger()
        assert "responde 1" in (await here.texts())[0]
        (offer,) = await here.items("offers")
        assert (offer["channel"], offer["channel_reason"]) == ("sms", "")
        assert network.screens == []
