"""Which SMSC a text goes by: by number, purpose, weight and cost, and never where its question cannot be answered."""

from __future__ import annotations

from collections import Counter

import pytest

from flows.values import Msisdn, Purpose
from gateway.core.service_numbers import ServiceNumber
from gateway.core.sms_routes import Route, Routes, Through

SHORT, ONE_WAY, NAME = (
    ServiceNumber("12345"),
    ServiceNumber("54321", two_way=False),
    ServiceNumber("Claro", kind="alphanumeric"),
)
PAID = ServiceNumber("777", mo_tariff="standard")
CLARO, TIGO = Msisdn("573101112233"), Msisdn("573001112233")
A_AND_B = (Through("a"), Through("b"))


def routes_of(*routes: Route, **numbers: ServiceNumber) -> Routes:
    """Routes over senders with one number each, short and two-way unless it is said otherwise."""
    return Routes({name: (numbers.get(name, SHORT),) for name in ("a", "b", "c")}, routes)


def plan(routes: Routes, to: Msisdn = TIGO, purpose: Purpose = Purpose.ALERT, source: str = "", **asks: bool) -> str:
    """The names of a plan, in one word."""
    return "".join(routes.plan(to, purpose, source, asks=asks.get("asks", False)))


def test_without_routes_the_senders_stand_in_their_order() -> None:
    """The first takes everything, the others are behind it."""
    assert plan(routes_of()) == "abc"


@pytest.mark.parametrize(
    ("to", "purpose", "expected"),
    [
        (CLARO, Purpose.ALERT, "b"),
        (CLARO, Purpose.MARKETING, "c"),
        (TIGO, Purpose.ALERT, "a"),
        (TIGO, Purpose.MARKETING, "a"),
        (Msisdn("27821112233"), Purpose.ALERT, ""),
    ],
)
def test_the_longest_prefix_wins_then_the_route_that_names_the_purpose(
    to: Msisdn, purpose: Purpose, expected: str
) -> None:
    """What no route takes goes nowhere, rather than by a way that nobody chose."""
    routes = routes_of(
        Route("colombia", (Through("a"),), prefixes=("57",)),
        Route("claro", (Through("b"),), prefixes=("57310", "57311")),
        Route("claro-offers", (Through("c"),), prefixes=("57310",), purposes=frozenset({Purpose.MARKETING})),
    )
    assert plan(routes, to, purpose) == expected


def test_the_cheapest_goes_first_and_the_others_stand_behind() -> None:
    """By the cost of a segment."""
    route = Route("any", (Through("a", cost=3), Through("b", cost=1), Through("c", cost=2)), order="cheapest")
    assert plan(routes_of(route)) == "bca"


def test_weights_share_people_out_and_each_stays_where_they_are() -> None:
    """Three in four by one, one in four by the other, always the same."""
    routes = routes_of(Route("any", (Through("a", weight=3), Through("b", weight=1))))
    people = [Msisdn(str(573000000000 + n)) for n in range(4000)]
    first = [plan(routes, one) for one in people]
    assert 0.72 < Counter(first)["ab"] / len(people) < 0.78
    assert [plan(routes, one) for one in people] == first


def test_a_sender_that_is_added_moves_only_its_own_share() -> None:
    """Nobody changes between those that were there before."""
    before = routes_of(Route("any", A_AND_B))
    after = routes_of(Route("any", (*A_AND_B, Through("c"))))
    people = [Msisdn(str(573000000000 + n)) for n in range(1000)]
    moved = [one for one in people if plan(before, one)[0] != plan(after, one)[0]]
    assert all(plan(after, one)[0] == "c" for one in moved)
    assert 250 < len(moved) < 420


@pytest.mark.parametrize("number", [ONE_WAY, NAME, PAID])
def test_a_question_never_leaves_from_where_it_cannot_be_answered_for_nothing(number: ServiceNumber) -> None:
    """One-way, a name, or a number that costs: whoever has no airtime must be able to answer."""
    routes = routes_of(a=number)
    assert plan(routes, asks=True) == "bc"
    assert plan(routes) == "abc"
    assert not routes.may_ask("a", number.address)


def test_a_question_leaves_from_its_own_number_alone() -> None:
    """The answer to it would be looked for there."""
    routes = routes_of(b=ServiceNumber("23456"))
    assert plan(routes, source="12345", asks=True) == "ac"
    assert plan(routes, source="23456", asks=True) == "b"


def test_a_reply_leaves_from_the_number_that_was_texted() -> None:
    """Also where nobody configured it: the SMSC that brought the text knows it."""
    routes = routes_of(b=ServiceNumber("23456"))
    assert plan(routes, purpose=Purpose.REPLY, source="23456") == "b"
    assert plan(routes, purpose=Purpose.REPLY, source="99999") == "abc"
    assert routes.source("a", "99999") == "99999"


def test_what_asks_nothing_may_leave_from_another_number() -> None:
    """An alert in time from elsewhere is better than none."""
    routes = routes_of(b=ServiceNumber("23456"))
    assert plan(routes, source="12345") == "abc"
    assert (routes.source("a", "12345"), routes.source("b", "12345")) == ("12345", "")
