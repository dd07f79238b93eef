"""Whatever the network does to hops, and whenever the gateway dies: at most one charge a confirmation."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

from handset import Exchange, Phone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from fakes import NUMBER, FakeClock, FakeOcs, FakeSender, House
from flows.catalogue import load_starter
from flows.contact_policy import ContactSwitches
from flows.market import load_market
from gateway.core.context import Context, Machines, Reach, ServiceNumber
from gateway.core.ports import Refused
from gateway.telemetry import Metrics
from locales.catalogues import load_catalogues
from store import tables
from store.engine import open_engine, upgrade
from store.reader import Reader
from store.writer import Writer

ANSWERS = st.sampled_from(["1", "1", "2", "2", "3", "4", "0", "00", "98", "9", "x*1"])


class Network(RuleBasedStateMachine):
    """A phone, a network that repeats and drops, and a gateway that is killed."""

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._folder = Path(tempfile.mkdtemp(prefix="chasqui-network-"))
        self._sessions = 0
        self._confirmations = 0
        self._answers: dict[tuple[str, str], str] = {}

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
        self._phone = Phone(Exchange(self._house))

    @rule()
    def dial(self) -> None:
        """A new session."""
        self._sessions += 1
        self._phone.session = f"s-{self._sessions}"
        self._shown = self._runner.run(self._phone.dial())
        self._keep()

    @rule(text=ANSWERS)
    def answer(self, text: str) -> None:
        """The person answers the screen that they see."""
        asked = "¿Lo compras?" in self._shown
        self._confirmations += asked and text == "1"
        self._shown = self._runner.run(self._phone.answer(text))
        self._keep()

    @rule(times=st.integers(1, 5))
    def repeat(self, times: int) -> None:
        """The network sends the last hop again, also several times at once."""

        async def again() -> list[str]:
            return await asyncio.gather(*(self._phone.again() for _ in range(times)))

        assert set(self._runner.run(again())) == {self._shown}

    @precondition(lambda self: len(self._phone.said) > 1)
    @rule(data=st.data())
    def arrives_late(self, data: st.DataObject) -> None:
        """A hop of before comes once more: answered as it was, and nothing moves."""
        upto = data.draw(st.integers(0, len(self._phone.said) - 1))
        transcript = "*".join(self._phone.said[:upto])
        reply = self._runner.run(self._phone.exchange.take(transcript, self._phone.session))
        assert f"{'END' if reply.ends else 'CON'} {reply.text}" == self._answers[self._phone.session, transcript]

    @rule()
    def is_killed(self) -> None:
        """All memory is lost; the store stays."""
        self._phone.exchange = Exchange(self._house)

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

    def _keep(self) -> None:
        self._answers.setdefault((self._phone.session, "*".join(self._phone.said)), self._shown)

    def teardown(self) -> None:
        """Close the store."""

        async def close() -> None:
            await self._house.writer.stop()
            await self._house.reader.stop()
            await self._engine.dispose()

        self._runner.run(close())
        self._runner.close()
        shutil.rmtree(self._folder, ignore_errors=True)


TestNetwork = Network.TestCase
TestNetwork.settings = settings(
    max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestNetwork.__doc__ = "Every order of dialling, answering, repeating, being late and being killed."
