"""One text from a subscriber: what it means, what it leads to, what is answered."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from datetime import timedelta

from flows import keywords
from flows.effects import Effect
from flows.keywords import Intent, Meaning
from flows.offer import OfferAnswered
from flows.preferences import WishTexted, fulfil
from flows.records import Offer, Subscriber
from flows.values import Channel
from gateway.core.commit import Committer
from gateway.core.context import Context
from gateway.core.facts import Facts
from store import inbox, offers, orders
from store.inbox import Entry

_LOG = logging.getLogger(__name__)
SAME_TEXT_WITHIN = timedelta(seconds=60)
"""An equal text within this time, with nothing said in between by either side, is the network's repetition."""


class ReplyDesk:
    """Deals with texts, one person's one after another."""

    def __init__(self, context: Context, facts: Facts, committer: Committer) -> None:
        self._context = context
        self._facts = facts
        self._committer = committer

    async def work(self, batch: Sequence[Entry]) -> Sequence[Entry]:
        """Each text is a step of its own; all are read and written side by side. What was not written."""
        people = await self._facts.subscribers([entry.subject for entry in batch])
        done = await asyncio.gather(*(self._one(entry, people[entry.subject][0]) for entry in batch))
        return [entry for entry, written in zip(batch, done, strict=True) if not written]

    async def give_up(self, entry: Entry) -> None:
        """Put aside what could not be dealt with; it stays in the inbox, marked."""
        self._context.metrics.failures.labels("mo").inc()
        await self._committer.note(inbox.done(entry.id, "failed", self._context.clock()))

    async def _one(self, entry: Entry, subscriber: Subscriber) -> bool:
        try:
            await self._answer(entry, subscriber)
        except Exception:  # whatever it is, the other people's texts go on
            _LOG.exception("a text could not be dealt with", extra={"inbox_id": entry.id})
            return False
        return True

    async def _answer(self, entry: Entry, subscriber: Subscriber) -> None:
        body = json.loads(entry.body)
        at = self._context.clock()
        meaning = keywords.understand(body["text"], self._context.rules(at).stop_words)
        offer = await offers.newest_from(self._context.reader, subscriber.id, body["to"])
        outcome, effects = "repeated", tuple[Effect, ...]()
        if not await self._repeated(entry, offer):
            outcome, effects = meaning.intent.value, await self._effects(entry, subscriber, meaning, offer, body["to"])
        self._context.metrics.texts_in.labels(outcome).inc()
        done = inbox.done(entry.id, outcome, at)
        if not await self._committer.commit(effects, (done,)):
            # another channel made the order between our look and our commit: say what became of it
            await self._committer.commit(
                await self._effects(entry, subscriber, meaning, await self._again(offer), body["to"])
            )

    async def _effects(
        self, entry: Entry, subscriber: Subscriber, meaning: Meaning, offer: Offer | None, number: str
    ) -> tuple[Effect, ...]:
        at, voice, key = self._context.clock(), self._context.voice(subscriber), f"reply:{entry.id}"
        if offer is None or meaning.intent not in (Intent.ACCEPT, Intent.DECLINE):
            return fulfil(WishTexted(at, subscriber, voice, meaning, number, key))
        view = await orders.by_key(self._context.reader, offer.order) if offer.order else None
        answered = OfferAnswered(
            at=at,
            channel=Channel.SMS,
            subscriber=subscriber,
            beneficiary=subscriber.msisdn,
            voice=voice,
            name=self._context.bundle_name(offer.bundle, subscriber.language),
            source=number,
            reply_key=key,
            order_state=view.order.state if view else None,
        )
        return self._context.machines.offer.step(offer.state, meaning.intent.value, offer=offer, fact=answered).effects

    async def _repeated(self, entry: Entry, offer: Offer | None) -> bool:
        since = entry.received_at - SAME_TEXT_WITHIN
        before = await inbox.text_before(self._context.reader, entry, since)
        if before is None or before.body != entry.body:
            return False
        return offer is None or offer.created_at <= before.received_at

    async def _again(self, offer: Offer | None) -> Offer | None:
        return None if offer is None else await offers.by_id(self._context.reader, offer.id)
