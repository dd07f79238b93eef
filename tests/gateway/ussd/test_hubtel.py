"""Hubtel, case by case: what is a hop, what is none, and the bytes of an answer."""

from __future__ import annotations

import json

import pytest

from flows.values import Msisdn
from gateway.core.turn import Input, Reply
from gateway.ussd.dialect import BadHop, Ended, Hop, HopRequest
from gateway.ussd.hubtel import Hubtel

DIALECT = Hubtel()
FIRST: dict[str, object] = {
    "SessionId": "8d440a43",
    "ServiceCode": "711*2",
    "Type": "Initiation",
    "Message": "*123*4#",
    "Operator": "mtn",
    "Platform": "USSD",
    "Mobile": "233246912184",
    "ClientState": "",
    "Sequence": 1,
}
LATER = FIRST | {"Type": "Response", "Message": "4", "ClientState": "1", "Sequence": 3}


def posted(fields: dict[str, object], **changes: object) -> HopRequest:
    """The document with some members changed, or left out (None)."""
    document = {name: value for name, value in {**fields, **changes}.items() if value is not None}
    return HopRequest(json.dumps(document).encode(), headers={"Content-Type": "application/json"})


def test_the_first_hop_has_every_field_in_its_place() -> None:
    """The dialled string stands in the message."""
    assert DIALECT.parse(posted(FIRST)) == Hop(
        session="8d440a43",
        msisdn=Msisdn("233246912184"),
        service="*123*4#",
        network="mtn",
        said=Input("", begins=True, number=0),
        echo={"Platform": "USSD"},
    )


@pytest.mark.parametrize(
    ("changes", "service"),
    [
        ({"Type": "initiation", "Message": "*123#"}, "*123#"),
        ({"Message": ""}, "*711*2#"),
        ({"Message": None, "ServiceCode": "7112#"}, "*7112#"),
        ({"Message": None, "ServiceCode": 711}, "*711#"),
        ({"Message": "", "ServiceCode": "n383he9jioe923232347423"}, ""),
        ({"Message": "", "ServiceCode": None, "serviceCode": "*123#"}, "*123#"),
        ({"Type": "Favorite", "Message": "*9#"}, "*711*2#"),
    ],
)
def test_a_session_begins_with_what_was_dialled(changes: dict[str, object], service: str) -> None:
    """Or with the service's code; an app's service id dials nothing."""
    hop = DIALECT.parse(posted(FIRST, **changes))
    assert isinstance(hop, Hop)
    assert (hop.service, hop.said) == (service, Input("", begins=True, number=0))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, Input("4", number=2)),
        ({"TYPE": "RESPONSE"}, Input("4", number=2)),
        ({"ClientState": "0", "Sequence": 9}, Input("4", number=1)),
        ({"ClientState": 5}, Input("4", number=6)),
        ({"ClientState": ""}, Input("4", number=2)),
        ({"ClientState": None, "Sequence": "2"}, Input("4", number=1)),
        ({"ClientState": "of another app"}, Input("4", number=2)),
        ({"ClientState": None, "Sequence": None}, Input("4")),
        ({"ClientState": None, "Sequence": 1}, Input("4")),
        ({"ClientState": None, "Sequence": -3}, Input("4")),
        ({"ClientState": "9" * 5000, "Sequence": 1e99}, Input("4")),
        ({"Message": ""}, Input("", number=2)),
        ({"Message": None}, Input("", number=2)),
        ({"Message": 4}, Input("4", number=2)),
        ({"Message": "1*2\0\n#"}, Input("1*2#", number=2)),
        ({"Message": "\N{PILE OF POO}"}, Input("\N{PILE OF POO}", number=2)),
    ],
)
def test_an_answer_is_counted_by_the_state_that_came_back_else_by_the_sequence(
    changes: dict[str, object], said: Input
) -> None:
    """And by nothing where neither is there."""
    hop = DIALECT.parse(posted(LATER, **changes))
    assert isinstance(hop, Hop)
    assert (hop.said, hop.service) == (said, "")


@pytest.mark.parametrize("kind", ["Release", "Timeout", "RELEASE"])
def test_hubtel_tells_the_end_of_a_session_as_a_hop(kind: str) -> None:
    """Also without a number."""
    ended = Ended("8d440a43", kind.lower(), {"Platform": "USSD"})
    assert DIALECT.parse(posted(LATER, Type=kind, Mobile=None)) == ended
    assert json.loads(DIALECT.format_ended(ended).body) == {
        "SessionId": "8d440a43",
        "Type": "Release",
        "Message": "",
        "Platform": "USSD",
    }


@pytest.mark.parametrize(
    ("changes", "status", "says"),
    [
        ({"SessionId": None}, 400, "sessionid is missing"),
        ({"SessionId": " "}, 400, "sessionid is missing"),
        ({"SessionId": "x" * 129}, 400, "sessionid must be"),
        ({"SessionId": "a\0"}, 400, "sessionid must be"),
        ({"SessionId": ["a"]}, 400, "sessionid is missing"),
        ({"Type": None}, 400, "type is missing"),
        ({"Type": {"a": 1}}, 400, "type is missing"),
        ({"Type": "Begin"}, 400, "type is none of Hubtel's"),
        ({"Type": "Query"}, 200, "a query"),
        ({"Mobile": None}, 400, "mobile is missing"),
        ({"Mobile": "PROMO"}, 400, "mobile is not a number"),
        ({"Mobile": 2.33246912184e11}, 400, "mobile is not a number"),
        ({"Message": "1" * 4001}, 400, "message has more than 4000"),
        ({"Message": "\ud83d"}, 400, "message has half a character"),
    ],
)
def test_what_is_no_hop_is_named_without_its_values(changes: dict[str, object], status: int, says: str) -> None:
    """So that a log line about it holds nobody's number."""
    with pytest.raises(BadHop) as bad:
        DIALECT.parse(posted(LATER, **changes))
    assert says in str(bad.value)
    assert bad.value.status == status
    assert "246912184" not in str(bad.value)


def test_a_screen_waits_for_an_answer_and_carries_its_own_number() -> None:
    """Which Hubtel hands back as the client's state."""
    hop = DIALECT.parse(posted(FIRST))
    assert isinstance(hop, Hop)
    answer = DIALECT.format(Reply('¿Qué?\n1 "Sí"', ends=False, number=3), hop)
    assert (answer.content_type, answer.status) == ("application/json", 200)
    assert answer.body.decode() == (
        '{"SessionId": "8d440a43", "Type": "Response", "Message": "¿Qué?\\n1 \\"Sí\\"", "Label": "¿Qué?\\n1 \\"Sí\\"", '
        '"ClientState": "3", "DataType": "input", "FieldType": "text", "Platform": "USSD"}'
    )


def test_the_last_words_release_the_session() -> None:
    """Also to a request that was no hop."""
    answer = json.loads(DIALECT.format(Reply("Listo.", ends=True), status=400).body)
    assert (answer["Type"], answer["Message"], answer["DataType"]) == ("Release", "Listo.", "display")
