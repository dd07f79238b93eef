"""One text from a subscriber: what it means, what it leads to, what is answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flows.effects import Effect, SendSms
from flows.keywords import Intent, Meaning
from flows.offer import OfferAnswered
from flows.preferences import WishTexted, fulfil
from flows.records import Offer, Subscriber
from flows.understanding import understand
from flows.values import Channel, Msisdn, OrderKey, Purpose, SubscriptionId
from gateway.core.commit import Committer
from gateway.core.context import Context
from gateway.core.facts import Facts
from store import inbox, offers, orders
from store.inbox import Entry

SAME_TEXT_WITHIN = timedelta(seconds=60)
"""An equal text within this time, with nothing said in between by either side, is the network's repetition."""


@dataclass(frozen=True, slots=True)
class _Text:
    """One text and all that is known when it is dealt with. number: the service number it was sent to.

    elsewhere: the newest open offer that was made on another channel, where none was made from this number.
    """

    entry: Entry
    subscriber: Subscriber
    meaning: Meaning
    number: str
    offer: Offer | None
    order_state: str | None
    elsewhere: Offer | None = None


class ReplyDesk:
    """Deals with texts, one person's one after another."""

    def __init__(self, context: Context, facts: Facts, committer: Committer) -> None:
        self._context = context
        self._facts = facts
        self._committer = committer

    async def work(self, batch: Sequence[Entry]) -> Sequence[tuple[Entry, Exception]]:
        """All are read together and written side by side, each a step of its own. What failed."""
        people = {msisdn: one for msisdn, (one, _) in (await self._facts.subscribers(_subjects(batch))).items()}
        before = await inbox.texts_before(self._context.reader, batch, SAME_TEXT_WITHIN)
        newest = await offers.newest_of(self._context.reader, [one.id for one in people.values()])
        taken = [offer.order for offer in newest.values() if offer.order]
        states = await orders.states(self._context.reader, taken)
        steps = (self._answer(entry, people[entry.subject], before.get(entry.id), newest, states) for entry in batch)
        results = await asyncio.gather(*steps, return_exceptions=True)
        return [(entry, error) for entry, error in zip(batch, results, strict=True) if isinstance(error, Exception)]

    async def give_up(self, entry: Entry) -> None:
        """Put aside what could not be dealt with; it stays in the inbox, marked."""
        self._context.metrics.failures.labels("mo").inc()
        await self._committer.note(inbox.done(entry.id, "failed", self._context.clock()))

    async def _answer(
        self,
        entry: Entry,
        subscriber: Subscriber,
        before: Entry | None,
        newest: Mapping[tuple[SubscriptionId, str], Offer],
        states: Mapping[OrderKey, str],
    ) -> None:
        at, body = self._context.clock(), json.loads(entry.body)
        meaning = understand(body["text"], self._context.rules(at).stop_words)
        if meaning.code == 2:
            meaning = Meaning(Intent.DECLINE)
        offer = newest.get((subscriber.id, body["to"]))
        state = states.get(offer.order) if offer and offer.order else None
        elsewhere = None if offer else _open_still(newest.get((subscriber.id, "")), at)
        text = _Text(entry, subscriber, meaning, body["to"], offer, state, elsewhere)
        repeated = _repeats(entry, before, offer)
        outcome = "repeated" if repeated else meaning.intent.value
        self._context.metrics.texts_in.labels(outcome).inc()
        done = inbox.done(entry.id, outcome, at)
        if not await self._committer.commit(() if repeated else self._effects(text), (done,)):
            await self._answer_overtaken(text)

    async def _answer_overtaken(self, text: _Text) -> None:
        """Another channel ended the offer between our look and our commit: say what became of it."""
        assert text.offer is not None, "only an offer's end has a gate"
        offer = await offers.by_id(self._context.reader, text.offer.id)
        assert offer is not None, "offers are never deleted"
        states = await orders.states(self._context.reader, [offer.order] if offer.order else [])
        await self._committer.commit(
            self._effects(replace(text, offer=offer, order_state=states.get(offer.order) if offer.order else None))
        )

    def _effects(self, text: _Text) -> tuple[Effect, ...]:
        at, voice, key = self._context.clock(), self._context.voice(text.subscriber), f"reply:{text.entry.id}"
        if text.meaning.intent is Intent.ACCEPT and text.elsewhere is not None:
            return (self._pointed_to(text, text.elsewhere),)
        if text.offer is None or text.meaning.intent not in (Intent.ACCEPT, Intent.DECLINE):
            return fulfil(WishTexted(at, text.subscriber, voice, text.meaning, text.number, key))
        answered = OfferAnswered(
            at=at,
            channel=Channel.SMS,
            subscriber=text.subscriber,
            beneficiary=text.subscriber.msisdn,
            voice=voice,
            name=self._context.bundle_name(text.offer.bundle, text.subscriber.language),
            source=text.number,
            reply_key=key,
            order_state=text.order_state,
        )
        machine, event = self._context.machines.offer, text.meaning.intent.value
        return machine.step(text.offer.state, event, offer=text.offer, fact=answered).effects

    def _pointed_to(self, text: _Text, offer: Offer) -> SendSms:
        """A yes to an offer that no text has named: nobody buys unseen."""
        voice = self._context.voice(text.subscriber)
        name = self._context.bundle_name(offer.bundle, text.subscriber.language)
        return SendSms(
            key=f"reply:{text.entry.id}",
            subscription=text.subscriber.id,
            msisdn=text.subscriber.msisdn,
            source=text.number,
            text=voice.offer_in_menu(name, offer.price),
            purpose=Purpose.REPLY,
            at=self._context.clock(),
        )


def _open_still(offer: Offer | None, at: datetime) -> Offer | None:
    return offer if offer is not None and offer.state == "open" and at < offer.expires_at else None


def _subjects(batch: Sequence[Entry]) -> list[Msisdn]:
    return [entry.subject for entry in batch]


def _repeats(entry: Entry, before: Entry | None, offer: Offer | None) -> bool:
    """Whether the network says again what it said before, with nothing in between."""
    if before is None or before.body != entry.body:
        return False
    return offer is None or offer.created_at <= before.received_at
