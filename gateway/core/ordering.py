"""What an answer asks for, carried out and written with its turn; a purchase's end is shown if it comes in time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from flows import service_commands
from flows.commands import NOT_TOLD, Carried, CommandGiven
from flows.dialogue import carry_out
from flows.menu_vocabulary import outcome_of
from flows.session import to_json
from flows.values import OrderKey
from gateway.core.commit import Committer
from gateway.core.context import Context
from gateway.core.hop import Hop, Written
from gateway.core.menu_commands import Answered, MenuCommands
from gateway.core.settlements import Settlement, Settlements
from gateway.core.showing import Showing
from gateway.core.transcript import turn_key
from menus.values import Invoke, Place
from store import turns
from store.errors import AlreadyWritten
from store.unit import Op

_LONGEST_WAIT = 3.0
"""Seconds for the result of a purchase, of those that a hop may take; a later one comes by SMS."""
_TO_ANSWER = 0.5
"""Seconds that are kept for the answer itself."""


class Ordering:
    """Carries out commands."""

    def __init__(
        self,
        context: Context,
        committer: Committer,
        settlements: Settlements,
        commands: MenuCommands,
        showing: Showing,
    ) -> None:
        self._context = context
        self._committer = committer
        self._settlements = settlements
        self._commands = commands
        self._showing = showing

    async def ordered(self, hop: Hop, invoke: Invoke) -> Written | None:
        """The turn with what was asked for; None when it was written before."""
        carried = carry_out(await self._given(hop, invoke), self._context.machines.offer)
        if carried.awaits is None:
            return await self._carried(hop, invoke, carried)
        return await self._bought(hop, invoke, carried, carried.awaits)

    async def _given(self, hop: Hop, invoke: Invoke) -> CommandGiven:
        """What the command's flow must know."""
        key = turn_key(hop.turn.dialect, hop.turn.key, hop.next.position, hop.live.began)
        answered = Answered(hop.turn.session, prompt=hop.live.reply, reply=hop.next.said, key=key)
        return await self._commands.given(invoke.command, hop.person, hop.session, answered)

    async def _carried(self, hop: Hop, invoke: Invoke, carried: Carried) -> Written | None:
        """Write a command's effects with the turn, and its page; None when the turn was written before."""
        session = carried.session.standing(_without_pin(hop.menu.after(invoke, carried.outcome), invoke))
        screen, session = await self._showing.shown(hop, carried.subscriber, session)
        row = hop.row(screen, session)
        try:
            opened = await self._committer.commit(carried.effects, beside=(turns.put(row),))
        except AlreadyWritten:  # and so nothing of this step was
            return None
        if opened:
            return Written(row, session, carried.subscriber, carried.awaits is not None)
        # another channel ended the offer between our look and our commit
        return await self._carried(hop, invoke, replace(carried, outcome=carried.lost, effects=(), awaits=None))

    async def _bought(self, hop: Hop, invoke: Invoke, carried: Carried, key: OrderKey) -> Written | None:
        """Write the order with the turn and wait a little: an end that comes in time is what the turn says."""
        begun: asyncio.Future[Written | None] = asyncio.get_running_loop().create_future()
        told: list[Written] = []

        async def words(settlement: Settlement) -> Sequence[Op]:
            written = await begun
            if written is None or not written.awaits:
                return ()
            told.append(await self._told(hop, invoke, written, settlement))
            return (turns.answer(told[0].row),)

        hop.live.ordering = True  # from here on nobody may be told to try again
        with self._settlements.expected(key, words) as expected:
            try:
                written = await self._carried(hop, invoke, carried)
            except BaseException:
                begun.set_result(None)
                raise
            begun.set_result(written)
            if written is None or not written.awaits:
                return written
            left = hop.until - asyncio.get_running_loop().time() - _TO_ANSWER
            settlement = await expected.within(max(0.0, min(_LONGEST_WAIT, left)))
            return told[0] if settlement is not None and told else written

    async def _told(self, hop: Hop, invoke: Invoke, written: Written, settlement: Settlement) -> Written:
        """The turn with the result that came in time, to be written with it; nobody has seen it answered otherwise."""
        voice = self._context.voice(hop.person)
        balance = voice.money(settlement.balance) if settlement.balance else NOT_TOLD
        credit = {"amount": voice.money(settlement.credit)} if settlement.credit else {}
        purchase = {**written.session.purchase, **credit, "balance": balance}
        now = service_commands.switched(invoke.command, confirmed=settlement.confirmed)
        session = replace(written.session, purchase={**purchase, **now})
        outcome = outcome_of(invoke.command.name, confirmed=settlement.confirmed, reason=settlement.reason)
        session = session.standing(_without_pin(hop.menu.after(invoke, outcome), invoke))
        screen, session = await self._showing.shown(hop, hop.person, session)
        session = replace(session, purchase=purchase)
        row = replace(written.row, state=to_json(session), reply=screen.text, ends=screen.ends)
        return written._replace(row=row, session=session)


def _without_pin(place: Place, invoke: Invoke) -> Place:
    """Nobody needs the PIN of a voucher once it was used, or was wrong."""
    pin = invoke.command.args.get("voucher")
    chosen = {name: value for name, value in place.chosen.items() if value != pin}
    return replace(place, chosen=chosen) if pin else place
