"""The facts of pages about advances, transfers and charges outside a bundle."""

from __future__ import annotations

from flows.catalogue_services import OUT_OF_BUNDLE_ON, Advance
from flows.service_commands import SWITCHED, minor_units
from flows.service_orders import Switch
from flows.texts import Voice
from flows.values import Money, SubscriptionId
from gateway.core.context import Context
from gateway.core.menu_need import Need
from gateway.core.service_desk import advances_for
from menus.values import FactValue, Item
from store import orders, subscriptions


class ServiceFacts:
    """Fetches them. The names are those of ``flows.menu_vocabulary``."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def advances(self, need: Need) -> FactValue:
        """Those that this person may have now; nothing for somebody who still owes one."""
        wallet = await need.wallet()
        if wallet is None:
            return None
        return tuple(_advance(one, need.voice) for one in advances_for(self._context, need.subscriber, wallet))

    def advance(self, need: Need) -> FactValue:
        """The one that was chosen."""
        found = self._context.catalogue.services.advance(need.session.place.chosen.get("advance", ""))
        return "" if found is None else _advance(found, need.voice)

    def transfer(self, need: Need) -> FactValue:
        """What was typed, with what it costs; nothing where that may not be sent at once."""
        terms = self._context.catalogue.services.transfers
        typed = need.session.place.chosen.get("amount", "")
        amount = None if terms is None else minor_units(typed, terms.currency)
        if terms is None or amount is None or not terms.allows(amount):
            return ""
        told = {"amount": Money(amount, terms.currency), "price": Money(amount + terms.fee, terms.currency)}
        return Item(typed, {name: need.voice.money(money) for name, money in told.items()})

    def done(self, need: Need) -> FactValue:
        """What was asked for last in this session."""
        done = need.session.purchase
        return Item("service", done) if "amount" in done else ""

    async def out_of_bundle(self, need: Need) -> FactValue:
        """What is in force, and what is on its way to the charging system."""
        switch, being_settled = await out_of_bundle_of(self._context, need.subscriber.id), need.session.purchase
        if being_settled.get(SWITCHED) in ("on", "off"):
            return need.voice.on_or_off(on=being_settled[SWITCHED] == "on")
        now = need.voice.on_or_off(on=switch.in_force)
        if SWITCHED in being_settled or switch.wanted is switch.in_force:
            return now
        return need.voice.changing_to(now, on=switch.wanted)


async def out_of_bundle_of(context: Context, person: SubscriptionId) -> Switch:
    """As the store has it now: a session may know less."""
    known = await subscriptions.by_id(context.reader, person)
    newest = await orders.newest_switch(context.reader, person)
    in_force = known is not None and known.out_of_bundle
    if newest is None:
        return Switch(in_force, wanted=in_force)
    wanted = in_force if newest.settled_at else newest.order.bundle == OUT_OF_BUNDLE_ON
    return Switch(in_force, wanted, asked_at=newest.order.created_at)


def _advance(one: Advance, voice: Voice) -> Item:
    return Item(one.id, {"amount": voice.money(one.amount), "debt": voice.money(one.debt)})
