"""Africa's Talking, case by case: what is a hop, what is none, and the bytes of an answer."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.turn import Reply, Transcript
from gateway.ussd.africastalking import AfricasTalking
from gateway.ussd.dialect import BadHop, Ended, Hop, HopRequest

DIALECT = AfricasTalking()
FORM = {
    "sessionId": "ATUid_1",
    "phoneNumber": "+573001112233",
    "networkCode": "73201",
    "serviceCode": "*123#",
    "text": "1*2",
}


def posted(**changes: str | None) -> HopRequest:
    """The usual form with some fields changed, or left out (None)."""
    fields = {name: value for name, value in {**FORM, **changes}.items() if value is not None}
    return HopRequest(urlencode(fields).encode())


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({}, "said", Transcript("1*2")),
        ({"text": ""}, "said", Transcript("")),
        ({"text": None}, "said", Transcript("")),
        ({"text": "1*a*#*ñ"}, "said", Transcript("1*a*#*ñ")),
        ({"text": "1\0*2\n"}, "said", Transcript("1*2")),
        ({"text": "\N{PILE OF POO}"}, "said", Transcript("\N{PILE OF POO}")),
        ({"phoneNumber": "573001112233"}, "msisdn", "573001112233"),
        ({"phoneNumber": " 573001112233"}, "msisdn", "573001112233"),
        ({"serviceCode": " *123# "}, "service", "*123#"),
        ({"networkCode": None}, "network", ""),
    ],
)
def test_a_form_is_a_hop(changes: dict[str, str | None], field: str, value: object) -> None:
    """Also one without what may be missing, and with a plus that a form turned into a blank."""
    assert getattr(DIALECT.parse(posted(**changes)), field) == value


def test_every_field_has_its_place() -> None:
    """As the aggregator's documentation names them."""
    assert DIALECT.parse(posted()) == Hop("ATUid_1", "573001112233", "*123#", "73201", Transcript("1*2"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (posted(sessionId=None).body, "sessionId is missing"),
        (posted(sessionId=" ").body, "sessionId is missing"),
        (posted(sessionId="x" * 129).body, "sessionId must be"),
        (posted(sessionId="a\x07").body, "sessionId must be"),
        (posted(phoneNumber=None).body, "phoneNumber is missing"),
        (posted(phoneNumber="PROMO").body, "phoneNumber is not a number"),
        (posted(serviceCode=None).body, "serviceCode is missing"),
        (posted(text="1" * 4001).body, "more than 4000"),
        (b"", "phoneNumber is missing"),
        (b"\xff\xfe=1", "not UTF-8"),
        (b"phoneNumber=%ff%fe", "not UTF-8"),
        (b"&".join(b"a%d=1" % n for n in range(60)), "more than 50 fields"),
        (b"\0" * 100, "phoneNumber is missing"),
    ],
)
def test_what_is_no_hop_is_named_without_its_values(body: bytes, says: str) -> None:
    """So that a log line about it holds nobody's number."""
    with pytest.raises(BadHop) as bad:
        DIALECT.parse(HopRequest(body))
    assert says in str(bad.value)
    assert "3001112233" not in str(bad.value)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_hop_or_told_why_not(body: bytes) -> None:
    """Nothing else comes out."""
    with suppress(BadHop):
        DIALECT.parse(HopRequest(body))


@pytest.mark.parametrize(
    ("reply", "octets"),
    [
        (Reply("¿Qué?\n1 Sí", ends=False), "CON ¿Qué?\n1 Sí".encode()),
        (Reply("Listo.", ends=True), b"END Listo."),
    ],
)
def test_an_answer_goes_on_or_ends(reply: Reply, octets: bytes) -> None:
    """``text/plain`` in UTF-8, the same bytes for the same reply."""
    answer = DIALECT.format(reply)
    assert (answer.body, answer.content_type, answer.status) == (octets, "text/plain", 200)


def test_the_end_of_a_session_is_read_from_its_own_form() -> None:
    """With the network's word for it."""
    form = {"sessionId": "ATUid_1", "status": "Incomplete", "hopsCount": "3", "input": "1*2"}
    assert DIALECT.parse(HopRequest(urlencode(form).encode(), way=DIALECT.ways[1])) == Ended("ATUid_1", "Incomplete")
