"""Which offer: people and what is sold as arrays, decided by today's rule or by the ranking that learns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from flows.frozen import dataclass
from flows.values import Money
from gateway.core.case import Case
from gateway.core.context import eligibility_facts
from gateway.core.offered import Offered
from gateway.core.ranking import Ranking
from scoring.choice import ALONE, ChoiceBatch, Ranker
from scoring.decide import decide
from scoring.lottery import drawn, is_held_out
from scoring.values import Bools, DecisionBatch, Decisions, Floats, OfferBatch, UsageBatch

_NAN = math.nan


@dataclass(frozen=True, slots=True)
class Made:
    """A decision on some people, and what it was made from. choice, ranker: None where today's rule decides alone.

    own: what some offers cost some of them, ``(n, m)``, NaN for the list's price; None where all pay that.
    """

    batch: DecisionBatch
    decisions: Decisions
    offered: Offered
    choice: ChoiceBatch | None = None
    ranker: Ranker | None = None
    own: Floats | None = None

    @property
    def offers(self) -> OfferBatch:
        """All that could be chosen from, at what it costs each of them."""
        return self.batch.offers if self.choice is None else self.choice.offers

    def best(self, row: int) -> int:
        """Which of what is offered, -1 for none."""
        chosen = self.decisions.chosen
        return int((self.decisions.ranking if chosen is None else chosen).best[row])

    def worths(self) -> Iterator[tuple[int, float]]:
        """Of the first person: each bundle that may be bought, and how good it is. Sizes made for somebody are none.

        Today's rule knows of none while the balance is not known; what was learned ranks them all.
        """
        choice = self.choice
        if choice is None or self.ranker is None or self.decisions.chosen is None or choice.held_out[0]:
            offers, worth = self.batch.offers, self.decisions.ranking.scores[0]
            payable = _of_first(offers) <= offers.balance[0]
        else:
            offers = choice.offers
            worth = self.ranker.worth(self.ranker.rows(choice, self.decisions.forecasts), choice)[0]
            payable = ~(_of_first(offers) > offers.balance[0])
        can = offers.eligible[0] & payable & (self.offered.table.family[: len(worth)] == ALONE)
        for column in np.flatnonzero(can):
            yield int(column), float(worth[column])


def decided(cases: Sequence[Case], usage: UsageBatch, offered: Offered, ranking: Ranking | None) -> Made:
    """One decision for each case. Where the learned ranking cannot, today's rule does, and that is counted."""
    eligible, balance = _eligible(cases, offered), np.array([_balance(case, offered) for case in cases])
    own = _own(cases, offered)
    batch = DecisionBatch(usage, offered.table.todays_batch(balance, eligible, own))
    if ranking is not None:
        ranker = ranking.ranker
        try:
            offers = offered.table.batch(balance, eligible, own)
            choice = _choice(cases, usage.days, offers, offered, ranking.holdout)
            return Made(batch, decide(batch, choice, ranker), offered, choice, ranker, own)
        except Exception as error:  # a decision never fails a turn
            ranking.fell_back(error)
    return Made(batch, decide(batch), offered, own=own)


def _of_first(offers: OfferBatch) -> Floats:
    """What everything costs the first person."""
    return offers.price if offers.price.ndim == 1 else offers.price[0]


def _own(cases: Sequence[Case], offered: Offered) -> Floats | None:
    """What costs some of them less than the list; None where nothing does. A price in a foreign currency is none."""
    if not any(case.own for case in cases):
        return None
    own = np.full((len(cases), len(offered.bundles)), _NAN)
    for row, case in enumerate(cases):
        if case.own:
            own[row] = [_minor_units(case.own.get(bundle.id), bundle.price) for bundle in offered.bundles]
    return None if np.isnan(own).all() else own


def _minor_units(own: Money | None, listed: Money) -> float:
    return _NAN if own is None or own.currency != listed.currency else float(own.amount)


def _choice(cases: Sequence[Case], days: Floats, offers: OfferBatch, offered: Offered, holdout: float) -> ChoiceBatch:
    ids = offered.ids
    size = (len(cases), len(ids))
    ending = [case.event.product or case.event.bucket.product for case in cases]
    return ChoiceBatch(
        offers=offers,
        content=offered.table.content,
        family=offered.table.family,
        refused=np.array([[one in case.refused for one in ids] for case in cases], dtype=bool).reshape(size),
        same_again=np.array([[one == product for one in ids] for product in ending], dtype=bool).reshape(size),
        days=days,
        drawn=np.array([drawn("offer", case.seed) for case in cases]),
        held_out=np.array([is_held_out(case.subscriber.id, holdout) for case in cases]),
    )


def _eligible(cases: Sequence[Case], offered: Offered) -> Bools:
    """Who may buy what; people of whom the same is known are looked at once."""
    known: dict[frozenset[tuple[str, str]], list[bool]] = {}
    rows = []
    for case in cases:
        facts = eligibility_facts(case.subscriber)
        key = frozenset(facts.items())
        if key not in known:
            known[key] = [bundle.eligible_for(facts) for bundle in offered.bundles]
        rows.append(known[key])
    return np.array(rows, dtype=bool).reshape(len(cases), len(offered.bundles))


def _balance(case: Case, offered: Offered) -> float:
    """What the person can spend in the catalogue's currency, advances taken back; a foreign one affords nothing."""
    balance = case.wallet.spendable if case.wallet else None
    if balance is None or balance.currency != offered.currency:
        return _NAN
    return float(balance.amount)
