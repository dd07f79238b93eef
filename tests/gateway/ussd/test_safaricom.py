"""Safaricom, case by case: what is a hop, what is none, and the bytes of an answer."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from flows.values import Msisdn
from gateway.core.turn import Reply, Transcript
from gateway.ussd.dialect import BadHop, Hop, HopRequest
from gateway.ussd.safaricom import Safaricom

DIALECT = Safaricom()
POST, GET = DIALECT.ways
FIELDS = {"ORIG": "254722112233", "DEST": "*123#", "SESSION_ID": "s-1", "USSD_PARAMS": "4*1"}


def got(**changes: str | None) -> HopRequest:
    """The usual address with some arguments changed, or left out (None)."""
    return HopRequest(b"", {name: value for name, value in {**FIELDS, **changes}.items() if value is not None}, way=GET)


def test_every_argument_has_its_place_in_the_address_and_in_a_form() -> None:
    """All that was said so far is there."""
    hop = Hop("s-1", Msisdn("254722112233"), "*123#", "", Transcript("4*1"))
    assert DIALECT.parse(got()) == hop
    assert DIALECT.parse(HopRequest(urlencode(FIELDS).encode(), way=POST)) == hop


@pytest.mark.parametrize(
    ("dest", "service"),
    [("123", "*123#"), ("*123*7#", "*123*7#"), ("123#", "*123#"), (" *123# ", "*123#"), ("SHOP", "SHOP")],
)
def test_the_destination_may_do_without_star_and_hash(dest: str, service: str) -> None:
    """What is no code leads nowhere."""
    hop = DIALECT.parse(got(DEST=dest))
    assert isinstance(hop, Hop)
    assert hop.service == service


@pytest.mark.parametrize(("said", "text"), [("", ""), ("1*a*ñ", "1*a*ñ"), ("1\0*2\n", "1*2"), ("**", "**")])
def test_what_was_said_is_kept_as_it_is(said: str, text: str) -> None:
    """Without what nobody types."""
    hop = DIALECT.parse(got(USSD_PARAMS=said))
    assert isinstance(hop, Hop)
    assert hop.said == Transcript(text)


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (got(SESSION_ID=None), "session_id is missing"),
        (got(ORIG=None), "orig is missing"),
        (got(ORIG="0722x"), "orig is not a number"),
        (got(DEST=" "), "dest is missing"),
        (got(USSD_PARAMS=None), "ussd_params is missing"),
        (got(USSD_PARAMS="1" * 4001), "more than 4000"),
        (HopRequest(b"ORIG=%ff", way=POST), "not UTF-8"),
        (HopRequest(b"\xff\xfe", way=POST), "not UTF-8"),
    ],
)
def test_what_is_no_hop_is_named_without_its_values(request_: HopRequest, says: str) -> None:
    """So that a log line about it holds nobody's number."""
    with pytest.raises(BadHop) as bad:
        DIALECT.parse(request_)
    assert says in str(bad.value)


@pytest.mark.parametrize(
    ("reply", "octets"),
    [
        (Reply("¿Qué?\n1 Sí", ends=False), "CON ¿Qué?\n1 Sí".encode()),
        (Reply("Listo.", ends=True), b"END Listo."),
    ],
)
def test_an_answer_goes_on_or_ends(reply: Reply, octets: bytes) -> None:
    """In plain text, which nobody on the way may keep."""
    answer = DIALECT.format(reply)
    assert (answer.body, answer.content_type, answer.status) == (octets, "text/plain", 200)
    assert answer.headers == {"Cache-Control": "no-store"}
