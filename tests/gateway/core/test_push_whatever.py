"""Whatever becomes of a screen and of the process: told once at least, pushed once at most, charged once at most."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pushing import WAIT, FakePusher, Process, in_mexico

from fakes import ANA, PATIENCE, FakeClock, House, colombia, eventually
from flows.values import Msisdn
from gateway.core.ports import PushFailed, PushOutcome, PushRequest, PushUnknown, Shown
from locales.catalogues import load_catalogues
from store.engine import open_engine
from store.reader import Reader
from store.writer import Writer

FATES = ("1", "2", "9", "9 1", "seen", "absent", "busy", "no_answer", "refused", "away", "unknown", "raises", "hangs")
CRASHES = ("none", "at once", "meanwhile", "afterwards")
LATE = ("screen 1", "text 1", "text si", "screen 2", "text no")


PEOPLE = (ANA, Msisdn("573001112244"), Msisdn("573001112255"))
SHORTLY = timedelta(milliseconds=30)


@dataclass(frozen=True)
class Story:
    """What becomes of the screens, when the process is killed, and what the first person says late, all at once.

    people: how many; unbound: no text can go until those behind the screens are due, and only then the screens end.
    """

    fate: str
    crash: str
    late: Sequence[str]
    soon: bool
    people: int
    unbound: bool


STORIES = st.builds(
    Story,
    fate=st.sampled_from(FATES),
    crash=st.sampled_from(CRASHES),
    late=st.lists(st.sampled_from(LATE), max_size=4),
    soon=st.booleans(),
    people=st.integers(1, len(PEOPLE)),
    unbound=st.booleans(),
)


async def meet(process: Process, story: Story, request: PushRequest, *, unbound: bool = False) -> PushOutcome:
    """What becomes of one screen."""
    if unbound:
        await eventually(lambda: process.texts._waiting.due == story.people)
    fate = story.fate
    if fate == "raises":
        raise RuntimeError("nobody expected this")
    if fate == "hangs":
        await asyncio.Event().wait()
    if fate == "unknown":
        return PushUnknown("lost")
    if fate == "seen" or fate[0].isdigit():
        for number, text in enumerate(fate.split() if fate[0].isdigit() else (), 1):
            await process.answer(text, number, request)
        return Shown()
    return PushFailed(fate)  # type: ignore[arg-type]


async def tell(house: House, story: Story) -> None:
    """From the trigger to the end of the last process."""
    wire = FakePusher()
    first = Process(house, wire, SHORTLY if story.unbound else WAIT)
    wire.on_push = lambda request: meet(first, story, request, unbound=story.unbound)
    if story.crash == "at once" or story.unbound:
        house.sender.up.clear()
    await first.start(screens=story.crash != "at once")
    for one in PEOPLE[: story.people]:
        await first.trigger(one)
    await live_until_crash(house, story, first)
    house.sender.come_up()
    house.clock.advance(seconds=5 if story.soon else 120)
    again = FakePusher()
    second = Process(house, again)
    again.on_push = lambda request: meet(second, story, request)
    await second.start()
    said = [say(second, wire if wire.asked else again, one) for one in story.late]
    await asyncio.gather(*said, return_exceptions=True)
    await eventually(lambda: second.orders.backlog == 0)
    await second.stop()
    house.clock.advance(seconds=120)
    last = await Process(house, FakePusher()).start()
    await eventually(lambda: last.texts.backlog == 0 and last.orders.backlog == 0 and last.screens.backlog == 0)
    await last.stop()
    check(house, story, [*wire.asked, *again.asked])


async def live_until_crash(house: House, story: Story, first: Process) -> None:
    """What the first process comes to, and how it ends."""
    if story.crash in ("meanwhile", "none"):
        await asyncio.wait_for(first.wire.reached.wait(), PATIENCE)
    if story.crash in ("afterwards", "none") and story.fate != "hangs":
        await eventually(lambda: first.screens.backlog == 0)
    if story.crash != "none":
        await first.kill()
        return
    house.sender.come_up()
    await eventually(lambda: first.texts._waiting.due == 0)
    assert first.texts.running
    await first.stop()


async def say(process: Process, wire: FakePusher, what: str) -> None:
    """One of the late answers, on the screen if there was one."""
    way, _, text = what.partition(" ")
    if way == "text":
        await process.texted(text)
    elif wire.asked:
        await process.answer(text, 1, wire.asked[0])


def check(house: House, story: Story, screens: Sequence[PushRequest]) -> None:
    """The promises, to each of the people."""
    for one in PEOPLE[: story.people]:
        shown = [screen for screen in screens if screen.msisdn == one]
        alerts = [text for text in house.sender.sent if "se acaba" in text.text and text.destination == one]
        bought = [request.key for request in house.ocs.bought if request.payer == one]
        seen = bool(shown) and (story.fate == "seen" or story.fate[0].isdigit())
        answered = shown == screens[:1] and any(late.startswith("screen") for late in story.late)
        assert alerts or seen or answered or bought, "somebody was not told"  # who has bought more need not be
        assert len(shown) <= 1, "a screen was shown again"
        assert sum("responde 1" in text.text for text in alerts) <= 1, "an offer was texted again"
        assert len(bought) <= 1, "two charges"
        if story.fate == "1" and story.crash in ("none", "afterwards"):
            assert bought, "a yes was lost"


async def live(folder: Path, story: Story) -> None:
    """A house of its own for one story."""
    engine = open_engine("sqlite+aiosqlite:///chasqui.db", folder)
    reader, writer, clock = Reader(engine), Writer(engine), FakeClock()
    await reader.start()
    writer.start()
    try:
        await tell(in_mexico(colombia(reader, writer, clock, load_catalogues())), story)
    finally:
        await writer.stop()
        await reader.stop()
        await engine.dispose()


@pytest.fixture(scope="module")
def place(migrated: Path) -> Path:
    """A database that every migration ran on."""
    return migrated


@given(story=STORIES)
@settings(max_examples=100)
def test_whatever_happens_everybody_is_told_and_nobody_pays_twice(place: Path, story: Story) -> None:
    """Killed before the claim, while the screen is there, after it; answered late, on both ways at once."""
    folder = Path(tempfile.mkdtemp(prefix="chasqui-push-"))
    try:
        shutil.copy(place, folder / "chasqui.db")
        asyncio.run(live(folder, story))
    finally:
        shutil.rmtree(folder)
