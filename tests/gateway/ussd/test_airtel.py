"""Airtel (Comviva Flares), case by case: what is a hop, what is none, and the bytes of an answer."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from flows.values import Msisdn
from gateway.core.turn import Input, Reply
from gateway.ussd.airtel import Airtel
from gateway.ussd.dialect import BadHop, Ended, Hop, HopRequest, Way

DIALECT = Airtel()
GET, POST = DIALECT.ways
QUERY = {"SessionID": "13697502734175597", "MSISDN": "254733112233", "MSC": "mas", "input": "123*4"}


def got(**changes: str | None) -> HopRequest:
    """The usual address with some arguments changed, or left out (None)."""
    return HopRequest(b"", {name: value for name, value in {**QUERY, **changes}.items() if value is not None}, way=GET)


def test_every_argument_has_its_place() -> None:
    """Nothing says whether it begins a session."""
    hop = Hop("13697502734175597", Msisdn("254733112233"), "*123*4#", "", Input("123*4", begins=None))
    assert DIALECT.parse(got()) == hop
    assert DIALECT.parse(HopRequest(urlencode(QUERY).encode(), way=POST)) == hop
    assert DIALECT.parse(HopRequest(b"", QUERY, way=POST)) == hop


@pytest.mark.parametrize(
    ("typed", "service"),
    [
        ("123", "*123#"),
        ("*123#", "*123#"),
        ("*123*4#", "*123*4#"),
        ("1", "*1#"),
        ("", ""),
        ("*", ""),
        ("#", ""),
        ("hello", ""),
        ("573001112233", ""),
        ("\N{PILE OF POO}", ""),
    ],
)
def test_what_could_be_dialled_may_begin_a_session(typed: str, service: str) -> None:
    """A subscriber's number could not."""
    hop = DIALECT.parse(got(input=typed))
    assert isinstance(hop, Hop)
    assert (hop.service, hop.said) == (service, Input(typed, begins=None))


def test_names_are_read_in_any_case_and_the_first_of_two_counts() -> None:
    """Those of the address before those of the form."""
    query = {name.upper(): value for name, value in QUERY.items()}
    hop = DIALECT.parse(HopRequest(b"input=7&userid=u&password=p", query, way=POST))
    assert isinstance(hop, Hop)
    assert hop.said == Input("123*4", begins=None)


def test_the_cleanup_call_ends_the_session() -> None:
    """With the network's word for it."""
    query = {"SessionID": "s", "msisdn": "254733112233", "clean": "clean-session", "error": "522"}
    assert DIALECT.parse(HopRequest(b"", query, way=GET)) == Ended("s", "clean-session")
    answer = DIALECT.format_ended(Ended("s", "clean-session"))
    assert (answer.body, answer.content_type, answer.status) == (b"", "text/plain", 200)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"SessionID": None}, "sessionid is missing"),
        ({"SessionID": "x" * 129}, "sessionid must be"),
        ({"MSISDN": None}, "msisdn is missing"),
        ({"MSISDN": "0733-112233"}, "msisdn is not a number"),
        ({"input": None}, "input is missing"),
        ({"input": "1" * 4001}, "more than 4000"),
    ],
)
def test_what_is_no_hop_is_named_without_its_values(changes: dict[str, str | None], says: str) -> None:
    """So that a log line about it holds nobody's number."""
    with pytest.raises(BadHop) as bad:
        DIALECT.parse(got(**changes))
    assert says in str(bad.value)
    assert "112233" not in str(bad.value)


@pytest.mark.parametrize(
    ("reply", "octets", "flow"),
    [
        (Reply("¿Qué?\n1 Sí", ends=False), "¿Qué?\n1 Sí".encode(), "FC"),
        (Reply("Listo.", ends=True), b"Listo.", "FB"),
    ],
)
def test_an_answer_is_text_and_its_headers_say_whether_it_goes_on(reply: Reply, octets: bytes, flow: str) -> None:
    """And that it costs nothing."""
    answer = DIALECT.format(reply)
    assert (answer.body, answer.content_type, answer.status) == (octets, "text/plain", 200)
    assert answer.headers == {"Freeflow": flow, "charge": "N", "amount": "0", "Cache-Control": "no-store"}


def test_both_methods_are_answered() -> None:
    """At one address."""
    assert DIALECT.ways == (Way("GET"), Way("POST"))
