"""What must be known to deal with a text: the rest of it is asked for only by those whose meaning needs it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows import porting_proof
from flows.answering import Texter
from flows.catalogue import Bundle
from flows.enquiries import Desk
from flows.keywords import Intent, Meaning
from flows.porting import PURPOSE
from flows.porting_proof import ProofTexted
from flows.records import Offer, Subscriber
from flows.texting import TextFacts
from flows.understanding import understand
from flows.values import Msisdn, OrderKey, SubscriptionId, Wallet
from gateway.core.context import Context
from gateway.core.deciding import payable
from gateway.core.facts import Facts
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
        self._service_code = service_code

    async def of(self, entry: Entry, known: Known, before: Entry | None) -> TextFacts:
        """All that is known of a text. before: the same person's last, if it was a moment ago.

        Raises StoreError, and ValueError or KeyError for a body that is none.
        """
        at, body = self._context.clock(), json.loads(entry.body)
        rules = self._context.rules(at)
        person, usage = known.people[entry.subject]
        texter = Texter(at, person, self._context.voice(person), body["to"], f"reply:{entry.id}")
        meaning = understand(body["text"], rules.stop_words)
        made = known.offers.get((person.id, body["to"]), ())
        on_screen = () if made else known.offers.get((person.id, ""), ())
        wallet = await self._wallet(person) if meaning.intent in _WALLET else None
        return TextFacts(
            texter=texter,
            text=body["text"],
            entry=entry.id,
            meaning=meaning,
            rules=rules,
            desk=Desk(self._context.zone, self._service_code, rules.complaints),
            offers=made,
            elsewhere=max((one for one in on_screen if one.open_at(at)), key=lambda one: one.id, default=None),
            order_states=known.states,
            names=self._names((*made, *on_screen), wallet, person.language),
            wallet=wallet,
            payable=self._payable(person, wallet, usage) if meaning.intent is Intent.MORE else None,
            proof=await self._proof(body, texter, entry, meaning),
            before=json.loads(before.body)["text"] if before else "",
        )

    async def _wallet(self, person: Subscriber) -> Wallet | None:
        try:
            async with asyncio.timeout(_LONGEST_FETCH):
                return await self._facts.wallet(person.msisdn)
        except TimeoutError:
            self._context.metrics.failures.labels("ocs-wallet").inc()
            return None

    def _payable(self, person: Subscriber, wallet: Wallet | None, usage: bytes | None) -> Sequence[Bundle] | None:
        if wallet is None or wallet.balance is None:
            return None
        at = self._context.clock()
        return payable(person, wallet, usage, self._context.on_sale(at), at)

    def _names(self, made: Sequence[Offer], wallet: Wallet | None, language: str) -> Mapping[str, str]:
        """Of bundles that were offered, and of those that run and are in the catalogue."""
        names: dict[str, str] = {one.bundle: self._context.bundle_name(one.bundle, language) for one in made}
        for bucket in wallet.buckets if wallet else ():
            sold = self._context.catalogue.get(bucket.name)
            if sold is not None:
                names[bucket.name] = sold.name(language)
        return names

    async def _proof(
        self, body: Mapping[str, Any], texter: Texter, entry: Entry, meaning: Meaning
    ) -> ProofTexted | None:
        """What looks like a porting code and means nothing else, with the request that it may belong to."""
        rule = self._context.rules(texter.at).porting_proof
        code = porting_proof.code_in(body["text"], rule)
        if rule is None or not code or meaning.intent is not Intent.UNKNOWN:
            return None
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
