"""Infobip, case by case: what is a hop, what is none, and the bytes of an answer."""

from __future__ import annotations

import json

import pytest

from flows.values import Msisdn
from gateway.core.turn import Input, Reply
from gateway.ussd.dialect import BadHop, Ended, Hop, HopRequest, Way
from gateway.ussd.infobip import Infobip

DIALECT = Infobip()
START, RESPONSE, END = DIALECT.ways
BODY: dict[str, object] = {
    "msisdn": "385981234567",
    "imsi": "219010000000001",
    "shortCode": "*123#",
    "text": "*123*4#",
    "language": None,
    "optional": "",
    "ussdGwId": "live2",
}


def sent(way: Way, in_session: str = "s-1", /, **changes: object) -> HopRequest:
    """The document at one of the addresses, with some members changed, or left out (None)."""
    document = {name: value for name, value in {**BODY, **changes}.items() if value is not None}
    return HopRequest(json.dumps(document).encode(), way=way, parts={"session": in_session})


def test_the_first_hop_has_every_field_in_its_place() -> None:
    """The session's id stands in the address."""
    hop = Hop("s-1", Msisdn("385981234567"), "*123*4#", "live2", Input("", begins=True))
    assert DIALECT.parse(sent(START)) == hop


@pytest.mark.parametrize(
    ("changes", "service"),
    [
        ({"text": ""}, "*123#"),
        ({"text": None}, "*123#"),
        ({"text": "1", "shortCode": "123"}, "*123#"),
        ({"text": "", "shortCode": None}, ""),
        ({"text": "", "shortCode": ""}, ""),
    ],
)
def test_a_session_begins_with_what_was_dialled(changes: dict[str, object], service: str) -> None:
    """Or with the short code, which may be missing, whatever the documentation says."""
    hop = DIALECT.parse(sent(START, **changes))
    assert isinstance(hop, Hop)
    assert (hop.service, hop.said) == (service, Input("", begins=True))


@pytest.mark.parametrize(
    ("changes", "said", "msisdn"),
    [
        ({"text": "4"}, Input("4"), "385981234567"),
        ({"text": 4}, Input("4"), "385981234567"),
        ({"text": ""}, Input(""), "385981234567"),
        ({"text": "4", "msisdn": None}, Input("4"), None),
        ({"text": "4", "msisdn": "+385981234567"}, Input("4"), "385981234567"),
    ],
)
def test_an_answer_may_do_without_the_number(changes: dict[str, object], said: Input, msisdn: str | None) -> None:
    """And names no service."""
    hop = DIALECT.parse(sent(RESPONSE, **changes))
    assert isinstance(hop, Hop)
    assert (hop.said, hop.msisdn, hop.service) == (said, msisdn, "")


def test_the_end_has_an_address_of_its_own() -> None:
    """With the code of how it ended."""
    request = HopRequest(b'{"reason": "user", "exitCode": 500}', way=END, parts={"session": "s-1"})
    assert DIALECT.parse(request) == Ended("s-1", "500")
    answer = DIALECT.format_ended(Ended("s-1", "500"))
    assert answer.body == b'{"responseExitCode": 200, "responseMessage": ""}'


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (sent(START, msisdn=None), "msisdn is missing"),
        (sent(START, msisdn="nobody"), "msisdn is not a number"),
        (sent(RESPONSE, text=None), "text is missing"),
        (sent(RESPONSE, text="1" * 4001), "more than 4000"),
        (sent(RESPONSE, "x" * 129), "session must be"),
        (sent(RESPONSE, "\u202e"), "session must be"),
        (HopRequest(b"", way=END, parts={"session": "s-1"}), "not JSON"),
        (HopRequest(b"[]", way=START, parts={"session": "s-1"}), "not a JSON object"),
    ],
)
def test_what_is_no_hop_is_named_without_its_values(request_: HopRequest, says: str) -> None:
    """So that a log line about it holds nobody's number."""
    with pytest.raises(BadHop) as bad:
        DIALECT.parse(request_)
    assert says in str(bad.value)


@pytest.mark.parametrize(
    ("reply", "status", "octets"),
    [
        (
            Reply("¿Qué?\n1 Sí", ends=False),
            200,
            '{"shouldClose": false, "ussdMenu": "¿Qué?\\n1 Sí", "responseExitCode": 200, "responseMessage": ""}',
        ),
        (
            Reply("Listo.", ends=True),
            200,
            '{"shouldClose": true, "ussdMenu": "Listo.", "responseExitCode": 200, "responseMessage": ""}',
        ),
        (
            Reply("Perdon.", ends=True),
            400,
            '{"shouldClose": true, "ussdMenu": "Perdon.", "responseExitCode": 400, "responseMessage": "refused"}',
        ),
    ],
)
def test_an_answer_goes_on_or_closes(reply: Reply, status: int, octets: str) -> None:
    """A refusal says so in the exit code too."""
    answer = DIALECT.format(reply, status=status)
    assert (answer.body.decode(), answer.content_type, answer.status) == (octets, "application/json", status)
