"""Where the simulated charging system takes orders in: the ledger, the faults, and the orders that have to wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, TypeVar

from gateway.simulators.ocs_faults import Faults
from gateway.simulators.ocs_ledger import Ledger, LedgerItem, Order
from gateway.simulators.ocs_services import ServiceBook

Settled = TypeVar("Settled")


class NoAnswer(Exception):  # nothing went wrong here: the connection is to be closed on purpose
    """Close the connection without a word."""


class Desk:
    """Takes orders as the faults of the moment say. Orders that wait belong to the desk, not to a connection."""

    def __init__(self, ledger: Ledger, services: ServiceBook, now: Callable[[], datetime]) -> None:
        self.ledger = ledger
        self.services = services
        self.now = now
        self.faults = Faults()
        self._faults_changed = asyncio.Event()
        self._moved = asyncio.Event()
        self._parked: list[Order] = []
        self._waiting: set[asyncio.Task[Any]] = set()

    @property
    def waiting(self) -> int:
        """How many orders are held or yet to be applied."""
        return len(self._waiting)

    def set_faults(self, faults: Faults) -> None:
        """Replace the faults; orders that were held or parked go ahead."""
        self.faults = faults
        self._faults_changed.set()
        self._faults_changed = asyncio.Event()
        parked, self._parked = self._parked, []
        for order in parked:
            self.apply(order)

    async def submit(self, order: Order) -> Order:
        """Take one order. Raises NoAnswer where a fault says that the client hears nothing."""
        return await self.carry_out(lambda: self._take(self.ledger.receive(order)), lambda: self.apply(order))

    async def carry_out(self, at_once: Callable[[], Settled], waiting: Callable[[], Settled]) -> Settled:
        """Do something that moves money as the faults say. waiting: what is done instead where it has to wait.

        Raises NoAnswer where a fault says that the client hears nothing.
        """
        if self.faults.lose:
            self.faults = self.faults.one_less("lose")
            raise NoAnswer
        if self.faults.late:
            self._later(self._after(self.faults.late, waiting))
            raise NoAnswer
        if self.faults.hold:
            return await asyncio.shield(self._later(self._released(waiting)))
        answered = not self.faults.drop_answer
        if not answered:
            self.faults = self.faults.one_less("drop_answer")
        settled = at_once()
        if not answered:
            raise NoAnswer
        return settled

    def refusal(self) -> str | None:
        """The words of a refusal, if a fault says that this order is refused."""
        if not self.faults.refuse:
            return None
        words = self.faults.refusal
        self.faults = self.faults.one_less("refuse")
        return words

    def apply(self, order: Order) -> Order:
        """Charge and grant, and wake whoever waits for the ledger."""
        received = self.ledger.receive(order)
        if self.faults.do_nothing:
            self.faults = self.faults.one_less("do_nothing")
            settled = self.ledger.say_done(received)
        elif self.faults.grant_nothing:
            self.faults = self.faults.one_less("grant_nothing")
            settled = self.ledger.apply(received, self.now(), grants=False)
        elif received.bundle is None or received.action == "delete":
            settled = self._serve(received)
        else:
            settled = self.ledger.apply(received, self.now())
        self.moved()
        return settled

    def _serve(self, order: Order) -> Order:
        """An order of something that is no bundle."""
        if order.offering == self.services.switch_offering:
            self.services.switch(order.payer, on=order.action == "add")
            return self.ledger.settle(order)
        if order.action == "delete":
            return self.ledger.settle(order, "only what can be switched off can be deleted")
        advance = self.services.advances.get(order.offering)
        if advance is None:
            return self.ledger.apply(order, self.now())
        done = self.services.advance(order.payer, advance, order.key, self.now())
        return self.ledger.settle(order, done if isinstance(done, str) else "")

    async def move(self, work: Callable[[], LedgerItem | str]) -> LedgerItem | str:
        """Carry out a top-up or a transfer as the faults say: what was moved, or the words of a refusal."""
        if (words := self.refusal()) is not None:
            return words

        def moved() -> LedgerItem | str:
            done = work()
            self.moved()
            return done

        return await self.carry_out(moved, moved)

    async def settled(self, ident: str) -> Order:
        """The order with this id, once it is neither held nor late."""
        while ident not in self.ledger.orders:
            await self._moved.wait()
        return self.ledger.orders[ident]

    def moved(self) -> None:
        """Tell those who wait that the ledger has grown."""
        self._moved.set()
        self._moved = asyncio.Event()

    async def items(self, msisdn: str | None, count: int, patience: float) -> list[LedgerItem]:
        """The ledger, as soon as it has ``count`` items for ``msisdn`` or ``patience`` seconds are over."""
        try:
            async with asyncio.timeout(patience):
                while len(self.ledger.items_of(msisdn)) < count:
                    await self._moved.wait()
        except TimeoutError:
            pass
        return self.ledger.items_of(msisdn)

    async def close(self) -> None:
        """Forget the orders that still wait."""
        for task in self._waiting:
            task.cancel()
        await asyncio.gather(*self._waiting, return_exceptions=True)

    def _take(self, order: Order) -> Order:
        if (words := self.refusal()) is not None:
            return self.ledger.refuse(order, words)
        if self.faults.state:
            parked = self.ledger.park(order, self.faults.state)
            self._parked.append(parked)
            return parked
        return self.apply(order)

    def _later(self, work: Coroutine[None, None, Settled]) -> asyncio.Task[Settled]:
        task = asyncio.get_running_loop().create_task(work)
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)
        return task

    async def _after(self, seconds: float, work: Callable[[], Settled]) -> Settled:
        await asyncio.sleep(seconds)
        return work()

    async def _released(self, work: Callable[[], Settled]) -> Settled:
        while self.faults.hold:
            await self._faults_changed.wait()
        return work()
