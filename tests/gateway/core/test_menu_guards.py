"""What conditions of menus are told about a person: each name of the vocabulary, and nothing where nobody knows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes import ANA, TUESDAY, House, ana, record_offer
from flows.menu_vocabulary import starter_vocabulary
from flows.session import Session
from flows.values import Bucket, Money, Unit, Wallet
from gateway.core.commit import Committer
from gateway.core.facts import Facts
from gateway.core.menu_facts import MenuFacts
from gateway.errors import OcsTimeout
from menus.guards import parse_guard
from menus.values import GUARD, Place

VOCABULARY = starter_vocabulary("CO")
PERSON = ana(segment="youth", circle="andina", alerts=True, marketing=None)
SESSION = Session("main", "v", Place("confirm", chosen={"bundle": "data-1gb-7d"}), arm="b")
RICH = Wallet(Money(300_000, "COP"), (Bucket("b-1", Unit.BYTE, 1),))


async def holds(house: House, guard: str) -> bool:
    """Whether a condition holds for Ana, on a page where she chose a gigabyte for $3.000."""
    parsed = parse_guard(guard, VOCABULARY.guards)
    fetched = await MenuFacts(house.context, Facts(house.context, house.ocs)).fetch(
        [f"{GUARD}{name}" for name in parsed.names], PERSON, SESSION
    )
    values = {name.removeprefix(GUARD): value for name, value in fetched.items()}
    return parsed.holds(values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("guard", "wanted"),
    [
        ("balance >= price", True),
        ("balance > price", False),
        ("balance == 300000", True),
        ("has_bundle", True),
        ("has_offer", False),
        ("market == co", True),
        ("market == za", False),
        ("segment == youth", True),
        ("circle != andina", False),
        ("language == es", True),
        ("arm == b", True),
        ("arm == a", False),
        ("alerts", True),
        ("marketing", False),
        ("can_gift", True),
        ("can_top_up", False),
    ],
)
async def test_a_condition_is_told_what_is_so(house: House, guard: str, *, wanted: bool) -> None:
    """From the person, the session, the store, the wallet, and what the charging system can do."""
    house.ocs.balances[ANA] = RICH
    assert await holds(house, guard) is wanted


@pytest.mark.parametrize(("remaining", "expires"), [(0, None), (5, TUESDAY)])
async def test_a_bundle_that_is_used_up_or_over_is_none(house: House, remaining: int, expires: object) -> None:
    """The charging system may still list it."""
    spent = replace(RICH.buckets[0], remaining=remaining, expires_at=expires)  # type: ignore[arg-type]
    house.ocs.balances[ANA] = replace(RICH, buckets=(spent,))
    assert await holds(house, "not has_bundle")


@pytest.mark.parametrize("guard", ["balance >= price", "balance < price", "has_bundle", "not has_bundle"])
async def test_a_silent_charging_system_makes_no_condition_true(house: House, guard: str) -> None:
    """Neither one way nor the other."""
    house.ocs.broke = OcsTimeout("no answer")
    assert not await holds(house, guard)


async def test_an_open_offer_is_known(house: House, committer: Committer) -> None:
    """Of this person."""
    await committer.commit([record_offer(subscription=PERSON.id)])
    assert await holds(house, "has_offer")


async def test_every_condition_of_the_vocabulary_has_a_value(house: House) -> None:
    """None is forgotten, and a page may ask for all at once."""
    house.ocs.balances[ANA] = RICH
    names = [f"{GUARD}{name}" for name in VOCABULARY.guards]
    found = await MenuFacts(house.context, Facts(house.context, house.ocs)).fetch(names, PERSON, SESSION)
    assert [name for name in names if found[name] is None] == []
    assert len(house.ocs.looked) == 1
