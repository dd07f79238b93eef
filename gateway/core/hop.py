"""One turn on its way through the core: what is known of it, and what is written."""

from __future__ import annotations

from typing import NamedTuple

from flows.records import Subscriber
from flows.session import Session, to_json
from gateway.core.identity import Next
from gateway.core.live_session import LiveSession
from gateway.core.turn import Input, Turn
from menus.table import CompiledMenu
from menus.values import Screen, Unmistakable
from store.turns import TurnRow

_FIRST_OF_DOUBT, _APART = 200, 10
"""Higher than any list counts; and no two turns number an order alike."""


class Hop(NamedTuple):
    """A turn that is being taken. next: its place in its session.

    until: the loop's time by which it is answered. afresh: the version that the session stood in is gone, so what was
    said was said to a screen that nobody has.
    """

    turn: Turn
    live: LiveSession
    menu: CompiledMenu
    person: Subscriber
    session: Session
    next: Next
    until: float
    afresh: bool = False

    @property
    def unmistakable(self) -> Unmistakable | None:
        """How orders are numbered where a late repetition could be taken for an answer (ADR 13); None elsewhere."""
        said, position = self.turn.said, self.next.position
        if not isinstance(said, Input):
            return None
        again = said.reuses and self.next.opened > 0  # answers of an earlier session may come once more under this id
        if said.number is not None and not again:
            return None
        keys = self.menu.menu.keys
        harmless = (keys.more, keys.home)  # they lead to no page that is not shown in answer to them
        said_so_far = [text for text in self.next.transcript.split("*") if text and text not in harmless]
        heard = frozenset(said_so_far)
        doubtful = again or len(heard) < len(said_so_far)
        return Unmistakable(heard, _FIRST_OF_DOUBT + _APART * position if doubtful else 1)

    def row(self, screen: Screen, session: Session) -> TurnRow:
        """The turn as it is written."""
        return TurnRow(
            dialect=self.turn.dialect,
            session=self.turn.key,
            position=self.next.position,
            subscription=self.person.id,
            digest=self.next.digest,
            said=self.next.said,
            state=to_json(session),
            reply=screen.text,
            ends=screen.ends,
            at=self.turn.at,
            menu=session.menu,
            version=session.version,
            arm=session.arm,
            opened=self.next.opened,
        )


class Written(NamedTuple):
    """A turn that is durable. awaits: the result of a purchase may still change its words."""

    row: TurnRow
    session: Session
    person: Subscriber
    awaits: bool = False
