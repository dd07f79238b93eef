"""What is told of bundles: each event weighed against what was told before, and one message made of a person's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta

from flows.alert import Alerted, AlertFacts, decide, place_of, threshold_key
from flows.bundle_periods import Told, most_telling, why_pointless
from flows.effects import Effect, RecordAlert, RecordDecision, RecordOvertaken
from flows.events import BundleReported
from flows.frozen import dataclass
from flows.joining import joined, leading
from flows.records import Subscriber
from flows.values import SubscriptionId, Wallet
from gateway.core import decision_log
from gateway.core.alert_deciding import AlertDecider, Decided
from gateway.core.breaths import in_breaths
from gateway.core.choosing import BY_TEXT, ChannelDesk, Way
from gateway.core.context import Context
from gateway.core.deciding import Case, Verdict
from gateway.core.facts import Facts
from gateway.core.forecast_watch import watched
from gateway.core.refusals import Refused, refused_by
from store import alerts
from store.unit import Op

_LATEST_TEXT = timedelta(hours=25)
"""An alert that is older does not wait any more."""


@dataclass(frozen=True, slots=True)
class BundleNews:
    """One event about a bundle. entry: its id in the inbox; usage: what the store holds of the person's use.

    not_theirs: it is about whoever had the number before.
    """

    entry: str
    happened_at: datetime
    event: BundleReported
    subscriber: Subscriber
    usage: bytes | None
    not_theirs: bool = False

    @property
    def bundle(self) -> tuple[SubscriptionId, str]:
        """Whose, and which."""
        return self.subscriber.id, self.event.bucket.id


@dataclass(frozen=True, slots=True)
class Message:
    """What follows from a person's news: the outcome of each in one word, and the effects of all in one step.

    wallet: as it was read for that, None if it was not. forecasts: that are watched, by bundle.
    """

    outcomes: tuple[str, ...]
    effects: tuple[Effect, ...] = ()
    wallet: Wallet | None = None
    forecasts: Mapping[str, Op] = field(default_factory=dict)


_History = Mapping[tuple[SubscriptionId, str], Sequence[Told]]


class AlertDesk:
    """Decides on the news of many people at once. channels: None where alerts can only be texts."""

    def __init__(self, context: Context, facts: Facts, channels: ChannelDesk | None = None) -> None:
        self._context = context
        self._facts = facts
        self._channels = channels
        self._decider = AlertDecider(context)

    async def messages(self, people: Sequence[Sequence[BundleNews]]) -> list[Message]:
        """For each person what becomes of their news."""
        if not people:
            return []
        bundles = [one.bundle for news in people for one in news]
        history: _History = await alerts.told(self._context.reader, bundles)
        at = self._context.clock()
        wallets = await self._facts.wallets(
            [news[0].subscriber.msisdn for news in people if _sort_out(news, None, history, at).leads]
        )
        sorted_out = [_sort_out(news, wallets.get(news[0].subscriber.msisdn), history, at) for news in people]
        leads = [one for found in sorted_out for one in found.leads]
        refused = await refused_by(self._context, [one.subscriber.id for one in leads], at)
        cases = [(one, self._case(one, wallets[one.subscriber.msisdn], refused, at)) for one in leads]
        made = await self._decider.decided([case for _, case in cases], at)
        decided = await self._alerts(cases, made)
        self._count(decided)
        watches = self._watches(cases, [one.verdict for one in made], at)
        return await in_breaths(
            replace(
                _message(news, found, decided, history, at),
                wallet=wallets.get(news[0].subscriber.msisdn),
                forecasts={lead.event.bucket.id: watches[lead.entry] for lead in found.leads if lead.entry in watches},
            )
            for news, found in zip(people, sorted_out, strict=True)
        )

    def _count(self, decided: Mapping[str, Alerted]) -> None:
        for failed in (name for alerted in decided.values() for name in alerted.failed):
            self._context.metrics.claims_failed.labels(failed).inc()

    def _case(self, one: BundleNews, wallet: Wallet | None, refused: Refused, at: datetime) -> Case:
        place = place_of(one.subscriber, self._context.rules(at), at)
        no = refused.get(one.subscriber.id, frozenset())
        return Case(one.subscriber, one.event, wallet, one.usage, place, seed=one.entry, refused=no)

    def _watches(
        self, cases: Sequence[tuple[BundleNews, Case]], verdicts: Sequence[Verdict], at: datetime
    ) -> dict[str, Op]:
        """Forecasts of a model whose outcome will be told, by entry."""
        forecasting = self._context.forecasting
        if forecasting is None:
            return {}
        found = (
            (one.entry, watched(case, verdict, forecasting.version, at))
            for (one, case), verdict in zip(cases, verdicts, strict=True)
        )
        return {entry: op for entry, op in found if op is not None}

    async def _alerts(self, cases: Sequence[tuple[BundleNews, Case]], made: Sequence[Decided]) -> dict[str, Alerted]:
        if not cases:
            return {}
        ways = await self._ways([case.subscriber for _, case in cases])
        alerted = (
            (one.entry, self._alert(one, case, decided, way))
            for (one, case), decided, way in zip(cases, made, ways, strict=True)
        )
        return dict(await in_breaths(alerted))

    def _spoke(self, verdict: Verdict) -> Mapping[str, str]:
        forecasting = self._context.forecasting
        return {} if forecasting is None or verdict.segment is None else {"depletion": forecasting.version}

    async def _ways(self, people: Sequence[Subscriber]) -> Sequence[Way]:
        return [BY_TEXT] * len(people) if self._channels is None else await self._channels.ways(people)

    def _alert(self, one: BundleNews, case: Case, decided: Decided, way: Way) -> Alerted:
        context, at, verdict = self._context, self._context.clock(), decided.verdict
        voice = context.voice(case.subscriber)
        product = case.event.product or verdict.pool.ending.product
        known = context.catalogue.get(product) if product else None
        made = decision_log.entry(decided.offer, case.subscriber.id, at, verdict.kept, self._spoke(verdict))
        alerted = decide(
            AlertFacts(
                at=at,
                happened_at=one.happened_at,
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
                offer_id=decided.offer,
                key=text_key(one.entry),
                chosen=way.chosen,
                door=way.door,
                wait=way.wait,
                renewal_price=known.price if known else None,
                lead=context.leads.forecast,
                pool=verdict.pool,
                personal=decided.personal,
            )
        )
        return Alerted(alerted.outcome, (*alerted.effects, made), alerted.failed) if alerted.effects else alerted


@dataclass(frozen=True, slots=True)
class _SortedOut:
    """pointless: outcomes by entry. leads: one a bundle, to be decided on; absorbed: which of them says it too."""

    pointless: Mapping[str, str]
    leads: Sequence[BundleNews]
    absorbed: Mapping[str, BundleNews]


def _sort_out(news: Sequence[BundleNews], wallet: Wallet | None, history: _History, at: datetime) -> _SortedOut:
    why = {
        one.entry: "not_theirs"
        if one.not_theirs
        else why_pointless(one.event, one.happened_at, at, history.get(one.bundle, ()), wallet)
        for one in news
    }
    by_bundle: defaultdict[str, list[BundleNews]] = defaultdict(list)
    for one in news:
        if not why[one.entry]:
            by_bundle[one.event.bucket.id].append(one)
    leads, absorbed = [], {}
    for same in by_bundle.values():
        lead = same[most_telling([(one.event, one.happened_at) for one in same])] if len(same) > 1 else same[0]
        leads.append(lead)
        absorbed.update({one.entry: lead for one in same if one is not lead})
    return _SortedOut({entry: word for entry, word in why.items() if word}, leads, absorbed)


def _message(
    news: Sequence[BundleNews], found: _SortedOut, decided: Mapping[str, Alerted], history: _History, at: datetime
) -> Message:
    alerted = [decided[one.entry] for one in found.leads]
    lead = leading(alerted)
    outcomes = {**found.pointless, **{one.entry: decided[one.entry].outcome for one in found.leads}}
    outcomes.update({entry: outcomes[one.entry] for entry, one in found.absorbed.items()})
    if lead is None:
        return Message(tuple(outcomes[one.entry] for one in news))
    first = found.leads[lead]
    told = {one.entry for one, what in zip(found.leads, alerted, strict=True) if what.effects}
    along = [one for one in news if one is not first and found.absorbed.get(one.entry, one).entry in told]
    outcomes.update({one.entry: _word_of(one, found.absorbed.get(one.entry, one)) for one in along})
    key = text_key(first.entry)
    effects = [
        _dated(effect, first, key) if isinstance(effect, RecordAlert) else effect for effect in joined(alerted, lead)
    ]
    effects += [_dated(_noted(one, at), one, key) for one in along]
    others = [what for which, what in enumerate(alerted) if which != lead]
    effects += [effect for what in others for effect in what.effects if isinstance(effect, RecordDecision)]
    for one in found.leads:
        if one.entry in told:
            effects += _overtaken(history.get(one.bundle, ()), at)
    return Message(tuple(outcomes[one.entry] for one in news), tuple(effects))


def _word_of(one: BundleNews, lead: BundleNews) -> str:
    same = one is not lead and threshold_key(one.event) == threshold_key(lead.event)
    return "known_threshold" if same else "joined"


def _noted(one: BundleNews, at: datetime) -> RecordAlert:
    return RecordAlert(one.subscriber.id, one.event.bucket.id, threshold_key(one.event), at, "joined")


def _dated(effect: RecordAlert, one: BundleNews, key: str) -> RecordAlert:
    """With the period of the bundle, and which text tells it."""
    return replace(
        effect,
        happened_at=one.happened_at,
        activated_at=one.event.activated_at,
        expires_at=one.event.bucket.expires_at,
        text=key,
    )


def _overtaken(told: Sequence[Told], at: datetime) -> list[RecordOvertaken]:
    """What waits about the same bundle says less."""
    recent = [before for before in told if before.text and at - before.happened_at < _LATEST_TEXT]
    return [RecordOvertaken(text, at) for text in dict.fromkeys(before.text for before in recent)]


def text_key(entry: str) -> str:
    """Of the text that an event leads to."""
    return f"alert:{entry}"
