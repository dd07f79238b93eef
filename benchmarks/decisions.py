"""One decision over twenty offers: the arrays alone, and with everything that they are made from."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.market import earned
from benchmarks.measure import Goal, Row
from flows.catalogue import Bundle, load_starter
from flows.events import BundleChange, BundleReported
from flows.records import Subscriber
from flows.values import Allowance, Bucket, BundleId, Money, Msisdn, SubscriptionId, Unit, Wallet
from gateway.core.deciding import Case, judge
from gateway.core.offered import Offered, offered
from gateway.core.price_windows import PricePolicy
from gateway.core.quotes import QuoteFacts, Quotes
from gateway.core.ranking import Ranking
from scoring.acceptance_model import nothing_known
from scoring.choice import Ranker
from scoring.decide import decide
from scoring.features import UsageState, observe, to_bytes
from scoring.pricing import Terms
from scoring.values import DecisionBatch, OfferBatch, UsageBatch
from store.prices import Risk
from store.ranking_states import RankingState

_OFFERS = 20
_AT = datetime(2026, 11, 24, 15, tzinfo=UTC)
_SLOWEST_US = 2_000.0
"""p99 of one decision."""
_MOST_IN_BATCHES_US = 200.0
"""5,000 decisions a second in batches of 32."""
_BATCH = 32


async def run(folder: Path, rounds: int, scale: float) -> list[Row]:
    """p50 and p99 of decisions one by one and in batches of 32, then what they earn in a market whose law is known."""
    generator = np.random.default_rng(7)
    weights, features = generator.random((_OFFERS, 30)), generator.random(30)
    times = int(3000 * scale)
    one = "decision with features, 20 offers, one by one"
    measured: dict[str, tuple[int, Callable[[], object]]] = {
        "one (20, 30) matrix by a vector in numpy": (1, lambda: weights @ features),
        "decide, batch of 1, 20 offers": (1, _decider(generator, 1)),
        "decide, batch of 32, 20 offers": (_BATCH, _decider(generator, _BATCH)),
        f"{one}, today's rule": (1, _judge(1, None)),
        f"{one}, learned": (1, _judge(1, _ranking())),
        f"{one}, learned, at prices of their own": (1, _judge_at_own_prices(1, _ranking())),
        "the same in batches of 32, today's rule": (_BATCH, _judge(_BATCH, None)),
        "the same in batches of 32, learned": (_BATCH, _judge(_BATCH, _ranking())),
        "the same in batches of 32, learned, at prices of their own": (
            _BATCH,
            _judge_at_own_prices(_BATCH, _ranking()),
        ),
    }
    samples: dict[str, list[np.ndarray[tuple[int], np.dtype[np.float64]]]] = {name: [] for name in measured}
    for _ in range(rounds):
        for name, (size, call) in measured.items():
            samples[name].append(_timed(call, max(times // size, 50)))
    found = []
    baseline = 0.0
    for name, (size, _) in measured.items():
        p50, p99 = (float(np.median([np.percentile(one, q) for one in samples[name]])) for q in (50, 99))
        baseline = baseline or p50
        note = f"p50 {p50:.0f} µs, p99 {p99:.0f} µs a batch"
        row = Row(name, p50 / size, 1e6 * size / p50, p50 / size / baseline, note)
        found.append(replace(row, goals=_goals(name, p50 / size, p99)))
    return [*found, *earned(scale, baseline)]


def _goals(name: str, mean: float, p99: float) -> tuple[Goal, ...]:
    if name.startswith("decision with features"):
        return (Goal(p99, _SLOWEST_US, "p99", "µs"),)
    return (Goal(mean, _MOST_IN_BATCHES_US),) if name.startswith("the same in batches") else ()


def _judge(people: int, ranking: Ranking | None) -> Callable[[], object]:
    """As the gateway decides: from what the store holds of people's use, their wallets and the day's bundles."""
    sold = _sold()
    cases = [_case(number) for number in range(people)]
    return lambda: judge(cases, lambda unit: sold, _AT, ranking)


def _judge_at_own_prices(people: int, ranking: Ranking | None) -> Callable[[], object]:
    """The same, where all of them may leave: their prices are worked out first, from what the store says of them."""
    sold = _sold()
    cases = [_case(number) for number in range(people)]
    policy = PricePolicy(Terms(most=200_000, step=5_000), 10**9, timedelta(hours=72))
    risks = {case.subscriber.id: Risk(0.4, "benchmark", _AT) for case in cases}
    facts = QuoteFacts(_AT, "2026-11", "COP", risks, dict.fromkeys(risks, 5_000_000.0), left=10**9)

    def decide_at_own_prices() -> object:
        quotes = Quotes(policy, facts)
        theirs = [replace(case, own=quotes.of(case.subscriber.id, sold)) for case in cases]
        return judge(theirs, lambda unit: sold, _AT, ranking)

    return decide_at_own_prices


def _ranking() -> Ranking:
    state = RankingState("", "benchmark", _AT, 0, _AT, "", {}, b"")
    return Ranking(Ranker(nothing_known()), state, 0.1, timedelta(days=7), lambda: None)


def _sold() -> Offered:
    """Twenty bundles of data, sizes and prices spread."""
    known: Bundle = next(one for one in load_starter("co").bundles if one.amount(Unit.BYTE))
    bundles = [
        replace(
            known,
            id=BundleId(f"data-{number}"),
            price=Money(50_000 + number * 20_000, "COP"),
            allowances=(Allowance(Unit.BYTE, 2**26 * (number + 1) ** 2),),
            validity_hours=(24, 72, 168, 720)[number % 4],
            eligible={},
        )
        for number in range(_OFFERS)
    ]
    return offered(Unit.BYTE, bundles)


def _case(number: int) -> Case:
    """Somebody with two weeks of use behind them."""
    state, begin = UsageState(), _AT.timestamp() - 14 * 24 * 3600
    for hour in range(14 * 24):
        state = observe(state, begin + hour * 3600, float((hour * 7919 + number) % 9) * 1e6)
    person = Subscriber(SubscriptionId(f"01BENCH{number}"), Msisdn(f"5730011{number:05d}"), "es", marketing=True)
    bundle = Bucket("b", Unit.BYTE, 2**27, 2**30, _AT + timedelta(days=3))
    event = BundleReported(BundleChange.DEPLETING, bundle, "data-3", _AT - timedelta(days=4), threshold=0.1)
    return Case(person, event, Wallet(Money(900_000, "COP")), to_bytes(state), seed=f"01EVENT{number}")


def _decider(generator: np.random.Generator, n: int) -> Callable[[], object]:
    initial = np.full(n, 2.0**30)
    usage = UsageBatch(
        remaining=initial * 0.1,
        initial=initial,
        elapsed_hours=generator.uniform(10, 100, n),
        hours_to_expiry=generator.uniform(10, 100, n),
        hour=np.full(n, 10.0),
        profile=generator.random((n, 24)) * 2**22,
        recent_day=generator.random(n) * 2**26,
        log_day_std=np.full(n, 0.5),
        days=np.full(n, 14.0),
        prior=np.full(n, 2.0**22),
    )
    price = np.array(generator.integers(10, 200, _OFFERS) * 100, dtype=np.float64)
    offers = OfferBatch(
        balance=generator.uniform(1_000, 30_000, n),
        price=price,
        margin=price * 0.4,
        allowance=generator.uniform(2**26, 2**33, _OFFERS),
        validity_hours=generator.choice([24.0, 168.0, 720.0], _OFFERS),
        eligible=np.ones((n, _OFFERS), dtype=bool),
    )
    batch = DecisionBatch(usage, offers)
    return lambda: decide(batch)


def _timed(call: Callable[[], object], times: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """µs of processor time of each call: what neighbours on the machine do is not the decision's."""
    taken = np.empty(times)
    for index in range(times):
        started = time.thread_time()
        call()
        taken[index] = (time.thread_time() - started) * 1e6
    return taken
