"""The screen of a place, with the facts that its page asks for."""

from __future__ import annotations

from flows.records import Subscriber
from flows.session import Session
from gateway.core.context import Context
from gateway.core.hop import Hop
from gateway.core.menu_facts import PRICE, MenuFacts
from gateway.telemetry import around
from menus.values import Notice, Screen


class Showing:
    """Shows pages."""

    def __init__(self, context: Context, menu_facts: MenuFacts) -> None:
        self._context = context
        self._fetched = around(context.traces, "facts", menu_facts.fetch)

    async def shown(
        self, hop: Hop, person: Subscriber, session: Session, *, notice: Notice = ""
    ) -> tuple[Screen, Session]:
        """The screen of the session's place, or of the page that is shown instead; and where it then stands."""
        language, budget = self._context.locale(person.language), hop.turn.door.budget
        for _ in hop.menu.menu.pages:  # detours never lead in a circle
            names = hop.menu.facts_of(session.place.page)
            values = await self._fetched(names, person, session)
            screen = hop.menu.show(session.place, language, values, budget, notice, unmistakable=hop.unmistakable)
            if isinstance(screen, Screen):
                shown = values.get(PRICE)
                return screen, session.standing(screen.place, shown if isinstance(shown, int) else None)
            session = session.standing(screen.place)
        raise RuntimeError(f"menu {hop.menu.id}: page {session.place.page} leads in a circle")
