"""What some people who may leave are asked for what is on sale, and what is taken of the budget for it: in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import field
from datetime import datetime, timedelta

import numpy as np

from flows.catalogue import Bundle
from flows.frozen import dataclass
from flows.personal_price import OwnPrices, PersonalPrice
from flows.values import BundleId, Money, SubscriptionId
from gateway.core.offered import Offered
from gateway.core.price_windows import PricePolicy, Wanted, worked_out
from scoring.lifetime import at_stake
from scoring.pricing import prices
from store import prices as kept
from store.prices import Incentive, PriceWindow, Risk
from store.unit import Op

_SHORTEST = timedelta(hours=1)
"""Of a window: with less left of it, nothing new is offered at its price."""


@dataclass(frozen=True, slots=True)
class QuoteFacts:
    """All that prices of some people hang on.

    risks: of those who may leave. margins: that each of them is expected to bring in a month. windows: the last of
    each person and bundle. opens: bundles that they have an open offer of, and its price. left: of the budget.
    held: of it by each of them.
    """

    at: datetime
    period: str
    currency: str
    risks: Mapping[SubscriptionId, Risk] = field(default_factory=dict)
    margins: Mapping[SubscriptionId, float] = field(default_factory=dict)
    windows: Mapping[tuple[SubscriptionId, BundleId], PriceWindow] = field(default_factory=dict)
    opens: Set[tuple[SubscriptionId, BundleId, int]] = frozenset()
    left: int = 0
    held: Mapping[SubscriptionId, int] = field(default_factory=dict)


class Quotes:
    """Asks what a person would be asked, then takes for what they are offered.

    left: of the budget. ops: what makes durable what was taken. outcomes: of each that was wanted, in a word.
    """

    def __init__(self, policy: PricePolicy, facts: QuoteFacts) -> None:
        self.period, self.left = facts.period, facts.left
        self.ops: list[Op] = []
        self.outcomes: list[str] = []
        self._policy = policy
        self._facts = facts
        self._windows = dict(facts.windows)
        self._held = dict(facts.held)
        self._worked: dict[str, Mapping[SubscriptionId, Sequence[int]]] = {}
        self._opens: defaultdict[tuple[SubscriptionId, BundleId], set[int]] = defaultdict(set)
        for person, bundle, amount in facts.opens:
            self._opens[person, bundle].add(amount)

    def of(self, person: SubscriptionId, offered: Offered) -> OwnPrices:
        """What they can be offered below the list now."""
        if person not in self._facts.risks or not offered.bundles:
            return {}
        found = {}
        for bundle, fresh in zip(offered.bundles, self._fresh(offered)[person], strict=True):
            window = self._running(person, bundle)
            price = Money(fresh, bundle.price.currency) if window is None else window.price
            ends = self._facts.at + self._policy.window if window is None else window.ends_at
            if not self._why_not(person, bundle, price, ends):
                found[bundle.id] = price
        return found

    def take(self, wanted: Wanted) -> PersonalPrice | None:
        """The price below the list that it is offered at, and what that takes of the budget; None for the list's."""
        person, bundle, facts = wanted.person.id, wanted.bundle, self._facts
        if person not in facts.risks:
            return None
        running = self._running(person, bundle)
        window = running or self._worked_out(wanted)
        outcome = self._why_not(person, bundle, window.price, window.ends_at)
        self.outcomes.append(outcome or "given")
        if outcome:
            return None
        if running is None:
            self.ops.append(kept.put_window(window))
            self._windows[person, bundle.id] = window
        off = bundle.price.amount - window.price.amount
        self._opens[person, bundle.id].add(window.price.amount)
        self.left -= off
        self._held[person] = self._held.get(person, 0) + off
        amount = Money(off, window.price.currency)
        self.ops.append(kept.put_incentive(Incentive(wanted.offer, person, facts.period, amount, facts.at)))
        return PersonalPrice(window.price, bundle.price, window.ends_at, window.reason)

    def _running(self, person: SubscriptionId, bundle: Bundle) -> PriceWindow | None:
        window = self._windows.get((person, bundle.id))
        return None if window is None or window.ends_at <= self._facts.at else window

    def _worked_out(self, wanted: Wanted) -> PriceWindow:
        before, facts = self._windows.get((wanted.person.id, wanted.bundle.id)), self._facts
        risk, margin = facts.risks[wanted.person.id], facts.margins[wanted.person.id]
        number = 0 if before is None else before.window + 1
        return worked_out(wanted, risk, margin, self._policy, number=number, at=facts.at)

    def _fresh(self, offered: Offered) -> Mapping[SubscriptionId, Sequence[int]]:
        """What each bundle would cost each of them if it were worked out now, as ``worked_out`` does it for one."""
        known = self._worked.get(offered.digest)
        if known is None:
            people, many = list(self._facts.risks), len(offered.listed)
            leaving = np.array([self._facts.risks[one].probability for one in people])
            stake = at_stake(np.array([self._facts.margins[one] for one in people]), leaving)
            listed, cost = np.tile(offered.listed, (len(people), 1)), np.tile(offered.cost, (len(people), 1))
            made = prices(listed, cost, np.repeat(stake[:, None], many, axis=1), self._policy.terms)
            known = self._worked[offered.digest] = dict(zip(people, made.price.tolist(), strict=True))
        return known

    def _why_not(self, person: SubscriptionId, bundle: Bundle, price: Money, ends_at: datetime) -> str:
        """Why the list price is told, in a word; empty where it is not."""
        off = bundle.price.amount - price.amount
        if not bundle.price.currency == price.currency == self._facts.currency:
            return "currency"
        if off <= 0:
            return "list"
        if ends_at - self._facts.at < _SHORTEST:
            return "window_ends"
        if self._opens.get((person, bundle.id), set()) - {price.amount}:
            return "open_offer"  # at another price: that one stands
        if off + self._held.get(person, 0) > (self._policy.most_a_person or self._policy.budget):
            return "person"
        return "budget" if off > self.left else ""
