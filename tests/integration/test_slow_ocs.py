"""A charging system that hangs: pages and consents go on, triggers are told without it, and all is well again after."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from time import perf_counter

import pytest

from fakes import ANA, eventually
from running import Town, town

OCS = """timeout = 1.0
at_once = 4
background_at_once = 2
waiting = 8
[ocs.breaker]
failures = 3
pause = 1.0
longest_pause = 1.0
"""
FORM = {"phoneNumber": f"+{ANA}", "networkCode": "73201", "serviceCode": "*123#"}
"""No page that does not show money waits for it; the page that does waits no longer than for its facts."""
SOON, FACTS = 1.0, 3.0


@pytest.fixture
async def here(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway whose charging system is given one second."""
    async with town(tmp_path, migrated, charging=OCS) as it:
        yield it


async def hop(here: Town, text: str, session: str) -> tuple[str, float]:
    """One hop; the screen and how long it took."""
    began = perf_counter()
    async with here.http.post(
        f"{here.url}/ussd/africastalking", data={**FORM, "sessionId": session, "text": text}
    ) as answer:
        assert answer.status == 200
        return await answer.text(), perf_counter() - began


async def is_open(here: Town, value: int) -> bool:
    """Whether the breaker says so."""
    return f"chasqui_ocs_breaker_open {float(value)}" in await here.metrics()


async def test_a_charging_system_that_hangs_holds_up_nobody_who_does_not_need_it(here: Town) -> None:
    """First page, consent, balance; then it comes back and is asked again."""
    await hop(here, "", "before")  # Ana is known
    await here.faults(balance_delay=60)
    told = asyncio.gather(*(here.trigger(f"57300222{number:04}") for number in range(30)))
    await eventually(lambda: is_open(here, 1))
    shown, seconds = await hop(here, "", "at-1")
    assert (shown[:4], seconds < SOON) == ("CON ", True)
    for text in ("5", "5*1", "5*1*1", "5*1*1*1"):
        shown, seconds = await hop(here, text, "at-2")
        assert seconds < SOON, text
    assert "autorizacion quedo registrada" in shown
    shown, seconds = await hop(here, "1", "at-1")
    assert seconds < FACTS
    await told
    for number in range(30):
        (text,) = await here.texts(f"57300222{number:04}")
        assert "RESPONDE" not in text.upper(), "told, without an offer"
    await here.faults()

    async def shows_money() -> bool:
        shown, _ = await hop(here, "1", f"at-{perf_counter()}")
        return "10.000" in shown

    await eventually(shows_money)
    await eventually(lambda: is_open(here, 0))
