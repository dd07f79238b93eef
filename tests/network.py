"""A phone, a network that repeats, drops and is late, and a gateway that is killed: for stateful tests of any wire."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from abc import abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from unittest import TestCase

from handset import Exchange
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select

from fakes import FakeClock, colombia
from gateway.core.ports import Refused
from locales.catalogues import load_catalogues
from store import tables
from store.engine import open_engine, upgrade
from store.reader import Reader
from store.writer import Writer

OVER = "END La sesion ha terminado. Marca de nuevo."
_ANSWERS = st.sampled_from(["1", "1", "2", "2", "3", "4", "0", "00", "98", "9", "x*1"])
_ASKED = (("¿Lo compras?", "Comprar"), ("Comprar?", "Comprar"), ("Buy it?", "Buy"))
"""How the page before a purchase asks, and its yes, in each language."""
_LINE = re.compile(r"^([0-9]+) (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Sent:
    """One hop as it went out, and what it was answered with: ``CON`` or ``END`` and the screen.

    ended: its session was over before.
    """

    request: Hashable
    begins: bool
    shown: str
    ended: bool


class Network(RuleBasedStateMachine):
    """The person answers what they see; what the network brings once more is shown to nobody.

    knows_late: whether the wire tells a late hop from a new one.
    """

    knows_late = False

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.sessions = 0
        self.said: list[str] = []
        self._folder = Path(tempfile.mkdtemp(prefix="chasqui-network-"))
        self._confirmations = 0
        self._sent: list[Sent] = []
        self._shown = ""
        self._moved = False

    @abstractmethod
    def request(self) -> Hashable:
        """The hop that says what the person said last; nothing, where they have just dialled."""

    @abstractmethod
    async def deliver(self, request: Hashable) -> str:
        """Bring this hop to the gateway, which never fails to answer."""

    @abstractmethod
    def release(self) -> None:
        """Bring the notice that the session has ended."""

    def started(self) -> None:
        """The gateway has just started on what is in the store."""

    @initialize()
    def begin(self) -> None:
        """A new database, a new gateway."""
        self.runner.run(self._open())
        self.dial()

    async def _open(self) -> None:
        self._engine = open_engine("sqlite+aiosqlite:///network.db", self._folder)
        await upgrade(self._engine)
        reader, writer, clock = Reader(self._engine), Writer(self._engine), FakeClock()
        await reader.start()
        writer.start()
        self.house = colombia(reader, writer, clock, load_catalogues())
        self.exchange = Exchange(self.house)
        self.started()

    def _hop(self) -> None:
        """The person waits a little, and the network brings what they say."""
        self.house.clock.advance(seconds=4)
        request, ended = self.request(), bool(self.said) and self._shown.startswith("END")
        self._shown = self.runner.run(self.deliver(request))
        self._sent.append(Sent(request, not self.said, self._shown, ended))
        self._moved = False

    @rule()
    def dial(self) -> None:
        """A new session: nobody is ever locked out."""
        self.sessions += 1
        self.said = []
        self._hop()
        assert self._shown.startswith("CON ")

    @rule(text=_ANSWERS)
    def answer(self, text: str) -> None:
        """The person answers the screen that they see."""
        if any(asks in self._shown and (text, yes) in _LINE.findall(self._shown) for asks, yes in _ASKED):
            self._confirmations += 1
        self.said.append(text)
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
            return await asyncio.gather(*(self.deliver(last.request) for _ in range(times)))

        answers = set(self.runner.run(again()))
        if not self._moved and not _over(last):  # what came too late was not answered, and may come again
            assert answers == {last.shown}

    @rule(seconds=st.integers(0, 90), data=st.data())
    def arrives_late(self, seconds: int, data: st.DataObject) -> None:
        """Any hop of before comes once more. Where the wire can tell, it is answered as it was, and nothing moves."""
        self.house.clock.advance(seconds=seconds)
        late = data.draw(st.sampled_from(self._sent))
        answer = self.runner.run(self.deliver(late.request))
        if self.knows_late and not late.begins and not _over(late):
            assert answer == late.shown
        self._moved = True

    @rule()
    def is_released(self) -> None:
        """The network ends the session; its notice is no answer."""
        self.release()

    @rule()
    def is_killed(self) -> None:
        """All memory is lost; the store stays."""
        self.exchange = Exchange(self.house)
        self.started()

    @rule()
    def refuses_the_next(self) -> None:
        """The charging system will say no once."""
        self.house.ocs.purchases.append(Refused("insufficient_funds"))

    @invariant()
    def at_most_one_charge_a_confirmation(self) -> None:
        """And each order is put to the charging system once, whoever repeats what."""
        bought = [request.key for request in self.house.ocs.bought]
        assert len(bought) == len(set(bought)) <= self._confirmations
        rows = self.runner.run(self.house.reader.rows(select(tables.orders.c.key)))
        assert {row.key for row in rows} == set(bought)

    def teardown(self) -> None:
        """Close the store."""

        async def close() -> None:
            await self.house.writer.stop()
            await self.house.reader.stop()
            await self._engine.dispose()

        self.runner.run(close())
        self.runner.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _over(sent: Sent) -> bool:
    """Whether it came too late, and so was not taken."""
    return sent.ended or sent.shown == OVER


def as_test(network: type[Network]) -> type[TestCase]:
    """The network as a test."""
    case: type[TestCase] = network.TestCase
    case.settings = settings(  # type: ignore[attr-defined]
        max_examples=10, stateful_step_count=30
    )
    case.__doc__ = "Every order of dialling, answering, repeating, being late, released and killed."
    return case
