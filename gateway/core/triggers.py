"""One pass over triggers: from what the charging system told to alerts, offers and usage."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from flows import life_cycle
from flows.behaviour import Source
from flows.effects import Effect, RecordAlert, RecordBundlesOver
from flows.events import (
    OWN_CLOCK,
    BehaviourReported,
    BundleReported,
    LifeCycle,
    LifeCycleChanged,
    PortingIntended,
    Trigger,
    UsageReported,
)
from flows.frozen import dataclass
from flows.records import Subscriber
from flows.values import Msisdn, OfferId
from gateway.core import behaviour_told, forecast_watch
from gateway.core.alert_desk import AlertDesk, BundleNews, Message
from gateway.core.behaviour_desk import BehaviourDesk, Told
from gateway.core.breaths import in_breaths
from gateway.core.choosing import ChannelDesk
from gateway.core.commit import Committer
from gateway.core.context import Context
from gateway.core.facts import Facts
from gateway.core.known_bundles import KnownBundles, depletion_told
from scoring.features import UsageState, to_bytes
from store import bundles, forecasts, inbox, offers, prices, usage
from store.bundles import KnownBundle
from store.errors import StoreError
from store.inbox import Entry
from store.prices import Risk
from store.unit import Op

_LOG = logging.getLogger(__name__)
_USAGE_KEPT, _KEPT, _NO_CONSENT = "usage_kept", "kept", "no_consent"
_NOTHING_USED = to_bytes(UsageState())
_ENDED = (LifeCycle.RECYCLED, LifeCycle.PORTED_OUT)


@dataclass(frozen=True, slots=True)
class Triggered:
    """A trigger with the inbox entry that makes it durable.

    joined: what else was told of the same person's bundles within seconds.
    """

    entry: Entry
    trigger: Trigger
    joined: tuple[Triggered, ...] = ()

    @property
    def parts(self) -> tuple[Triggered, ...]:
        """Itself and what joined it."""
        return (self, *self.joined)


@dataclass(frozen=True, slots=True)
class _Found:
    """event: what a usage report leads to by itself; learned: what is written whatever comes of it.

    known: what a usage report tells of bundles. standing: sources of behaviour that may be kept, where any was told.
    """

    item: Triggered
    subscriber: Subscriber
    usage: bytes | None
    event: BundleReported | None = None
    learned: tuple[Op, ...] = ()
    known: tuple[KnownBundle, ...] = ()
    standing: frozenset[Source] = frozenset()

    def ops(self, told_at: datetime | None = None) -> tuple[Op, ...]:
        """What is written of a usage report. told_at: when its event was told to the person, None for not."""
        told = self.event.bucket.id if self.event else ""
        known = (
            depletion_told(one, told_at) if told_at is not None and one.bucket.id == told else one for one in self.known
        )
        return (*self.learned, *map(bundles.put, known))


Outcome = tuple[tuple[str, ...], Sequence[Effect], tuple[Op, ...]]
"""One word for each part, and what is written."""


class TriggerDesk:
    """Deals with batches of triggers in which nobody comes twice.

    channels: None where alerts can only be texts. behaviour: keeps what is told of how people live with their phone;
    left out, for as long as it is kept by default.
    """

    def __init__(
        self,
        context: Context,
        facts: Facts,
        committer: Committer,
        channels: ChannelDesk | None = None,
        behaviour: BehaviourDesk | None = None,
    ) -> None:
        self._context = context
        self._facts = facts
        self._committer = committer
        self._alerts = AlertDesk(context, facts, channels)
        self._bundles = KnownBundles(context)
        self._behaviour = behaviour or BehaviourDesk.of(context)

    async def work(self, batch: Sequence[Triggered]) -> Sequence[tuple[Triggered, Exception]]:
        """Look everything up, decide once for all, write all, each step on its own terms; what failed."""
        people = await self._facts.subscribers([item.entry.subject for item in batch])
        found = await self._kept([_Found(item, *people[item.entry.subject]) for item in batch])
        found = await self._learned(found)
        telling = [one for one in found if _news(one)]
        messages = await self._alerts.messages([_news(one) for one in telling])
        told = {one.item.entry.id: message for one, message in zip(telling, messages, strict=True)}
        ending = [one.subscriber.id for one in found if isinstance(one.item.trigger.fact, LifeCycleChanged)]
        open_offers = await offers.not_ended(self._context.reader, ending)
        outcomes = await in_breaths(
            self._outcome(one, told.get(one.item.entry.id), open_offers.get(one.subscriber.id, ())) for one in found
        )
        at = self._context.clock()
        steps = [
            (effects, (*ops, *(_done(part, word, at) for part, word in zip(parts, words, strict=True))))
            for parts, (words, effects, ops) in zip((item.parts for item in batch), outcomes, strict=True)
        ]
        opened = await self._committer.commit_all(steps)
        self._count(outcomes, opened)
        return [(item, result) for item, result in zip(batch, opened, strict=True) if isinstance(result, StoreError)]

    async def give_up(self, item: Triggered) -> None:
        """Put aside what could not be dealt with; it stays in the inbox, marked."""
        self._context.metrics.failures.labels("trigger").inc()
        at = self._context.clock()
        await self._committer.note(*(_done(part, "failed", at) for part in item.parts))

    def _outcome(self, found: _Found, message: Message | None, open_offers: tuple[OfferId, ...]) -> Outcome:
        if message is None:
            return self._other(found, open_offers)
        words, effects, ops = self._told(found, message)
        return words, effects, (*ops, *self._forecasts(found, message))

    def _forecasts(self, found: _Found, message: Message) -> tuple[Op, ...]:
        """Forecasts that are watched from now on, and outcomes of others; of one bundle, the outcome."""
        if self._context.forecasting is None:
            return ()
        triggers = [part.trigger for part in found.item.parts]
        over = forecast_watch.ended(found.subscriber.id, triggers, self._context.clock())
        return tuple({**message.forecasts, **over}.values())

    def _told(self, found: _Found, message: Message) -> Outcome:
        if isinstance(found.item.trigger.fact, UsageReported):
            if not message.effects:
                return (_USAGE_KEPT,), (), found.ops()
            return message.outcomes, message.effects, found.ops(self._context.clock())
        told = {effect.bundle_id for effect in message.effects if isinstance(effect, RecordAlert)}
        theirs = [one for one in _news(found) if not one.not_theirs]
        return message.outcomes, message.effects, self._bundles.of_news(theirs, message.wallet, told)

    def _other(self, found: _Found, open_offers: tuple[OfferId, ...]) -> Outcome:
        match found.item.trigger.fact:
            case UsageReported() as reported:
                word = _USAGE_KEPT if _may(found, reported) or found.known else _NO_CONSENT
                return (word,), (), (*found.ops(), *self._forecasts(found, Message(())))
            case BehaviourReported() as told:
                kept = all(record.source in found.standing for record in told.records)
                return (_KEPT if kept else _NO_CONSENT,), (), ()
            case LifeCycleChanged() as changed:
                spoken = self._spoken(changed)
                at = min(found.item.trigger.at, found.item.entry.received_at)  # by a clock that is ahead, or not
                effects = life_cycle.change(found.subscriber, spoken, at, open_offers)
                over = any(isinstance(effect, RecordBundlesOver) for effect in effects)
                gone = (forecasts.forget_of(found.subscriber.id),) if over else ()
                priced = prices.forget_of(found.subscriber.id) if changed.change in _ENDED else ()
                return (changed.change.value,), effects, (*gone, *priced)
            case PortingIntended(direction="out", probability=float(chance)) if self._context.prices is not None:
                at = min(found.item.trigger.at, self._context.clock())
                return ("risk_kept",), (), (prices.put_risk(found.subscriber.id, Risk(chance, "porting.intent", at)),)
            case _:  # kept for the flows that will act on it
                return (_KEPT,), (), ()

    def _spoken(self, changed: LifeCycleChanged) -> LifeCycleChanged:
        """A language that there are no texts in is as good as none."""
        return replace(changed, language=self._context.catalogues.nearest(changed.language) or "")

    async def _kept(self, found: Sequence[_Found]) -> list[_Found]:
        """What is told of behaviour is kept, as far as it may be; what may be of these people is known from here on."""
        records = [behaviour_told.records(one.item.trigger.fact) for one in found]
        told = [Told(one.subscriber, of_one) for one, of_one in zip(found, records, strict=True) if of_one]
        if not told:
            return list(found)
        kept = await self._behaviour.keep(told)
        for word, count in kept.words.items():
            self._context.metrics.behaviour.labels(word).inc(count)
        return [
            replace(
                one,
                standing=kept.standing.get(one.subscriber.id, frozenset()),
                usage=kept.paces.get(one.subscriber.id, one.usage),
            )
            for one in found
        ]

    async def _learned(self, found: Sequence[_Found]) -> list[_Found]:
        """What usage reports say of people's pace and bundles is worked in, and may be an event by itself."""
        telling = [one.subscriber.id for one in found if _tells_bundles(one.item)]
        before = await bundles.of(self._context.reader, telling) if telling else {}
        return [self._learn(one, before.get(one.subscriber.id, {})) for one in found]

    def _learn(self, found: _Found, before: Mapping[str, KnownBundle]) -> _Found:
        reported = found.item.trigger.fact
        if not isinstance(reported, UsageReported):
            return found
        may = _may(found, reported)
        state = found.usage if may and found.usage else _NOTHING_USED
        begins = may and not found.usage
        begun = (usage.begin(found.subscriber.id, state, self._context.clock()),) if begins else ()
        if not reported.bundles:
            return replace(found, learned=begun)
        paced = self._bundles.of_usage(found.subscriber, reported, state, before, found.item.trigger.at)
        return replace(found, usage=state, event=paced.event, learned=begun, known=paced.known)

    def _count(self, outcomes: Sequence[Outcome], opened: Sequence[bool | StoreError]) -> None:
        names = Counter(
            word if passed is True else "known_threshold"
            for (words, _, _), passed in zip(outcomes, opened, strict=True)
            if not isinstance(passed, StoreError)
            for word in words
        )
        for name, count in names.items():
            self._context.metrics.triggers.labels(name).inc(count)


def subject(item: Triggered) -> Msisdn:
    """Whose turn it is: one person's triggers are dealt with one after another."""
    return item.entry.subject


def _done(part: Triggered, word: str, at: datetime) -> Op:
    """Dealt with. What it told of behaviour is kept where consent can end it, and not in the inbox as well."""
    body = behaviour_told.without_behaviour(part.trigger.fact, part.entry.body)
    return inbox.done(part.entry.id, word, at) if body is None else inbox.done_hidden(part.entry.id, word, at, body)


def size(item: Triggered) -> int:
    """For how many events it stands."""
    return len(item.parts)


def _news(found: _Found) -> list[BundleNews]:
    if found.event is not None:
        item = found.item
        return [BundleNews(item.entry.id, item.trigger.at, found.event, found.subscriber, found.usage)]
    return [
        BundleNews(
            part.entry.id,
            part.trigger.at,
            _read_then(part),
            found.subscriber,
            found.usage,
            not_theirs=_is_of_another(part.entry, found.subscriber),
        )
        for part in found.item.parts
        if isinstance(part.trigger.fact, BundleReported)
    ]


def _is_of_another(entry: Entry, subscriber: Subscriber) -> bool:
    """Whether our own clock found it of a subscription that has ended since: its id begins with whose it is."""
    return entry.source == OWN_CLOCK and not entry.event_id.startswith(f"{subscriber.id}/")


def _read_then(part: Triggered) -> BundleReported:
    """What was told of a bundle; its figures were read when it happened, unless it says when."""
    fact = part.trigger.fact
    assert isinstance(fact, BundleReported)
    return fact if fact.as_of else replace(fact, as_of=part.trigger.at)


def _may(found: _Found, reported: UsageReported) -> bool:
    """Whether the pace of use may be kept and used: it is made of sessions, and asked about where some are told."""
    return not reported.sessions or Source.SESSIONS in found.standing


def _tells_bundles(item: Triggered) -> bool:
    return isinstance(item.trigger.fact, UsageReported) and bool(item.trigger.fact.bundles)
