"""Nalo, case by case: what is a hop, what is none, and the bytes of an answer."""

from __future__ import annotations

import json

import pytest

from flows.values import Msisdn
from gateway.core.turn import Input, Reply
from gateway.ussd.dialect import BadHop, Hop, HopRequest
from gateway.ussd.nalo import Nalo

DIALECT = Nalo()
FIRST: dict[str, object] = {
    "USERID": "NALOTest",
    "MSISDN": "233246912184",
    "USERDATA": "*123*4#",
    "MSGTYPE": True,
    "NETWORK": "MTN",
    "SESSIONID": "16590115252429751",
}
LATER = FIRST | {"USERDATA": "3", "MSGTYPE": False}
ECHO = {"USERID": "NALOTest", "MSISDN": "233246912184"}


def posted(fields: dict[str, object], **changes: object) -> HopRequest:
    """The document with some members changed, or left out (None)."""
    document = {name: value for name, value in {**fields, **changes}.items() if value is not None}
    return HopRequest(json.dumps(document).encode())


def test_the_first_hop_has_every_field_in_its_place() -> None:
    """What was dialled stands in the user's data."""
    assert DIALECT.parse(posted(FIRST)) == Hop(
        "16590115252429751", Msisdn("233246912184"), "*123*4#", "MTN", Input("", begins=True), ECHO
    )


@pytest.mark.parametrize(
    ("changes", "service", "said"),
    [
        (FIRST | {"USERDATA": "*123"}, "*123#", Input("", begins=True)),
        (FIRST | {"USERDATA": ""}, "", Input("", begins=True)),
        (FIRST | {"USERDATA": None}, "", Input("", begins=True)),
        (FIRST | {"USERDATA": "hello"}, "", Input("", begins=True)),
        (FIRST | {"MSGTYPE": "True"}, "*123*4#", Input("", begins=True)),
        (FIRST | {"MSGTYPE": 1, "SESSIONID": 16590115252429751}, "*123*4#", Input("", begins=True)),
        (LATER, "", Input("3")),
        (LATER | {"MSGTYPE": "false", "USERDATA": 3}, "", Input("3")),
        (LATER | {"USERDATA": ""}, "", Input("")),
        (LATER | {"USERDATA": "*123#"}, "", Input("*123#")),
        (LATER | {"MSISDN": 233246912184}, "", Input("3")),
        (LATER | {"NETWORK": None}, "", Input("3")),
    ],
)
def test_a_document_is_a_hop(changes: dict[str, object], service: str, said: Input) -> None:
    """Also where a vendor writes numbers and flags as they come."""
    hop = DIALECT.parse(posted(changes))
    assert isinstance(hop, Hop)
    assert (hop.service, hop.said, hop.echo) == (service, said, ECHO)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"USERID": None}, "userid is missing"),
        ({"MSISDN": ""}, "msisdn is missing"),
        ({"MSISDN": "23324a"}, "msisdn is not a number"),
        ({"MSGTYPE": None}, "msgtype is missing"),
        ({"MSGTYPE": "maybe"}, "msgtype is neither"),
        ({"SESSIONID": None}, "sessionid is missing"),
        ({"USERDATA": None}, "userdata is missing"),
        ({"USERDATA": "1" * 4001}, "more than 4000"),
    ],
)
def test_what_is_no_hop_is_named_without_its_values(changes: dict[str, object], says: str) -> None:
    """So that a log line about it holds nobody's number."""
    with pytest.raises(BadHop, match=says):
        DIALECT.parse(posted(LATER, **changes))


@pytest.mark.parametrize(
    ("reply", "octets"),
    [
        (
            Reply("¿Qué?\n1 Sí", ends=False),
            '{"USERID": "NALOTest", "MSISDN": "233246912184", "MSG": "¿Qué?\\n1 Sí", "MSGTYPE": true}',
        ),
        (
            Reply("Listo.", ends=True),
            '{"USERID": "NALOTest", "MSISDN": "233246912184", "MSG": "Listo.", "MSGTYPE": false}',
        ),
    ],
)
def test_an_answer_repeats_who_it_is_for_and_goes_on_or_ends(reply: Reply, octets: str) -> None:
    """``MSGTYPE`` is true as long as an answer is awaited."""
    hop = DIALECT.parse(posted(LATER))
    assert isinstance(hop, Hop)
    answer = DIALECT.format(reply, hop)
    assert (answer.body.decode(), answer.content_type, answer.status) == (octets, "application/json", 200)


def test_a_screen_holds_less_than_elsewhere() -> None:
    """As the vendor's documentation says."""
    assert DIALECT.septets == 120
