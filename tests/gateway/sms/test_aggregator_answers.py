"""What each aggregator's answers mean for a text."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregators import KINDS, WIRES, account, text
from gateway.core.ports import SubmitRefused, Submitted, SubmitUnknown
from gateway.sms.answers import SHUT_SECONDS, retry_after
from gateway.sms.wire import Answer, Verdict

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


def told(code: object, ident: object = "None") -> bytes:
    """Africa's Talking's answer with one recipient."""
    recipient = {"statusCode": code, "number": "+573001112233", "status": "x", "messageId": ident}
    return json.dumps({"SMSMessageData": {"Message": "Sent to 1/1", "Recipients": [recipient]}}).encode()


def code(number: object) -> bytes:
    """Twilio's refusal."""
    return json.dumps({"code": number, "message": "no +573001112233", "status": 400}).encode()


def short(verdict: Verdict) -> tuple[object, ...]:
    """The verdict as the tables below have it: what, names of the text, pause."""
    match verdict.outcome:
        case Submitted(message_ids=names):
            return "submitted", names
        case SubmitRefused(refusal=refusal):
            return refusal, verdict.pause
        case SubmitUnknown(message_ids=names, link_lost=False):
            return "unknown", names
        case _:
            return (verdict.outcome,)


def judged(kind: str, status: int, body: bytes | None, wait: float | None = None) -> Verdict:
    """What this answer means."""
    made = account(kind, receipts="https://gw.example/sms")
    return WIRES[kind].judge(Answer(status, body, wait), text(), made)


AFRICAS_TALKING = [
    (201, told(100, "ATXid_1"), ("submitted", ("ATXid_1",))),
    (201, told(101, "ATXid_1"), ("submitted", ("ATXid_1",))),
    (201, told("102", "ATXid_1"), ("submitted", ("ATXid_1",))),
    (200, told(101, "ATXid_1"), ("submitted", ("ATXid_1",))),
    (201, told(101, "None"), ("unknown", ())),
    (201, told(101, None), ("unknown", ())),
    (201, told(101, "x" * 200), ("unknown", ())),
    (201, told(True, "ATXid_1"), ("unknown", ())),
    (201, told(103, "ATXid_1"), ("unknown", ())),
    (201, told(401, "ATXid_1"), ("unknown", ("ATXid_1",))),
    (201, told(401), ("elsewhere", 0)),
    (201, told(402), ("elsewhere", 0)),
    (201, told(403), ("final", 0)),
    (201, told(404), ("final", 0)),
    (201, told(405), ("elsewhere", SHUT_SECONDS)),
    (201, told(406), ("final", 0)),
    (201, told(407), ("elsewhere", 0)),
    (201, told(409), ("final", 0)),
    (201, told(500), ("temporary", 0)),
    (201, told(501), ("temporary", 0)),
    (201, told(502), ("elsewhere", 0)),
    (201, told(599), ("elsewhere", 0)),
    (201, b'{"SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}}', ("elsewhere", 0)),
    (201, b'{"SMSMessageData": {"Message": "InsufficientBalance", "Recipients": []}}', ("elsewhere", SHUT_SECONDS)),
    (201, b'{"SMSMessageData": {"Message": "?", "Recipients": []}}', ("elsewhere", 0)),
    (201, b'{"SMSMessageData": {"Message": [], "Recipients": [7]}}', ("elsewhere", 0)),
    (201, b'{"SMSMessageData": "?"}', ("unknown", ())),
    (401, b"The supplied authentication is invalid", ("elsewhere", SHUT_SECONDS)),
]
TWILIO = [
    (201, b'{"sid": "SM1", "status": "queued"}', ("submitted", ("SM1",))),
    (200, b'{"sid": "SM1"}', ("submitted", ("SM1",))),
    (201, b'{"sid": 7}', ("unknown", ("01MT",))),
    (400, code(21211), ("final", 0)),
    (400, code(21610), ("final", 0)),
    (400, code(21614), ("final", 0)),
    (400, code(21617), ("final", 0)),
    (400, code(21408), ("elsewhere", 0)),
    (400, code(21606), ("elsewhere", 0)),
    (400, code(21612), ("elsewhere", 0)),
    (400, code(99999), ("elsewhere", 0)),
    (429, code(14107), ("throttled", 1)),
    (429, code(20429), ("throttled", 1)),
    (400, code(21611), ("throttled", 1)),
    (400, code("30001"), ("throttled", 1)),
    (401, code(20003), ("elsewhere", SHUT_SECONDS)),
    (403, code(30002), ("elsewhere", SHUT_SECONDS)),
    (404, code(20404), ("elsewhere", SHUT_SECONDS)),
    (503, code(20503), ("temporary", 0)),
    (500, code(20500), ("unknown", ("01MT",))),
    (500, code(21211), ("unknown", ("01MT",))),
]
KANNEL = [
    (202, b"0: Accepted for delivery", ("submitted", ("01MT",))),
    (202, b"3: Queued for later delivery\n", ("submitted", ("01MT",))),
    (200, b"Sent.", ("submitted", ("01MT",))),
    (202, b"", ("unknown", ("01MT",))),
    (403, b"Authorization failed for sendsms", ("elsewhere", SHUT_SECONDS)),
    (403, b"Not routable. Do not try again.", ("elsewhere", 0)),
    (400, b"Sender missing and no global set, rejected", ("elsewhere", 0)),
    (503, b"Temporal failure, try again later.", ("temporary", 0)),
    (503, b"<html>", ("unknown", ("01MT",))),
]
ROWS = [
    *(("africastalking", *row) for row in AFRICAS_TALKING),
    *(("twilio", *row) for row in TWILIO),
    *(("kannel", *row) for row in KANNEL),
]


@pytest.mark.parametrize(("kind", "status", "body", "meaning"), ROWS)
def test_an_answer_means(kind: str, status: int, body: bytes, meaning: tuple[object, ...]) -> None:
    """As the aggregator documents it."""
    assert short(judged(kind, status, body)) == meaning


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", [None, b"", b"<html>a proxy's page</html>", b"[1]", b"[" * 60_000, b"\xff", b"{}"])
@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (200, "unknown"),
        (201, "unknown"),
        (302, "elsewhere"),
        (400, "elsewhere"),
        (401, "elsewhere"),
        (403, "elsewhere"),
        (404, "elsewhere"),
        (408, "temporary"),
        (413, "elsewhere"),
        (429, "throttled"),
        (500, "unknown"),
        (502, "unknown"),
        (503, "unknown"),
    ],
)
def test_what_is_not_in_the_aggregators_words_means_what_its_status_says(
    kind: str, body: bytes | None, status: int, meaning: str
) -> None:
    """A 4xx was not taken; of a 5xx and of a yes that cannot be read nobody knows."""
    assert short(judged(kind, status, body))[0] == meaning


@pytest.mark.parametrize("kind", KINDS)
@given(st.binary(max_size=200), st.integers(100, 599))
def test_no_answer_breaks_anything(kind: str, body: bytes, status: int) -> None:
    """Whatever it is."""
    assert judged(kind, status, body).pause >= 0


@pytest.mark.parametrize("kind", KINDS)
def test_the_reason_of_a_refusal_holds_nothing_that_was_answered(kind: str) -> None:
    """The aggregator's message may hold the number."""
    for body in (code(21211), b"no way to +573001112233"):
        outcome = judged(kind, 400, body).outcome
        assert isinstance(outcome, SubmitRefused)
        assert "57300" not in outcome.reason


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("wait", "pause"), [(None, 1.0), (0.0, 0.0), (7.0, 7.0), (10_000.0, 300.0)])
def test_a_throttled_account_pauses_as_it_is_told(kind: str, wait: float | None, pause: float) -> None:
    """A second where nothing is said, five minutes at most."""
    assert short(judged(kind, 429, b"", wait)) == ("throttled", pause)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("7", 7),
        ("86400", 300),
        ("9" * 500, 300),
        ("Tue, 24 Nov 2026 15:00:30 GMT", 30),
        ("Tue, 24 Nov 2026 14:00:00 GMT", 0),
        ("Tue, 24 Nov 2026 15:00:30 -0000", 30),
        ("soon", None),
        ("Tue, 24 Nov 99999999999999999999 15:00:30 GMT", None),
        ("-1", None),
        ("٣", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    """RFC 9110 §10.2.3; five minutes at most."""
    assert retry_after(header, NOW) == seconds
