"""What must be known to deal with a text: the rest of it is asked for only by those whose meaning needs it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from flows import porting_proof
from flows.answering import Texter
from flows.catalogue import Bundle
from flows.documents import decode
from flows.enquiries import Desk
from flows.frozen import dataclass
from flows.keywords import Intent
from flows.porting import PURPOSE
from flows.porting_proof import ProofTexted
from flows.records import Offer, Subscriber
from flows.texting import TextFacts
from flows.understanding import understand
from flows.values import Msisdn, OrderKey, SubscriptionId, Wallet
from gateway.core.context import Context
from gateway.core.facts import Facts
from gateway.core.pricing import prices_in
from gateway.core.recommending import Recommender
from store import consents
from store.consent_seal import digest
from store.inbox import Entry

_LONGEST_FETCH = 2.0
"""Seconds for the charging system: others' texts wait in the same pass."""
_WALLET = (Intent.BALANCE, Intent.MORE)


@dataclass(frozen=True, slots=True)
class Known:
    """What was looked up for a whole batch.

    people: with their usage. offers: of each person and number, the newest of each code. states: of the orders of those
    that were taken.
    """

    people: Mapping[Msisdn, tuple[Subscriber, bytes | None]]
    offers: Mapping[tuple[SubscriptionId, str], Sequence[Offer]]
    states: Mapping[OrderKey, str]


class TextFactsDesk:
    """Gathers the facts of texts. service_code: what is dialled for the menu, empty for none."""

    def __init__(self, context: Context, facts: Facts, service_code: str) -> None:
        self._context = context
        self._facts = facts
        self._recommender = Recommender(context, facts)
        self._service_code = service_code

    async def of_all(
        self, batch: Sequence[Entry], known: Known, before: Mapping[str, Entry]
    ) -> Sequence[TextFacts | Exception]:
        """All that is known of each text, or why it cannot be read. before: by entry id, their last of a moment ago.

        What most texts mean needs nothing more than what was looked up for the batch.
        """
        found = [self._readable(entry, known, before.get(entry.id)) for entry in batch]
        wanting = [at for at, one in enumerate(found) if isinstance(one, TextFacts) and self._wants_more(one)]
        more = await asyncio.gather(
            *(self._with_more(found[at], batch[at], known) for at in wanting),  # type: ignore[arg-type]
            return_exceptions=True,
        )
        for at, one in zip(wanting, more, strict=True):
            if isinstance(one, BaseException) and not isinstance(one, Exception):
                raise one
            found[at] = one
        return found

    def _readable(self, entry: Entry, known: Known, before: Entry | None) -> TextFacts | Exception:
        try:
            return self._at_hand(entry, known, before)
        except Exception as error:  # one that cannot be read takes nobody along
            return error

    def _at_hand(self, entry: Entry, known: Known, before: Entry | None) -> TextFacts:
        """What is known without asking. Raises ValueError or KeyError for a body that is none."""
        at, body = self._context.clock(), decode(entry.body)
        rules = self._context.rules(at)
        person, _ = known.people[entry.subject]
        made = known.offers.get((person.id, body["to"]), ())
        unnamed = known.offers.get((person.id, ""), ())
        on_screen = () if made else unnamed
        return TextFacts(
            texter=Texter(
                at,
                person,
                self._context.voice(person),
                source=body["to"],
                reply_key=f"reply:{entry.id}",
                operator=self._context.operator,
            ),
            text=body["text"],
            entry=entry.id,
            meaning=understand(body["text"], rules.stop_words),
            rules=rules,
            desk=Desk(self._context.zone, self._service_code, rules.complaints),
            offers=made,
            unnamed=unnamed,
            elsewhere=max((one for one in on_screen if one.open_at(at)), key=lambda one: one.id, default=None),
            order_states=known.states,
            names=self._names((*made, *on_screen), None, person.language),
            before=decode(before.body)["text"] if before else "",
        )

    def _wants_more(self, facts: TextFacts) -> bool:
        """Whether the charging system or the consents must be asked."""
        return facts.meaning.intent in _WALLET or bool(self._proof_code(facts))

    async def _with_more(self, facts: TextFacts, entry: Entry, known: Known) -> TextFacts:
        if facts.meaning.intent not in _WALLET:
            return replace(facts, proof=await self._proof(facts, entry))
        person, usage = known.people[entry.subject]
        wallet = await self._wallet(person)
        return replace(
            facts,
            names={**facts.names, **self._names((), wallet, person.language)},
            wallet=wallet,
            payable=await self._payable(person, wallet, usage) if facts.meaning.intent is Intent.MORE else None,
        )

    async def _wallet(self, person: Subscriber) -> Wallet | None:
        try:
            async with asyncio.timeout(_LONGEST_FETCH):
                return await self._facts.wallet(person.msisdn)
        except TimeoutError:
            self._context.metrics.failures.labels("ocs-wallet").inc()
            return None

    async def _payable(self, person: Subscriber, wallet: Wallet | None, usage: bytes | None) -> Sequence[Bundle] | None:
        """At the list's price: what costs this person less has an offer of its own, and no second one."""
        if wallet is None or wallet.balance is None:
            return None
        at, prices = self._context.clock(), self._context.prices
        own = prices_in(await prices.standing(person, at)) if prices else {}
        return [one for one in self._recommender.for_wallet(person, wallet, usage, own) if one.id not in own]

    def _names(self, made: Sequence[Offer], wallet: Wallet | None, language: str) -> Mapping[str, str]:
        """Of bundles that were offered, and of those that run and are in the catalogue."""
        names: dict[str, str] = {one.bundle: self._context.bundle_name(one.bundle, language) for one in made}
        for bucket in wallet.buckets if wallet else ():
            sold = self._context.catalogue.named(bucket.name)
            if sold is not None:
                names[bucket.name] = sold.name(language)
        return names

    def _proof_code(self, facts: TextFacts) -> str:
        """What looks like a porting code and means nothing else; empty for anything else."""
        rule = facts.rules.porting_proof
        return porting_proof.code_in(facts.text, rule) if rule and facts.meaning.intent is Intent.UNKNOWN else ""

    async def _proof(self, facts: TextFacts, entry: Entry) -> ProofTexted | None:
        """A porting code, with the request that it may belong to."""
        texter, rule, code = facts.texter, facts.rules.porting_proof, self._proof_code(facts)
        assert rule is not None, "a code is one by the market's rule"
        reader, person = self._context.reader, texter.subscriber.id
        asked = await consents.in_force(reader, person, PURPOSE)
        key = (await consents.keys_of(reader, [person])).get(person)
        if asked is None or key is None:
            return ProofTexted(texter, rule, entry.id, self._context.market.code, asked_at=None)
        last = await consents.in_force(reader, person, porting_proof.PURPOSE)
        return ProofTexted(
            texter=texter,
            rule=rule,
            entry=entry.id,
            market=self._context.market.code,
            asked_at=asked.at,
            digest=digest(code, key),
            known_digest=last.personal.replies[0] if last and last.personal else "",
            known_at=last.at if last else None,
        )
