"""A phone in the tests: dials, answers, repeats, loses its network, against the core as it is built."""

from __future__ import annotations

from dataclasses import dataclass, field

from fakes import ANA, House
from flows.effects import ActivateBundle
from flows.menu_vocabulary import starter_vocabulary
from flows.split import whole
from flows.values import Msisdn
from gateway.core.commit import Committer
from gateway.core.doors import Door
from gateway.core.facts import Facts
from gateway.core.live_sessions import LiveSessions
from gateway.core.menu_shelf import MenuShelf, Served
from gateway.core.purchase_lane import PurchaseLane
from gateway.core.retry import Backoff
from gateway.core.settlements import Settlements
from gateway.core.turn import Reply, Said, Transcript, Turn
from gateway.core.turns import TurnDesk
from menu_versions import compile_here
from menus.loader import load_starter
from menus.table import compile_menu
from store.consent_ledger import ConsentLedger
from store.record import Due

MENUS = {"main": compile_menu(load_starter(starter_vocabulary()))}

DOOR = Door("at", "africastalking")


def empty_shelf(house: House) -> MenuShelf:
    """Nothing but what the store has."""
    return MenuShelf(house.reader, compile_here, house.context.metrics, lambda: 0.0)


def starter_shelf(house: House) -> MenuShelf:
    """The starter menu, which was never published."""
    shelf = empty_shelf(house)
    for menu in MENUS.values():
        shelf.serve(menu.id, Served(0, whole(1), (menu,)))
    return shelf


class Exchange:
    """Dialogues and purchases of one process. Another one on the same store is a restart.

    shelf: where it finds its menus; the starter menu where none is given.
    """

    def __init__(self, house: House, shelf: MenuShelf | None = None) -> None:
        self.house = house
        self.committer = Committer(
            house.writer, house.context.reach, self._hand_over, ConsentLedger(house.reader, house.writer)
        )
        facts, settlements = Facts(house.context, house.ocs), Settlements()
        self.lane = PurchaseLane(
            house.context, self.committer, house.ocs, facts, settlements, query=Backoff(0.001, 0.001, 40)
        )
        self.sessions = LiveSessions(lambda: 0.0)
        self.shelf = shelf or starter_shelf(house)
        self.desk = TurnDesk(
            house.context, facts, self.committer, settlements, shelf=self.shelf, sessions=self.sessions
        )
        self.purchases = True

    def _hand_over(self, due: Due) -> None:
        if isinstance(due, ActivateBundle) and self.purchases:
            self.lane.put(due.order.key, due)
        else:
            self.house.handed.append(due)

    async def take(self, transcript: str, session: str = "s-1", msisdn: Msisdn = ANA) -> Reply:
        """One hop, as Africa's Talking sends it."""
        return await self.hear(Transcript(transcript), session, msisdn)

    async def hear(self, said: Said, session: str = "s-1", msisdn: Msisdn = ANA, door: Door = DOOR) -> Reply:
        """One hop of any wire."""
        return await self.desk.take(Turn(door.dialect, session, msisdn, "main", said, door, self.house.clock()))


@dataclass(slots=True)
class Phone:
    """One dialogue of one person."""

    exchange: Exchange
    session: str = "s-1"
    msisdn: Msisdn = ANA
    said: list[str] = field(default_factory=list)

    async def dial(self, behind: str = "") -> str:
        """Begin; ``behind`` is what was dialled behind the code."""
        self.said = [behind] if behind else []
        return await self.again()

    async def answer(self, *texts: str) -> str:
        """Answer one screen after another; the last one shown."""
        shown = ""
        for text in texts:
            self.said.append(text)
            shown = await self.again()
        return shown

    async def again(self) -> str:
        """The last hop once more, as the network repeats it."""
        reply = await self.exchange.take("*".join(self.said), self.session, self.msisdn)
        return f"{'END' if reply.ends else 'CON'} {reply.text}"
