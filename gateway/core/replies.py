"""Texts from subscribers: what is known is looked up, ``flows.texting`` decides, and all of it is written together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flows.documents import decode, encode
from flows.frozen import dataclass
from flows.porting_proof import hidden
from flows.texting import Dealt, TextFacts, deal_with
from flows.values import Msisdn
from gateway.core.commit import Committer
from gateway.core.context import Context
from gateway.core.facts import Facts
from gateway.core.repetition import REPEATED, SAME_TEXT_WITHIN, repeats
from gateway.core.text_facts import Known, TextFactsDesk
from store import inbox, offers, orders
from store.errors import StoreError
from store.inbox import Entry
from store.unit import Op


@dataclass(frozen=True, slots=True)
class _Step:
    """A text, what is known of it, and what follows."""

    entry: Entry
    facts: TextFacts
    dealt: Dealt


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
        facts = await self._texts.of_all(batch, Known(people, newest, states), before)
        dealt = [self._dealt(entry, before.get(entry.id), one) for entry, one in zip(batch, facts, strict=True)]
        steps = [one for one in dealt if isinstance(one, _Step)]
        written = await self._committer.commit_all([(one.dealt.effects, (_done(one),)) for one in steps])
        failed = [(entry, one) for entry, one in zip(batch, dealt, strict=True) if isinstance(one, Exception)]
        for step, outcome in zip(steps, written, strict=True):
            error: Exception | None = outcome if isinstance(outcome, StoreError) else None
            if outcome is False:
                error = await self._answer_overtaken(step)
            if error is not None:
                failed.append((step.entry, error))
        return failed

    async def give_up(self, entry: Entry) -> None:
        """Put aside what could not be dealt with; it stays in the inbox, marked."""
        self._context.metrics.failures.labels("mo").inc()
        await self._committer.note(inbox.done(entry.id, "failed", self._context.clock()))

    def _dealt(self, entry: Entry, before: Entry | None, facts: TextFacts | Exception) -> _Step | Exception:
        """What follows from a text; one that cannot be dealt with takes nobody along."""
        if isinstance(facts, Exception):
            return facts
        try:
            said_before = facts.proof is None and repeats(entry, before, facts.offers)
            dealt = Dealt(REPEATED, ()) if said_before else deal_with(facts, self._context.machines.offer)
        except Exception as error:
            return error
        self._context.metrics.texts_in.labels(dealt.outcome).inc()
        return _Step(entry, facts, dealt)

    async def _answer_overtaken(self, step: _Step) -> Exception | None:
        """Another channel ended the offer between our look and our commit: say what became of it."""
        try:
            assert step.dealt.offer is not None, "only an answer to an offer has a gate"
            now = await offers.by_id(self._context.reader, step.dealt.offer.id)
            assert now is not None, "offers are never deleted"
            states = await orders.states(self._context.reader, [now.order] if now.order else [])
            seen = tuple(now if one.id == now.id else one for one in step.facts.offers)
            facts = replace(step.facts, offers=seen, order_states={**step.facts.order_states, **states})
            await self._committer.commit(deal_with(facts, self._context.machines.offer).effects)
        except Exception as error:
            return error
        return None


def _done(step: _Step) -> Op:
    """The text was dealt with; a porting code does not stay in it."""
    entry, facts = step.entry, step.facts
    if facts.proof is None:
        return inbox.done(entry.id, step.dealt.outcome, facts.texter.at)
    body = decode(entry.body)
    return inbox.done_hidden(
        entry.id,
        step.dealt.outcome,
        facts.texter.at,
        encode({**body, "text": hidden(body["text"])}),
    )


def _subjects(batch: Sequence[Entry]) -> list[Msisdn]:
    return [entry.subject for entry in batch]
