"""What is recommended to a person, and in which order a menu lists what is sold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from deciding import learning

from fakes import ANA, TUESDAY, House, ana
from flows.catalogue import Bundle
from flows.session import Session
from flows.values import Bucket, Money, Unit, Wallet
from gateway.core.facts import Facts
from gateway.core.menu_facts import MenuFacts
from gateway.core.recommending import Occasion, Recommender
from gateway.errors import OcsTimeout
from menus.values import Place
from scoring.offer_features import FEATURES

PERSON = ana()
SESSION = Session("main", "v", Place("buy"))
RUNNING = Bucket(
    "b-1", Unit.BYTE, 2**28, 2**30, TUESDAY + timedelta(days=1), product="data-1gb-7d",
    activated_at=TUESDAY - timedelta(days=6),
)  # fmt: skip
RICH = Wallet(Money(10_000_000, "COP"), (RUNNING,))


@pytest.fixture
def recommender(house: House, facts: Facts) -> Recommender:
    """Of the test; Ana is rich and has one bundle."""
    house.ocs.balances[ANA] = RICH
    return Recommender(house.context, facts)


def ids(bundles: Sequence[Bundle] | None) -> list[str]:
    """Which, in order."""
    assert bundles is not None
    return [bundle.id for bundle in bundles]


async def believes(house: House, folder: Path, **weights: float) -> None:
    """A ranking that is sure of these weights alone."""
    ranking, _ = await learning(house, folder)
    mean = np.zeros(len(FEATURES))
    for name, weight in weights.items():
        mean[FEATURES.index(name)] = weight
    ranking.ranker = replace(ranking.ranker, beliefs=replace(ranking.ranker.beliefs, mean=mean))


async def test_what_can_be_paid_is_recommended_by_todays_rule(house: House, recommender: Recommender) -> None:
    """Margin and fit, all units together; nothing that is too dear."""
    everything = ids(await recommender.recommend(PERSON, Occasion.NEW_ORDER))
    assert set(everything) == {bundle.id for bundle in house.context.on_sale(TUESDAY)}
    house.ocs.balances[ANA] = Wallet(Money(100_000, "COP"))
    assert 0 < len(ids(await recommender.recommend(PERSON, Occasion.NEW_ORDER))) < len(everything)


async def test_at_a_renewal_the_bundle_that_ends_first_counts(
    house: House, recommender: Recommender, tmp_path: Path
) -> None:
    """What gives the same; and the same again comes first where that is what people take."""
    todays = ids(await recommender.recommend(PERSON, Occasion.RENEWAL))
    assert "voice-30min-7d" not in todays
    await believes(house, tmp_path, same_again=0.9)
    assert ids(await recommender.recommend(PERSON, Occasion.RENEWAL))[0] == "data-1gb-7d"


async def test_where_nothing_runs_a_renewal_is_a_new_order(house: House, recommender: Recommender) -> None:
    """There is nothing to renew."""
    house.ocs.balances[ANA] = replace(RICH, buckets=())
    new, renewed = [await recommender.recommend(PERSON, one) for one in Occasion]
    assert ids(new) == ids(renewed)


async def test_asking_again_says_the_same(house: House, recommender: Recommender, tmp_path: Path) -> None:
    """A list is not drawn."""
    await believes(house, tmp_path, fit=0.5)
    first = ids(await recommender.recommend(PERSON, Occasion.NEW_ORDER))
    assert all([ids(await recommender.recommend(PERSON, Occasion.NEW_ORDER)) == first for _ in range(5)])


async def test_without_a_balance_nothing_is_recommended(house: House, recommender: Recommender) -> None:
    """What they can pay is not known."""
    house.ocs.broke = OcsTimeout("away")
    assert await recommender.recommend(PERSON, Occasion.NEW_ORDER) is None


async def listed(house: House, facts: Facts) -> list[str]:
    """The menu's list of bundles, as Ana sees it."""
    fetched = await MenuFacts(house.context, facts).fetch(["bundles"], PERSON, SESSION)
    items = fetched["bundles"]
    assert isinstance(items, tuple)
    return [item.id for item in items]


async def test_a_menu_lists_what_suits_first(house: House, facts: Facts, tmp_path: Path) -> None:
    """Without asking the charging system; everything stays in the list."""
    as_in_file = await listed(house, facts)
    await believes(house, tmp_path, one=0.5)  # everybody takes anything: what earns most comes first
    now = await listed(house, facts)
    assert sorted(now) == sorted(as_in_file)
    margins = {str(bundle.id): bundle.price.amount * bundle.margin for bundle in house.context.on_sale(TUESDAY)}
    assert now == sorted(as_in_file, key=lambda one: -margins[one])
    assert house.ocs.looked == []


async def test_who_is_held_out_sees_the_list_as_it_is(house: House, facts: Facts, tmp_path: Path) -> None:
    """As before."""
    as_in_file = await listed(house, facts)
    await learning(house, tmp_path, holdout=1.0)
    assert await listed(house, facts) == as_in_file
