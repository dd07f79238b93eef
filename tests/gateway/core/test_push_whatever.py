"""Whatever becomes of a screen and of the process: told once at least, pushed once at most, charged once at most."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pushing import FakePusher, Process, in_mexico

from fakes import NUMBER, FakeClock, FakeOcs, FakeSender, House, eventually
from flows.catalogue import load_starter
from flows.contact_policy import ContactSwitches
from flows.market import load_market
from gateway.core.context import Context, Machines, Reach, ServiceNumber
from gateway.core.ports import PushFailed, PushOutcome, PushRequest, PushUnknown, Shown
from gateway.telemetry import Metrics
from locales.catalogues import load_catalogues
from store.engine import open_engine
from store.reader import Reader
from store.writer import Writer

FATES = ("1", "2", "9", "9 1", "seen", "absent", "busy", "no_answer", "refused", "away", "unknown", "raises", "hangs")
CRASHES = ("none", "at once", "meanwhile", "afterwards")
LATE = ("screen 1", "text 1", "text si", "screen 2", "text no")


@dataclass(frozen=True)
class Story:
    """What becomes of the screen, when the process is killed, and what the person says late, all at once."""

    fate: str
    crash: str
    late: Sequence[str]
    soon: bool


STORIES = st.builds(
    Story,
    fate=st.sampled_from(FATES),
    crash=st.sampled_from(CRASHES),
    late=st.lists(st.sampled_from(LATE), max_size=4),
    soon=st.booleans(),
)


async def meet(process: Process, fate: str, request: PushRequest) -> PushOutcome:
    """What becomes of one screen."""
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
    """From the trigger to the end of the second process."""
    wire = FakePusher()
    first = Process(house, wire)
    wire.on_push = lambda request: meet(first, story.fate, request)
    if story.crash == "at once":
        house.sender.up.clear()
    await first.start(screens=story.crash != "at once")
    await first.trigger()
    if story.crash == "meanwhile":
        await wire.reached.wait()
    elif story.crash == "afterwards" and story.fate != "hangs":
        await eventually(lambda: first.screens.backlog == 0)
    if story.crash == "none":
        await asyncio.wait_for(wire.reached.wait(), 5)
        if story.fate != "hangs":
            await eventually(lambda: first.screens.backlog == 0)
        await first.stop()
    else:
        await first.kill()
    house.sender.up.set()
    house.clock.advance(seconds=5 if story.soon else 120)
    again = FakePusher()
    second = Process(house, again)
    again.on_push = lambda request: meet(second, story.fate, request)
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


async def say(process: Process, wire: FakePusher, what: str) -> None:
    """One of the late answers, on the screen if there was one."""
    way, _, text = what.partition(" ")
    if way == "text":
        await process.texted(text)
    elif wire.asked:
        await process.answer(text, 1, wire.asked[0])


def check(house: House, story: Story, screens: Sequence[PushRequest]) -> None:
    """The promises."""
    alerts = [one for one in house.sender.sent if "se acaba" in one.text]
    offers = [one for one in alerts if "responde 1" in one.text]
    seen = bool(screens) and (story.fate == "seen" or story.fate[0].isdigit())
    answered = bool(screens) and any(one.startswith("screen") for one in story.late)
    assert alerts or seen or answered, "somebody was not told"
    assert len(screens) <= 1, "a screen was shown again"
    assert len(offers) <= 1, "an offer was texted again"
    assert len({request.key for request in house.ocs.bought}) <= 1, "two charges"
    if story.fate == "1" and story.crash in ("none", "afterwards"):
        assert house.ocs.bought, "a yes was lost"
    assert len(house.ocs.bought) == len({request.key for request in house.ocs.bought}), "one order was charged twice"


async def live(folder: Path, story: Story) -> None:
    """A house of its own for one story."""
    engine = open_engine("sqlite+aiosqlite:///chasqui.db", folder)
    reader, writer, clock = Reader(engine), Writer(engine), FakeClock()
    await reader.start()
    writer.start()
    context = Context(
        market=load_market("co"),
        catalogue=load_starter("co"),
        catalogues=load_catalogues(),
        switches=ContactSwitches(),
        reach=Reach(),
        service_number=ServiceNumber(NUMBER, two_way=True),
        machines=Machines(),
        reader=reader,
        writer=writer,
        clock=clock,
        metrics=Metrics(),
    )
    try:
        await tell(in_mexico(House(context, clock, reader, writer, FakeOcs(), FakeSender(), [])), story)
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
