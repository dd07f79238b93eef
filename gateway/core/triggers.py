"""One pass over triggers: from what the charging system told to alerts, offers and usage."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from time import perf_counter

from flows import life_cycle
from flows.alert import Alerted, AlertFacts, decide, place_of
from flows.effects import Effect
from flows.events import BundleReported, LifeCycleChanged, Trigger, UsageReported
from flows.frozen import dataclass
from flows.records import Subscriber
from flows.values import Msisdn, OfferId, Wallet
from gateway.core.choosing import BY_TEXT, ChannelDesk, Way
from gateway.core.commit import Committer
from gateway.core.context import Context
from gateway.core.deciding import Case, Verdict, judge
from gateway.core.facts import Facts
from gateway.core.known_bundles import KnownBundles, depletion_told
from scoring.errors import ScoringError
from scoring.features import UsageState, from_bytes, observe, to_bytes
from store import bundles, inbox, usage
from store.bundles import KnownBundle
from store.errors import StoreError
from store.ids import new_id
from store.inbox import Entry
from store.unit import Op

_LOG = logging.getLogger(__name__)
_CLOCK_SKEW = timedelta(hours=1)
_USAGE_KEPT = "usage_kept"


@dataclass(frozen=True, slots=True)
class Triggered:
    """A trigger with the inbox entry that makes it durable."""

    entry: Entry
    trigger: Trigger


@dataclass(frozen=True, slots=True)
class _Found:
    """event: what an alert may follow from; None for anything else.

    learned: what is written whatever comes of it; bundles: what a usage report tells of them.
    """

    item: Triggered
    subscriber: Subscriber
    usage: bytes | None
    event: BundleReported | None = None
    learned: tuple[Op, ...] = ()
    bundles: tuple[KnownBundle, ...] = ()

    def ops(self, told_at: datetime | None = None) -> tuple[Op, ...]:
        """What is written of a usage report. told_at: when its event was told to the person, None for not."""
        told = self.event.bucket.id if self.event else ""
        known = (
            depletion_told(one, told_at) if told_at is not None and one.bucket.id == told else one
            for one in self.bundles
        )
        return (*self.learned, *map(bundles.put, known))


Outcome = tuple[str, Sequence[Effect], tuple[Op, ...]]


class TriggerDesk:
    """Deals with batches of triggers in which nobody comes twice. channels: None where alerts can only be texts."""

    def __init__(
        self, context: Context, facts: Facts, committer: Committer, channels: ChannelDesk | None = None
    ) -> None:
        self._context = context
        self._facts = facts
        self._committer = committer
        self._channels = channels
        self._bundles = KnownBundles(context)

    async def work(self, batch: Sequence[Triggered]) -> Sequence[tuple[Triggered, Exception]]:
        """Look everything up, decide once for all, write all, each step on its own terms; what failed."""
        people = await self._facts.subscribers([item.entry.subject for item in batch])
        found = await self._learned([_Found(item, *people[item.entry.subject], _event(item)) for item in batch])
        ending = [one for one in found if one.event is not None]
        alerted = dict(zip((one.item.entry.id for one in ending), await self._alerts(ending), strict=True))
        outcomes = [alerted.get(one.item.entry.id) or self._other(one) for one in found]
        at = self._context.clock()
        opened = await self._committer.commit_all(
            [
                (effects, (*ops, inbox.done(one.item.entry.id, outcome, at)))
                for one, (outcome, effects, ops) in zip(found, outcomes, strict=True)
            ]
        )
        self._count(outcomes, opened)
        return [(item, result) for item, result in zip(batch, opened, strict=True) if isinstance(result, StoreError)]

    async def give_up(self, item: Triggered) -> None:
        """Put aside what could not be dealt with; it stays in the inbox, marked."""
        self._context.metrics.failures.labels("trigger").inc()
        await self._committer.note(inbox.done(item.entry.id, "failed", self._context.clock()))

    async def _alerts(self, found: Sequence[_Found]) -> list[Outcome]:
        if not found:
            return []
        wallets = await self._facts.wallets([one.item.entry.subject for one in found])
        at = self._context.clock()
        cases = [self._case(one, wallets[one.item.entry.subject], at) for one in found]
        started = perf_counter()
        verdicts = judge(cases, self._context.on_sale(at), at)
        self._context.metrics.decision_seconds.observe(perf_counter() - started)
        ways = await self._ways([case.subscriber for case in cases])
        results = [self._alert(*args) for args in zip(found, cases, verdicts, ways, strict=True)]
        for failed in (name for alerted in results for name in alerted.failed):
            self._context.metrics.claims_failed.labels(failed).inc()
        return [self._outcome(*args) for args in zip(found, cases, results, strict=True)]

    def _outcome(self, found: _Found, case: Case, alerted: Alerted) -> Outcome:
        if isinstance(found.item.trigger.fact, UsageReported):
            if not alerted.effects:
                return _USAGE_KEPT, (), found.ops()
            return alerted.outcome, alerted.effects, found.ops(self._context.clock())
        known = self._bundles.of_event(found.subscriber, case.event, case.wallet, alerted)
        return alerted.outcome, alerted.effects, known

    def _case(self, found: _Found, wallet: Wallet | None, at: datetime) -> Case:
        place = place_of(found.subscriber, self._context.rules(at), at)
        assert found.event is not None, "only what may end in an alert is a case"
        return Case(found.subscriber, found.event, wallet, found.usage, place)

    async def _ways(self, people: Sequence[Subscriber]) -> Sequence[Way]:
        return [BY_TEXT] * len(people) if self._channels is None else await self._channels.ways(people)

    def _alert(self, found: _Found, case: Case, verdict: Verdict, way: Way) -> Alerted:
        context, at = self._context, self._context.clock()
        voice = context.voice(case.subscriber)
        product = case.event.product or verdict.pool.ending.product
        known = context.catalogue.get(product) if product else None
        return decide(
            AlertFacts(
                at=at,
                happened_at=found.item.trigger.at,
                subscriber=case.subscriber,
                event=case.event,
                wallet=case.wallet,
                forecast=verdict.forecast,
                others_last_hours=verdict.others_last_hours,
                best=verdict.best,
                on_sale=verdict.on_sale,
                decision=verdict.decision,
                bundle_name=known.name(voice.language) if known else voice.bundle_word(case.event.bucket.unit),
                voice=voice,
                rules=context.rules(at),
                switches=context.contact_switches(),
                source=context.service_number.address,
                two_way=context.service_number.answerable,
                offer_id=OfferId(f"off-{new_id(at)}"),
                key=f"alert:{found.item.entry.id}",
                chosen=way.chosen,
                door=way.door,
                wait=way.wait,
                renewal_price=known.price if known else None,
                lead=context.leads.forecast,
                pool=verdict.pool,
            )
        )

    def _other(self, found: _Found) -> Outcome:
        match found.item.trigger.fact:
            case UsageReported():
                return _USAGE_KEPT, (), found.ops()
            case LifeCycleChanged() as changed:
                spoken = self._spoken(changed)
                return changed.change.value, life_cycle.change(found.subscriber, spoken, found.item.trigger.at), ()
            case _:  # kept for the flows that will act on it
                return "kept", (), ()

    def _spoken(self, changed: LifeCycleChanged) -> LifeCycleChanged:
        """A language that there are no texts in is as good as none."""
        return replace(changed, language=self._context.catalogues.nearest(changed.language) or "")

    async def _learned(self, found: Sequence[_Found]) -> list[_Found]:
        """What usage reports say of people's pace and bundles is worked in, and may be an event by itself."""
        telling = [one.subscriber.id for one in found if _tells_bundles(one.item)]
        before = await bundles.of(self._context.reader, telling) if telling else {}
        return [self._learn(one, before.get(one.subscriber.id, {})) for one in found]

    def _learn(self, found: _Found, before: Mapping[str, KnownBundle]) -> _Found:
        reported = found.item.trigger.fact
        if not isinstance(reported, UsageReported):
            return found
        state = to_bytes(self._used(found, reported))
        kept = usage.put(found.subscriber.id, state, self._context.clock())
        if not reported.bundles:
            return replace(found, learned=(kept,))
        paced = self._bundles.of_usage(found.subscriber, reported, state, before, found.item.trigger.at)
        return replace(found, usage=state, event=paced.event, learned=(kept,), bundles=paced.known)

    def _used(self, found: _Found, reported: UsageReported) -> UsageState:
        """What cannot be, in time or size, is left out; the rest of the report counts."""
        state, at = _usage_state(found.usage), self._context.clock()
        for session in sorted(reported.sessions, key=lambda session: session.start):
            if session.start - at > _CLOCK_SKEW:
                continue
            try:
                state = observe(state, session.start.timestamp(), float(session.bytes))
            except ScoringError:
                _LOG.warning("a usage session that cannot be was left out", extra={"inbox_id": found.item.entry.id})
        return state

    def _count(self, outcomes: Sequence[Outcome], opened: Sequence[bool | StoreError]) -> None:
        names = Counter(
            outcome if passed is True else "known_threshold"
            for (outcome, _, _), passed in zip(outcomes, opened, strict=True)
            if not isinstance(passed, StoreError)
        )
        for name, count in names.items():
            self._context.metrics.triggers.labels(name).inc(count)


def subject(item: Triggered) -> Msisdn:
    """Whose turn it is: one person's triggers are dealt with one after another."""
    return item.entry.subject


def _event(item: Triggered) -> BundleReported | None:
    """What was told of a bundle; its figures were read when it happened, unless it says when."""
    fact = item.trigger.fact
    if not isinstance(fact, BundleReported):
        return None
    return fact if fact.as_of else replace(fact, as_of=item.trigger.at)


def _tells_bundles(item: Triggered) -> bool:
    return isinstance(item.trigger.fact, UsageReported) and bool(item.trigger.fact.bundles)


def _usage_state(data: bytes | None) -> UsageState:
    if not data:
        return UsageState()
    try:
        return from_bytes(data)
    except ScoringError:
        _LOG.warning("usage features could not be read and begin anew")
        return UsageState()
