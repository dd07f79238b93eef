"""What is decided on the news of many people at once, each at the prices that are theirs (ADR 31)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from time import perf_counter

from flows.contact_policy import Allowed
from flows.frozen import dataclass
from flows.personal_price import PersonalPrice
from flows.values import OfferId, Unit
from gateway.core.case import Case
from gateway.core.context import Context
from gateway.core.deciding import Verdict, judge
from gateway.core.decision_log import DecisionLog
from gateway.core.offered import Offered
from gateway.core.price_windows import Wanted
from gateway.core.pricing import Prices
from gateway.core.shadow_kinds import note_acceptances, note_forecasts
from store.ids import new_id


@dataclass(frozen=True, slots=True)
class Decided:
    """offer: the id of the one that is made, or would have been. personal: what it costs them, None for the list's."""

    verdict: Verdict
    offer: OfferId
    personal: PersonalPrice | None = None


_Sold = Mapping[Unit, Offered]


class AlertDecider:
    """Decides on cases, and takes of the budget what the decisions let off."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._log = DecisionLog(context)

    async def decided(self, cases: Sequence[Case], at: datetime) -> Sequence[Decided]:
        """One decision for each case, in order; what it was made from is durable but for what is kept of itself."""
        if not cases:
            return ()
        context = self._context
        sold = {unit: context.offered(at, unit) for unit in {case.event.bucket.unit for case in cases}}
        await self._log.sell(sold.values())
        made_at = context.clock()
        offers = [OfferId(f"off-{new_id(made_at)}") for _ in cases]
        if context.prices is None:
            found = [
                Decided(verdict, offer) for verdict, offer in zip(self._judged(cases, sold, at), offers, strict=True)
            ]
        else:
            found = await self._priced(context.prices, cases, offers, sold, at)
        verdicts = [one.verdict for one in found]
        note_forecasts(context.shadow, cases, verdicts, at)
        note_acceptances(context.shadow, cases, verdicts, offers, at)
        return found

    async def _priced(
        self, prices: Prices, cases: Sequence[Case], offers: Sequence[OfferId], sold: _Sold, at: datetime
    ) -> list[Decided]:
        """At their own prices. Who would get no offer anyway has none, and takes nothing of the budget.

        Whoever was decided on at a price that those before them used up the budget for is decided on once more, at the
        list's: what is kept of a decision is the price that is told.
        """
        context = self._context
        contacted = [isinstance(context.may_contact(case.subscriber, at), Allowed) for case in cases]
        people = [case.subscriber for case, may in zip(cases, contacted, strict=True) if may]
        async with prices.quoting(people, at) as quotes:
            theirs = [
                replace(case, own=quotes.of(case.subscriber.id, sold[case.event.bucket.unit])) if may else case
                for case, may in zip(cases, contacted, strict=True)
            ]
            verdicts = self._judged(theirs, sold, at)
            wanted = {
                row: Wanted(cases[row].subscriber, verdict.best, offers[row])
                for row, verdict in enumerate(verdicts)
                if verdict.best is not None and contacted[row]
            }
            taken = dict(zip(wanted, await prices.taken(quotes, list(wanted.values())), strict=True))
        gone = [row for row, one in wanted.items() if one.bundle.id in theirs[row].own and taken[row] is None]
        for row, verdict in zip(gone, self._judged([cases[row] for row in gone], sold, at), strict=True):
            verdicts[row] = verdict
        return [Decided(verdict, offers[row], taken.get(row)) for row, verdict in enumerate(verdicts)]

    def _judged(self, cases: Sequence[Case], sold: _Sold, at: datetime) -> list[Verdict]:
        context, started = self._context, perf_counter()
        if not cases:
            return []
        verdicts = judge(cases, sold.__getitem__, at, ranking=context.ranking, forecasting=context.forecasting)
        context.metrics.decision_seconds.observe(perf_counter() - started)
        return verdicts
