"""A session that is broken off is taken up again; a person has one in a menu; each ends with its network's patience."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from handset import DOOR, Exchange

from fakes import ANA, BEN, House, eventually
from flows.values import Msisdn
from gateway.core import turns as turns_module
from gateway.core.doors import Door
from gateway.core.turn import Input, Transcript
from gateway.errors import PurchaseUnclear, SessionOver

ASKING = replace(DOOR, resume_seconds=60)
QUESTION = "CON ¿Seguir donde estabas?\n1 Si, seguir\n2 No, empezar de nuevo"


@dataclass(slots=True)
class Line:
    """One person's line: every session under a new id of the network's."""

    exchange: Exchange
    door: Door = ASKING
    msisdn: Msisdn = ANA
    session: int = 0
    said: list[str] = field(default_factory=list)

    async def dial(self, behind: str = "") -> str:
        """A new session."""
        self.session += 1
        self.said = [behind] if behind else []
        return await self.hop()

    async def answer(self, *texts: str) -> str:
        """Answer one screen after another, some seconds each; the last one shown."""
        shown = ""
        for text in texts:
            self.exchange.house.clock.advance(seconds=5)
            self.said.append(text)
            shown = await self.hop()
        return shown

    async def hop(self, session: int = 0, said: Sequence[str] | None = None) -> str:
        """The last hop, or that of another session."""
        transcript = Transcript("*".join(self.said if said is None else said))
        name = f"{self.msisdn}-{session or self.session}"
        reply = await self.exchange.hear(transcript, name, self.msisdn, self.door)
        return f"{'END' if reply.ends else 'CON'} {reply.text}"


@pytest.fixture
def line(house: House) -> Line:
    """Ana's."""
    return Line(Exchange(house))


# ── going on ──


async def test_who_dials_again_is_asked_and_goes_on_where_they_left(line: Line) -> None:
    """With the bundle that they had chosen."""
    await line.dial()
    shown = await line.answer("2", "4")
    assert await line.dial() == QUESTION
    assert await line.answer("1") == shown
    assert (await line.answer("1")).startswith("END Listo")
    assert len(line.exchange.house.ocs.bought) == 1


@pytest.mark.parametrize("answer", ["2", "9", "", "x"])
async def test_any_other_answer_begins_anew(line: Line, answer: str) -> None:
    """Nobody is kept from the menu by a question."""
    first = await line.dial()
    await line.answer("2", "4")
    await line.dial()
    assert await line.answer(answer or " ") == first


async def test_the_question_and_its_answer_outlive_a_restart(line: Line, house: House) -> None:
    """As every turn does."""
    await line.dial()
    shown = await line.answer("2", "4")
    line.exchange = Exchange(house)
    assert await line.dial() == QUESTION
    line.exchange = Exchange(house)
    assert await line.hop() == QUESTION
    assert await line.answer("1") == shown


async def test_a_hop_that_comes_again_gets_the_question_again(line: Line) -> None:
    """And the session that was left waits."""
    await line.dial()
    await line.answer("2")
    assert {await line.dial(), await line.hop(), await line.hop()} == {QUESTION}


async def test_it_is_asked_once(line: Line) -> None:
    """Who breaks off at the question itself is not asked about the question."""
    first = await line.dial()
    await line.answer("2")
    await line.dial()
    assert await line.dial() == first


@pytest.mark.parametrize(
    ("answers", "pause", "behind"),
    [
        pytest.param((), 1, "", id="had only dialled"),
        pytest.param(("2",), 61, "", id="too long ago"),
        pytest.param(("2",), 1, "1", id="dials straight to a page"),
        pytest.param(("2", "4", "1"), 1, "", id="had come to the end"),
    ],
)
async def test_nobody_is_asked_who(line: Line, answers: Sequence[str], pause: float, behind: str) -> None:
    """Each has nothing to go on with."""
    await line.dial()
    await line.answer(*answers)
    line.exchange.house.clock.advance(seconds=pause)
    assert await line.dial(behind) != QUESTION


async def test_nobody_is_asked_where_the_door_does_not_want_it(line: Line) -> None:
    """``resume_seconds = 0``."""
    line.door = DOOR
    await line.dial()
    await line.answer("2")
    assert await line.dial() != QUESTION


async def test_another_person_has_a_session_of_their_own(line: Line) -> None:
    """At the same time and in the same menu."""
    await line.dial()
    await line.answer("2")
    other = Line(line.exchange, msisdn=BEN)
    assert await other.dial() != QUESTION
    assert "1 GB" in await line.answer("4")


# ── one at a time, and not for ever ──


async def test_a_newer_session_takes_the_place_of_the_last(line: Line) -> None:
    """What is answered in the old one is too late; its repetitions are answered as they were, also after a restart."""
    await line.dial()
    shown = await line.answer("2")
    line.exchange.house.clock.advance(seconds=5)
    await line.dial()
    for _ in range(2):
        assert await line.hop(1, ["2"]) == shown
        with pytest.raises(SessionOver):
            await line.hop(1, ["2", "4"])
        line.exchange = Exchange(line.exchange.house)


async def test_an_answer_after_the_networks_patience_is_too_late(line: Line) -> None:
    """Also after a restart; its last hop again is answered all the same."""
    await line.dial()
    shown = await line.answer("2")
    line.exchange.house.clock.advance(seconds=61)
    for _ in range(2):
        with pytest.raises(SessionOver):
            await line.hop(said=["2", "4"])
        assert await line.hop(said=["2"]) == shown
        line.exchange = Exchange(line.exchange.house)


async def test_a_session_lasts_so_long_and_no_longer(line: Line) -> None:
    """However busy it is."""
    await line.dial()
    for _ in range(35):
        await line.answer("2", "0")
        line.exchange.house.clock.advance(seconds=-5)
    line.exchange.house.clock.advance(seconds=30)
    with pytest.raises(SessionOver):
        await line.answer("2")


async def test_an_answer_in_a_session_that_nobody_knows_is_too_late(house: House) -> None:
    """Where the wire says that it is no beginning."""
    for said in (Input("1"), Input("1", number=3)):
        with pytest.raises(SessionOver):
            await Exchange(house).hear(said, "nobody's")


async def test_a_session_id_that_is_used_again_is_another_session(house: House) -> None:
    """Keys made of it stay unique: both buy, each once."""
    exchange = Exchange(house)
    for _ in range(2):
        house.clock.advance(seconds=30)
        for said in (Input("", begins=True, reuses=True), Input("2"), Input("4"), Input("1")):
            house.clock.advance(seconds=5)
            reply = await exchange.hear(said, "the-only-one")
        assert reply.text.startswith("Listo")
    assert len(house.ocs.bought) == 2


async def test_a_late_repetition_orders_nothing_where_the_wire_counts_nothing(house: House) -> None:
    """The same answer again, too late to be told from a new one, means nothing where something is bought."""
    exchange = Exchange(house)
    for said in (Input("", begins=True), Input("2"), Input("1")):
        house.clock.advance(seconds=5)
        reply = await exchange.hear(said, "s")
    assert "¿Lo compras?" in reply.text
    assert "3 Comprar" in reply.text  # 1 and 2 were answers of this session
    house.clock.advance(seconds=5)
    again = await exchange.hear(Input("1"), "s")
    assert "¿Lo compras?" in again.text
    assert not house.ocs.bought
    key = next(line.split()[0] for line in again.text.split("\n") if line.endswith("Comprar"))
    assert int(key) > 200  # now that an answer came twice, nobody knows what the person sees
    house.clock.advance(seconds=5)
    assert (await exchange.hear(Input(key), "s")).text.startswith("Listo")
    assert len(house.ocs.bought) == 1


async def test_a_session_that_was_recalled_gives_way_too(line: Line, house: House) -> None:
    """Whoever goes on after a restart, and then dials anew, has one session again."""
    await line.dial()
    await line.answer("2")
    line.exchange = Exchange(house)
    await line.answer("0")
    line.exchange.house.clock.advance(seconds=5)
    await line.dial()
    with pytest.raises(SessionOver):
        await line.hop(1, ["2", "0", "2"])


async def test_a_session_that_was_only_repeated_after_a_restart_gives_way_too(line: Line, house: House) -> None:
    """It is known again from then on."""
    await line.dial()
    await line.answer("2")
    line.exchange = Exchange(house)
    await line.hop()
    line.exchange.house.clock.advance(seconds=5)
    assert await line.dial() != await line.hop(1, ["2"])
    with pytest.raises(SessionOver):
        await line.hop(1, ["2", "4"])


async def test_nobody_is_led_back_to_what_they_are_just_buying(line: Line, house: House) -> None:
    """Who dials again while the charging system takes its time gets the menu, not the question."""
    answered = asyncio.Event()

    async def wait() -> None:
        await answered.wait()

    house.ocs.on_purchase = wait
    first = await line.dial()
    await line.answer("2", "4")
    buying = asyncio.ensure_future(line.answer("1"))
    await eventually(lambda: bool(house.ocs.bought))
    other = Line(line.exchange, session=10)
    assert await other.dial() == first
    answered.set()
    await buying


@pytest.mark.parametrize("said", ["1", " 1", "1 "])
async def test_blanks_around_an_answer_say_nothing(house: House, said: str) -> None:
    """A repetition orders nothing, however it is written."""
    exchange = Exchange(house)
    for text in ("", " 2", said):
        house.clock.advance(seconds=5)
        await exchange.hear(Input(text, begins=not text), "s")
    house.clock.advance(seconds=5)
    await exchange.hear(Input(said), "s")
    assert not house.ocs.bought


async def test_the_yes_of_an_earlier_session_under_the_same_id_buys_nothing(house: House) -> None:
    """Orders of a session whose id was used before have numbers that no screen under it had."""
    exchange, keys = Exchange(house), []
    for _ in range(2):
        house.clock.advance(seconds=30)
        for said in (Input("", begins=True, reuses=True), Input("2", reuses=True), Input("4", reuses=True)):
            house.clock.advance(seconds=5)
            reply = await exchange.hear(said, "the-only-one")
        keys.append(next(line.split()[0] for line in reply.text.split("\n") if line.endswith("Comprar")))
        if len(keys) == 1:
            house.clock.advance(seconds=5)
            await exchange.hear(Input(keys[0], reuses=True), "the-only-one")
    house.clock.advance(seconds=5)
    await exchange.hear(Input(keys[0], reuses=True), "the-only-one")
    assert len(house.ocs.bought) == 1


async def test_a_session_of_one_network_is_none_of_another(house: House) -> None:
    """Where ids are counters, another door's peer could guess them."""
    exchange = Exchange(house)
    await exchange.hear(Input("", begins=True), "7")
    with pytest.raises(SessionOver):
        await exchange.hear(Input("1"), "7", door=replace(DOOR, name="other"))


async def test_who_dials_again_right_after_the_end_begins_anew(house: House) -> None:
    """Under an id that is used again, within moments too."""
    exchange = Exchange(house)
    begins = Input("", begins=True, reuses=True)
    first = await exchange.hear(begins, "s")
    for text in ("2", "4", "1"):
        house.clock.advance(seconds=5)
        reply = await exchange.hear(Input(text, reuses=True), "s")
    assert not reply.ends or reply.text != first.text
    key = next((line.split()[0] for line in reply.text.split("\n") if line.endswith("Comprar")), "")
    if key:
        house.clock.advance(seconds=5)
        reply = await exchange.hear(Input(key, reuses=True), "s")
    assert reply.ends
    assert (await exchange.hear(begins, "s")).text == first.text
    house.clock.advance(seconds=1)
    assert not (await exchange.hear(Input("2", reuses=True), "s")).ends


async def test_an_order_that_may_be_durable_is_never_answered_with_try_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who obeyed would pay twice."""
    monkeypatch.setattr(turns_module, "LONGEST_TURN", 0.4)
    exchange = Exchange(house)
    line = Line(exchange)
    await line.dial()
    await line.answer("2", "4")
    commit, stuck = exchange.committer.commit, asyncio.Event()

    async def slow(*args: Any, **kwargs: Any) -> bool:
        await stuck.wait()
        return await commit(*args, **kwargs)

    monkeypatch.setattr(exchange.committer, "commit", slow)
    with pytest.raises(PurchaseUnclear):
        await line.answer("1")
