"""Where an app asks for what is offered beside bundles: written once, carried out by the purchase lane."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from flows.catalogue_services import Advance
from flows.records import Order, Subscriber
from flows.service_orders import ServiceAsked, order_effects
from flows.values import Wallet
from gateway.core.commit import Committer
from gateway.core.context import Context, eligibility_facts
from store import orders
from store.errors import AlreadyWritten
from store.orders import OrderView
from store.unit import Op


class ServiceDesk:
    """Writes such orders."""

    def __init__(self, context: Context, committer: Committer) -> None:
        self._context = context
        self._committer = committer

    async def give(self, asked: ServiceAsked, order: Order, beside: Callable[[OrderView], Sequence[Op]]) -> OrderView:
        """The order, made now or by the same request before. beside: written with it, or not at all."""
        view = orders.begun(order)
        with suppress(AlreadyWritten):
            await self._committer.commit(order_effects(asked, order), beside=tuple(beside(view)))
            return view
        made = await orders.by_key(self._context.reader, order.key)
        assert made is not None, "it was written before"
        return made


def advances_for(context: Context, person: Subscriber, wallet: Wallet) -> Sequence[Advance]:
    """What this person may have in advance now; nothing for somebody who still owes."""
    if wallet.debt is not None and wallet.debt.amount > 0:
        return ()
    about = eligibility_facts(person)
    return [one for one in context.catalogue.services.advances if one.open_to(about, wallet.balance)]
