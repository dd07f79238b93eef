"""Sessions that the network opens: their first turn, written before its screen goes out (ADR 15).

It is position 0 of the session, in which nobody said anything; it stands on the page that the menu has for it. The
answer comes as a hop like any other, and finds the session in the store.
"""

from __future__ import annotations

from datetime import timedelta

from flows.frozen import dataclass
from flows.session import Pushed, Session, to_json
from gateway.core.context import Context
from gateway.core.facts import Facts
from gateway.core.menu_facts import MenuFacts
from gateway.core.menu_shelf import Beginning, MenuShelf
from gateway.core.ports import PushFailed
from gateway.core.pushers import MenuPusher
from menus.values import Place, Screen
from store import subscriptions, turns
from store.push_rows import PushRow
from store.turns import PUSHED, TurnRow

_NOT_SHOWN = PushFailed("refused", "the menu has no such screen now")
_BUSY = PushFailed("busy", "a session of theirs is open")


@dataclass(frozen=True, slots=True)
class Opening:
    """A session that is not written yet: its first turn, the wire's id of it, and whether its screen asks."""

    turn: TurnRow
    session: str
    asks: bool


class Pushes:
    """Opens sessions."""

    def __init__(self, context: Context, facts: Facts, shelf: MenuShelf) -> None:
        self._context = context
        self._shelf = shelf
        self._menu_facts = MenuFacts(context, facts)

    async def opening(self, push: PushRow, pusher: MenuPusher) -> Opening | PushFailed:
        """The session that this push opens, or why its screen cannot be shown as it should be.

        That is: the menu has no page for it, what it offers is gone, or it takes more than one screen; or the person
        has opened a session since the trigger.
        """
        person = await subscriptions.by_id(self._context.reader, push.subscription)
        assert person is not None, "subscriptions are never deleted"
        begun = self._shelf.begin(pusher.menu, person.id)
        session = _session(push, begun)
        if session is None:
            return _NOT_SHOWN
        values = await self._menu_facts.fetch(begun.menu.facts_of(session.place.page), person, session)
        language, budget = self._context.locale(person.language), pusher.wire.door.budget
        screen = begun.menu.show(session.place, language, values, budget)
        if not isinstance(screen, Screen) or screen.place.parts > 1 or screen.ends == bool(push.offer):
            return _NOT_SHOWN
        if push.offer and screen.place.chosen.get("offer") != push.offer:
            return _NOT_SHOWN
        if await self._in_session(push, pusher):
            return _BUSY
        wires = pusher.wire.new_session(push.msisdn)
        turn = self._turn(push, pusher, session.standing(screen.place), screen, pusher.wire.door.session_key(wires))
        return Opening(turn, wires, asks=not screen.ends)

    async def _in_session(self, push: PushRow, pusher: MenuPusher) -> bool:
        since = self._context.clock() - timedelta(seconds=pusher.wire.door.idle_seconds)
        present = await turns.presence(self._context.reader, [push.subscription], since, since)
        return push.subscription in present and present[push.subscription].open

    def _turn(self, push: PushRow, pusher: MenuPusher, session: Session, screen: Screen, key: str) -> TurnRow:
        return TurnRow(
            dialect=pusher.wire.door.dialect,
            session=key,
            position=0,
            subscription=push.subscription,
            digest=PUSHED,
            said="",
            state=to_json(session),
            reply=screen.text,
            ends=screen.ends,
            at=self._context.clock(),
            menu=session.menu,
            version=session.version,
            arm=session.arm,
        )

    async def answered(self, push: PushRow, pusher: MenuPusher | None) -> bool:
        """Whether something was said in the session that this push opened."""
        if pusher is None or not push.session:
            return False
        door = pusher.wire.door
        said = await turns.of_dialogue(self._context.reader, door.dialect, door.session_key(push.session))
        return len(said) > 1


def _session(push: PushRow, begun: Beginning) -> Session | None:
    page = begun.menu.menu.pushed.get("offer" if push.offer else "alert")
    if page is None:
        return None
    place = Place(page.page, chosen={"offer": push.offer} if push.offer else {})
    pushed = Pushed(push.notice, push.fallback)
    return Session(begun.menu.id, begun.menu.version, place, arm=begun.arm, pushed=pushed)
