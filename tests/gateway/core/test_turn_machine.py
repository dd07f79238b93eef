"""Whatever the network does to hops, and whenever the gateway dies: at most one charge a confirmation."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from unittest import TestCase

from handset import Exchange
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select

from fakes import NUMBER, FakeClock, FakeOcs, FakeSender, House
from flows.catalogue import load_starter
from flows.contact_policy import ContactSwitches
from flows.market import load_market
from gateway.core.context import Context, Machines, Reach, ServiceNumber
from gateway.core.doors import Door
from gateway.core.ports import Refused
from gateway.core.turn import Input, Said, Transcript
from gateway.errors import SessionOver
from gateway.telemetry import Metrics
from locales.catalogues import load_catalogues
from store import tables
from store.engine import open_engine, upgrade
from store.reader import Reader
from store.writer import Writer

ANSWERS = st.sampled_from(["1", "1", "2", "2", "3", "4", "0", "00", "98", "9", "x*1"])
DOOR = Door("d", "any", idle_seconds=60, total_seconds=180, resume_seconds=60, repeat_seconds=2)
_LINE = re.compile(r"^([0-9]+) (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Sent:
    """One hop as it went out, and what it was answered with."""

    session: str
    said: Said
    shown: str


def transcript(said: list[str]) -> Said:
    """All that was said, each time."""
    return Transcript("*".join(said))


def counted(said: list[str]) -> Said:
    """What is new, with its count."""
    return Input(said[-1] if said else "", begins=not said, number=len(said))


def uncounted(said: list[str]) -> Said:
    """What is new and nothing else."""
    return Input(said[-1] if said else "", begins=not said)


def reused(said: list[str]) -> Said:
    """The same, by a network with one session id for ever."""
    return Input(said[-1] if said else "", begins=not said, reuses=True)


class Network(RuleBasedStateMachine):
    """A phone, a network that repeats, drops and is late, and a gateway that is killed.

    The person answers what they see; what the network brings once more is shown to nobody.
    """

    wire = staticmethod(transcript)

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._folder = Path(tempfile.mkdtemp(prefix="chasqui-network-"))
        self._sessions = 0
        self._confirmations = 0
        self._sent: list[Sent] = []
        self._said: list[str] = []
        self._shown = ""
        self._moved = False

    @initialize()
    def begin(self) -> None:
        """A new database, a new gateway."""
        self._runner.run(self._open())
        self.dial()

    async def _open(self) -> None:
        self._engine = open_engine("sqlite+aiosqlite:///network.db", self._folder)
        await upgrade(self._engine)
        reader, writer, clock = Reader(self._engine), Writer(self._engine), FakeClock()
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
        self._house = House(context, clock, reader, writer, FakeOcs(), FakeSender(), [])
        self._exchange = Exchange(self._house)

    @property
    def _session(self) -> str:
        return "s-1" if self.wire is reused else f"s-{self._sessions}"

    def _hop(self) -> None:
        """The person waits a little, and the network brings what they say."""
        self._house.clock.advance(seconds=4)
        said = self.wire(self._said)
        self._shown = self._runner.run(self._answered(self._session, said))
        self._sent.append(Sent(self._session, said, self._shown))
        self._moved = False

    async def _answered(self, session: str, said: Said) -> str:
        try:
            reply = await self._exchange.hear(said, session, door=DOOR)
        except SessionOver:
            return "END over"
        return f"{'END' if reply.ends else 'CON'} {reply.text}"

    @rule()
    def dial(self) -> None:
        """A new session: nobody is ever locked out."""
        self._sessions += 1
        self._said = []
        self._hop()
        assert self._shown.startswith("CON ")

    @rule(text=ANSWERS)
    def answer(self, text: str) -> None:
        """The person answers the screen that they see."""
        asked = "¿Lo compras?" in self._shown
        self._confirmations += asked and any(
            key == text and line == "Comprar" for key, line in _LINE.findall(self._shown)
        )
        self._said.append(text)
        self._hop()

    @rule(data=st.data())
    def choose(self, data: st.DataObject) -> None:
        """One of the lines that they see."""
        keys = [key for key, _ in _LINE.findall(self._shown)]
        if keys:
            self.answer(data.draw(st.sampled_from(keys)))

    @rule(times=st.integers(1, 5))
    def repeat(self, times: int) -> None:
        """The network sends the last hop again at once, also several times."""
        last = self._sent[-1]

        async def again() -> list[str]:
            return await asyncio.gather(*(self._answered(last.session, last.said) for _ in range(times)))

        answers = set(self._runner.run(again()))
        if not self._moved:
            assert answers == {last.shown}

    @rule(seconds=st.integers(0, 90), data=st.data())
    def arrives_late(self, seconds: int, data: st.DataObject) -> None:
        """Any hop of before comes once more. Where the wire can tell, it is answered as it was, and nothing moves."""
        self._house.clock.advance(seconds=seconds)
        late = data.draw(st.sampled_from(self._sent))
        answer = self._runner.run(self._answered(late.session, late.said))
        begins = isinstance(late.said, Input) and late.said.begins
        if self.wire in (transcript, counted) and not begins and late.shown != "END over":
            assert answer == late.shown
        self._moved = True

    @rule()
    def is_released(self) -> None:
        """The network ends the session; its notice is no answer."""
        self._exchange.desk.ended(DOOR.dialect, self._session)

    @rule()
    def is_killed(self) -> None:
        """All memory is lost; the store stays."""
        self._exchange = Exchange(self._house)

    @rule()
    def refuses_the_next(self) -> None:
        """The charging system will say no once."""
        self._house.ocs.purchases.append(Refused("insufficient_funds"))

    @invariant()
    def at_most_one_charge_a_confirmation(self) -> None:
        """And each order is put to the charging system once, whoever repeats what."""
        bought = [request.key for request in self._house.ocs.bought]
        assert len(bought) == len(set(bought)) <= self._confirmations
        rows = self._runner.run(self._house.reader.rows(select(tables.orders.c.key)))
        assert {row.key for row in rows} == set(bought)

    def teardown(self) -> None:
        """Close the store."""

        async def close() -> None:
            await self._house.writer.stop()
            await self._house.reader.stop()
            await self._engine.dispose()

        self._runner.run(close())
        self._runner.close()
        shutil.rmtree(self._folder, ignore_errors=True)


class Counting(Network):
    """A wire that counts its hops."""

    wire = staticmethod(counted)


class Bare(Network):
    """A wire that says what is new and nothing else."""

    wire = staticmethod(uncounted)


class Reusing(Network):
    """The same, with one session id for ever."""

    wire = staticmethod(reused)


def _tested(network: type[Network]) -> type[TestCase]:
    case: type[TestCase] = network.TestCase
    case.settings = settings(  # type: ignore[attr-defined]
        max_examples=10, stateful_step_count=30
    )
    case.__doc__ = "Every order of dialling, answering, repeating, being late, released and killed."
    return case


TestTranscripts = _tested(Network)
TestCounting = _tested(Counting)
TestBare = _tested(Bare)
TestReusing = _tested(Reusing)
