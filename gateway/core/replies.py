"""Texts from subscribers: what is known is looked up, ``flows.texting`` decides, and all of it is written together."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace

from flows.porting_proof import hidden
from flows.texting import Dealt, TextFacts, deal_with
from flows.values import Msisdn
from gateway.core.commit import Committer
from gateway.core.context import Context
from gateway.core.facts import Facts
from gateway.core.repetition import REPEATED, SAME_TEXT_WITHIN, repeats
from gateway.core.text_facts import Known, TextFactsDesk
from store import inbox, offers, orders
from store.inbox import Entry
from store.unit import Op


class ReplyDesk:
    """Deals with texts, one person's one after another. service_code: what is dialled for the menu."""

    def __init__(self, context: Context, facts: Facts, committer: Committer, service_code: str = "") -> None:
        self._context = context
        self._facts = facts
        self._committer = committer
        self._texts = TextFactsDesk(context, facts, service_code)

    async def work(self, batch: Sequence[Entry]) -> Sequence[tuple[Entry, Exception]]:
        """All are read together and written side by side, each a step of its own. What failed."""
        people = await self._facts.subscribers(_subjects(batch))
        before = await inbox.texts_before(self._context.reader, batch, SAME_TEXT_WITHIN)
        newest = await offers.newest_of(self._context.reader, [one.id for one, _ in people.values()])
        taken = [offer.order for made in newest.values() for offer in made if offer.order]
        states = await orders.states(self._context.reader, taken)
        known = Known(people, newest, states)
        steps = (self._answer(entry, before.get(entry.id), known) for entry in batch)
        results = await asyncio.gather(*steps, return_exceptions=True)
        return [(entry, error) for entry, error in zip(batch, results, strict=True) if isinstance(error, Exception)]

    async def give_up(self, entry: Entry) -> None:
        """Put aside what could not be dealt with; it stays in the inbox, marked."""
        self._context.metrics.failures.labels("mo").inc()
        await self._committer.note(inbox.done(entry.id, "failed", self._context.clock()))

    async def _answer(self, entry: Entry, before: Entry | None, known: Known) -> None:
        facts = await self._texts.of(entry, known, before)
        if facts.proof is None and repeats(entry, before, facts.offers):
            dealt = Dealt(REPEATED, ())
        else:
            dealt = deal_with(facts, self._context.machines.offer)
        self._context.metrics.texts_in.labels(dealt.outcome).inc()
        if not await self._committer.commit(dealt.effects, (_done(entry, facts, dealt),)):
            await self._answer_overtaken(facts, dealt)

    async def _answer_overtaken(self, facts: TextFacts, dealt: Dealt) -> None:
        """Another channel ended the offer between our look and our commit: say what became of it."""
        assert dealt.offer is not None, "only an answer to an offer has a gate"
        now = await offers.by_id(self._context.reader, dealt.offer.id)
        assert now is not None, "offers are never deleted"
        states = await orders.states(self._context.reader, [now.order] if now.order else [])
        seen = tuple(now if one.id == now.id else one for one in facts.offers)
        again = deal_with(
            replace(facts, offers=seen, order_states={**facts.order_states, **states}), self._context.machines.offer
        )
        await self._committer.commit(again.effects)


def _done(entry: Entry, facts: TextFacts, dealt: Dealt) -> Op:
    """The text was dealt with; a porting code does not stay in it."""
    if facts.proof is None:
        return inbox.done(entry.id, dealt.outcome, facts.texter.at)
    body = json.loads(entry.body)
    return inbox.done_hidden(
        entry.id,
        dealt.outcome,
        facts.texter.at,
        json.dumps({**body, "text": hidden(body["text"])}, ensure_ascii=False),
    )


def _subjects(batch: Sequence[Entry]) -> list[Msisdn]:
    return [entry.subject for entry in batch]
