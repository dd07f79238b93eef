"""An offer accepted on a channel that answers in its own response (the app; a USSD page to come)."""

from __future__ import annotations

from collections.abc import Callable

from flows.effects import RecordOrder
from flows.frozen import dataclass
from flows.offer import OfferAnswered, OfferTimedOut, order_key
from flows.records import Answer, Offer, Subscriber
from flows.values import Channel, Msisdn
from gateway.core.commit import Committer
from gateway.core.context import Context
from store import offers, orders
from store.orders import OrderView
from store.unit import Op
from store.writer import raise_first


@dataclass(frozen=True, slots=True)
class Accepted:
    """The order that this acceptance made."""

    order: OrderView


@dataclass(frozen=True, slots=True)
class AlreadyAccepted:
    """The offer has an order from before."""

    order: OrderView


@dataclass(frozen=True, slots=True)
class NotOpen:
    """The offer was declined or its time is over."""

    state: str


Acceptance = Accepted | AlreadyAccepted | NotOpen


class Acceptances:
    """The one way from an accepted offer to an order, whatever the channel."""

    def __init__(self, context: Context, committer: Committer) -> None:
        self._context = context
        self._committer = committer

    async def accept(
        self,
        offer: Offer,
        subscriber: Subscriber,
        *,
        channel: Channel,
        beneficiary: Msisdn,
        request: str,
        by: str = "",
        beside: Callable[[OrderView], Op] | None = None,
    ) -> Acceptance:
        """Accept for this person. request: identifies the request, by: who makes it.

        beside: written with the order, or not at all.
        """
        fact = OfferAnswered(
            at=self._context.clock(),
            channel=channel,
            subscriber=subscriber,
            beneficiary=beneficiary,
            voice=self._context.voice(subscriber),
            name=self._context.bundle_name(offer.bundle, subscriber.language),
            source=self._context.service_number.address,
            reply_key=f"reply:{request}",
            answer=Answer(request, by=by),
        )
        step = self._context.machines.offer.step(offer.state, "accept", offer=offer, fact=fact)
        created = next((orders.begun(effect.order) for effect in step.effects if isinstance(effect, RecordOrder)), None)
        more = (beside(created),) if created and beside else ()
        opened = await self._committer.commit(step.effects, beside=more)
        if created and opened:
            return Accepted(created)
        view = await orders.by_key(self._context.reader, order_key(offer))
        if view is not None:
            return AlreadyAccepted(view)
        now = await offers.by_id(self._context.reader, offer.id)
        return NotOpen(step.state if now is None else now.state)

    async def lapse(self) -> int:
        """End the offers whose time is over; the number of those ended."""
        at = self._context.clock()
        overdue = await offers.overdue(self._context.reader, at)
        fact = OfferTimedOut(at)
        steps = [self._context.machines.offer.step(one.state, "time_out", offer=one, fact=fact) for one in overdue]
        raise_first(await self._committer.commit_all([(step.effects, ()) for step in steps]))
        return len(overdue)
