"""Where a dialogue begins or stands: dialled, taken up again, or carried over into another version of its menu."""

from __future__ import annotations

from dataclasses import replace

from flows import resuming
from flows.records import Subscriber
from flows.session import Session, from_json
from gateway.core.context import Context
from gateway.core.live_sessions import LiveSessions
from gateway.core.menu_shelf import Beginning, MenuShelf
from gateway.core.turn import Turn
from menus.table import CompiledMenu
from menus.values import Place
from store import turns


class Beginnings:
    """Finds the menu and the session that a hop is taken in."""

    def __init__(self, context: Context, shelf: MenuShelf, sessions: LiveSessions) -> None:
        self._context = context
        self._shelf = shelf
        self._sessions = sessions
        self._since = context.clock()

    async def dialled(self, turn: Turn, person: Subscriber, behind: str) -> tuple[CompiledMenu, Session]:
        """A new session. behind: what was dialled behind the code."""
        begun = self._shelf.begin(turn.menu, person.id)
        keys = behind.split("*") if behind else []
        session = Session(begun.menu.id, begun.menu.version, begun.menu.direct(keys), arm=begun.arm)
        if turn.door.resume_seconds and not keys:
            left = await self._left(person, begun.menu, turn)
            return begun.menu, replace(session, left=left) if left else session
        return begun.menu, session

    async def stood_in(self, session: Session, person: Subscriber, turn: Turn) -> tuple[CompiledMenu, Session]:
        """The version that the session began in; where nobody has it any more, what the person would begin in now."""
        shelf, version = self._shelf, (session.menu, session.version)
        menu = shelf.known(*version) or await shelf.fetch(*version)
        if menu is not None:
            return menu, session
        begun = shelf.begin(session.menu if session.menu in shelf.menus else turn.menu or session.menu, person.id)
        return begun.menu, _carried_over(session, begun)

    async def _left(self, person: Subscriber, menu: CompiledMenu, turn: Turn) -> Session | None:
        """The session that this person was in a moment ago, if it is worth asking about."""
        seconds = turn.door.resume_seconds
        stood = self._sessions.standing((person.id, menu.id))
        if (
            stood is not None and stood.lock.locked()
        ):  # it is at something, perhaps a purchase: nobody is led back there
            return None
        if stood is not None and stood.known:
            left, answered, ended = stood.session, stood.answered, stood.ends
        elif stood is not None or (turn.at - self._since).total_seconds() <= seconds:
            row = await turns.newest_in(self._context.reader, person.id, menu.id)  # this process lost it, or is young
            if row is None:
                return None
            left, answered, ended = from_json(row.state), row.at, row.ends
        else:
            return None
        if left is None or ended or left.version != menu.version:
            return None
        if person.sim_swapped_at is not None and answered <= person.sim_swapped_at:  # perhaps it was somebody else
            return None
        asked = resuming.worth_asking(left, menu.start, answered=answered, at=turn.at, seconds=seconds)
        return left if asked else None


def _carried_over(session: Session, begun: Beginning) -> Session:
    """The session in another version, on its page if that is still there: it is shown again, and asked again."""
    menu, stood = begun.menu, session.place
    place = Place(stood.page, chosen=stood.chosen) if stood.page in menu.menu.pages else menu.start
    return replace(session, menu=menu.id, version=menu.version, place=place, arm=begun.arm)
