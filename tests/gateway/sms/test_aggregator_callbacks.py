"""What each aggregator's requests say."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregators import KINDS, WIRES, account
from fakes import ANA, NUMBER
from gateway.core.ports import DeliveryReceipt, MobileOriginated
from gateway.sms.fields import BadRequest, Received, received
from gateway.sms.twilio import signature

Fields = dict[str, str]
TEXTS: dict[str, Fields] = {
    "africastalking": {"from": f"+{ANA}", "to": NUMBER, "text": "Sí", "id": "m-1", "date": "2026-11-24 10:00:00"},
    "twilio": {"From": f"+{ANA}", "To": NUMBER, "Body": "Sí", "MessageSid": "m-1", "NumSegments": "1"},
    "kannel": {"from": ANA, "to": NUMBER, "text": "Sí", "id": "m-1", "charset": "UTF-8"},
}
RECEIPTS: dict[str, Fields] = {
    "africastalking": {"id": "m-1", "status": "Success", "phoneNumber": f"+{ANA}"},
    "twilio": {"MessageSid": "m-1", "MessageStatus": "delivered", "To": f"+{ANA}"},
    "kannel": {"id": "m-1", "status": "1", "reason": "ACK/"},
}


def request(kind: str, fields: Fields, query: str = "") -> Received:
    """The request as this aggregator makes it."""
    said = urlencode(fields)
    if WIRES[kind].calls_by == "GET":
        return received("https://gw/", said, b"")
    return received("https://gw/", query, said.encode())


def heard(kind: str, fields: Fields) -> MobileOriginated:
    """The text in it."""
    return WIRES[kind].text(request(kind, fields), account(kind))


def told(kind: str, fields: Fields, query: str = "") -> DeliveryReceipt:
    """The receipt in it."""
    return WIRES[kind].receipt(request(kind, fields, query), account(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_is_heard(kind: str) -> None:
    """From a number without its plus, under the aggregator's own name."""
    assert heard(kind, TEXTS[kind]) == MobileOriginated(f"{kind}-1", ANA, NUMBER, "Sí", "m-1")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("written", [f"+{ANA}", ANA, f"00{ANA}", f" {ANA} ", "+57 300 111 2233"])
def test_a_number_is_read_however_it_is_written(kind: str, written: str) -> None:
    """The plus may have become a blank on the way."""
    name = "From" if kind == "twilio" else "from"
    assert heard(kind, {**TEXTS[kind], name: written}).source == ANA


@pytest.mark.parametrize("kind", KINDS)
def test_a_machines_text_is_no_error(kind: str) -> None:
    """It is kept, as one that came over a bind; only that nobody is answered."""
    name = "From" if kind == "twilio" else "from"
    assert heard(kind, {**TEXTS[kind], name: "Claro"}).source == "Claro"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [None, "", "  ", "x" * 40, "57\n300"])
def test_a_text_from_nobody_is_refused(kind: str, value: str | None) -> None:
    """The complaint names the field and not its value."""
    name = "From" if kind == "twilio" else "from"
    fields = {key: said for key, said in {**TEXTS[kind], name: value}.items() if said is not None}
    with pytest.raises(BadRequest, match=f"^{name} is (missing|no number)$"):
        heard(kind, fields)


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        *(("africastalking", name) for name in ("to", "text")),
        *(("twilio", name) for name in ("To", "MessageSid")),
        *(("kannel", name) for name in ("to", "text")),
    ],
)
def test_a_text_needs_its_fields(kind: str, missing: str) -> None:
    """One line says which is missing."""
    fields = {name: value for name, value in TEXTS[kind].items() if name != missing}
    with pytest.raises(BadRequest, match=f"^{missing} is missing$"):
        heard(kind, fields)


def test_an_opt_out_at_africas_talking_is_the_text_stop() -> None:
    """It tells the sender and the number, and no text."""
    found = heard("africastalking", {"senderId": "Claro", "phoneNumber": f"+{ANA}"})
    assert found == MobileOriginated("africastalking-1", ANA, "Claro", "STOP")


@pytest.mark.parametrize(
    ("octets", "charset", "text"),
    [
        ("S%C3%AD", "UTF-8", "Sí"),
        ("S%C3%AD", "", "Sí"),
        ("%00S%00%ED", "UTF-16BE", "Sí"),
        ("%04%1F%04%40", "utf-16be", "Пр"),
        ("S%ED", "ISO-8859-1", "Sí"),
        ("S%ED", "UTF-8", "Sí"),
        ("S%ED", "unicode_escape", "Sí"),
        ("%00", "UTF-16BE", "\0"),
        ("", "UTF-8", ""),
    ],
)
def test_kannels_text_is_read_in_the_charset_that_it_names(octets: str, charset: str, text: str) -> None:
    """And in some charset whatever it names: no text is refused for that."""
    query = f"from={ANA}&to={NUMBER}&charset={charset}&text={octets}"
    found = WIRES["kannel"].text(received("https://gw/", query, b""), account("kannel"))
    assert found.text == text


@pytest.mark.parametrize("kind", KINDS)
def test_a_receipt_is_heard(kind: str) -> None:
    """Under the name that the text was submitted with."""
    found = told(kind, RECEIPTS[kind])
    assert (found.smsc, found.message_id, found.state, found.error) == (f"{kind}-1", "m-1", "delivered", "")


STATES = [
    *(("africastalking", word, "delivered") for word in ("Success", "success")),
    *(("africastalking", word, "failed") for word in ("Failed", "Rejected")),
    ("africastalking", "Expired", "expired"),
    *(("africastalking", word, "accepted") for word in ("Sent", "Submitted")),
    *(("africastalking", word, "enroute") for word in ("Buffered", "AbsentSubscriber")),
    *(("twilio", word, "delivered") for word in ("delivered", "read")),
    *(("twilio", word, "failed") for word in ("undelivered", "failed", "canceled")),
    ("twilio", "sent", "accepted"),
    *(("twilio", word, "enroute") for word in ("queued", "accepted", "sending", "scheduled")),
    ("kannel", "1", "delivered"),
    ("kannel", "2", "failed"),
    ("kannel", "4", "enroute"),
    ("kannel", "8", "accepted"),
    ("kannel", "16", "failed"),
    *((kind, "a new word", "unknown") for kind in KINDS),
]


@pytest.mark.parametrize(("kind", "word", "state"), STATES)
def test_a_status_means(kind: str, word: str, state: str) -> None:
    """One that nobody knows yet settles nothing."""
    name = "MessageStatus" if kind == "twilio" else "status"
    assert told(kind, {**RECEIPTS[kind], name: word}).state == state


@pytest.mark.parametrize(
    ("kind", "changes", "state", "error"),
    [
        ("africastalking", {"status": "Failed", "failureReason": "UserIsInactive"}, "failed", "UserIsInactive"),
        ("twilio", {"MessageStatus": "undelivered", "ErrorCode": "30005"}, "failed", "30005"),
        ("twilio", {"MessageStatus": "failed", "ErrorCode": "30036"}, "expired", "30036"),
        ("twilio", {"MessageStatus": "delivered", "ErrorCode": "0"}, "delivered", ""),
        ("kannel", {"status": "2", "reason": "id:7 stat:EXPIRED err:0A1 text:x"}, "expired", "0A1"),
        ("kannel", {"status": "2", "reason": "id:7 stat:UNDELIV err:001 text:stat:EXPIRED"}, "failed", "001"),
        ("kannel", {"status": "16", "reason": "NACK/0x0000000b/Invalid Destination Address"}, "failed", "0x0000000b"),
        ("kannel", {"status": "1", "reason": "id:7 stat:DELIVRD err:000"}, "delivered", ""),
    ],
)
def test_why_it_was_not_delivered_is_told(kind: str, changes: Fields, state: str, error: str) -> None:
    """In the network's own code."""
    found = told(kind, {**RECEIPTS[kind], **changes})
    assert (found.state, found.error) == (state, error)


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        *(("africastalking", name) for name in ("id", "status")),
        *(("twilio", name) for name in ("MessageSid", "MessageStatus")),
        *(("kannel", name) for name in ("id", "status")),
    ],
)
def test_a_receipt_needs_its_fields(kind: str, missing: str) -> None:
    """One line says which is missing."""
    with pytest.raises(BadRequest, match=f"^{missing} is missing$"):
        told(kind, {name: value for name, value in RECEIPTS[kind].items() if name != missing})


def test_twilios_receipt_brings_our_own_id_back() -> None:
    """For a text whose request was not answered it is the only name."""
    assert told("twilio", RECEIPTS["twilio"], "account=twilio-1&id=01MT").also == ("01MT",)


def test_the_signature_is_twilios() -> None:
    """The example of their documentation."""
    pairs = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+12349013030"),
        ("Digits", "1234"),
        ("From", "+12349013030"),
        ("To", "+18005551212"),
    ]
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert signature(url, pairs, "12345") == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="
    assert signature(url, pairs[::-1], "12345") == signature(url, pairs, "12345")


@pytest.mark.parametrize(
    ("signed", "called", "good"),
    [
        ("https://gw.example/sms?x=1", "https://gw.example/sms?x=1", True),
        ("https://gw.example:443/sms", "https://gw.example/sms", True),
        ("https://gw.example/sms", "https://gw.example:443/sms", True),
        ("https://gw.example/sms", "https://gw.example:8443/sms", True),
        ("https://gw.example/sms", "https://gw.example:99999999/sms", False),
        ("https://gw.example/sms", "https://gw.example:x/sms", False),
        ("https://gw.example/sms", "https://[gw.example/sms", False),
        ("http://gw.example/sms", "https://gw.example/sms", False),
        ("https://gw.example/sms?x=1", "https://gw.example/sms?x=2", False),
        ("https://other.example/sms", "https://gw.example/sms", False),
    ],
)
def test_a_signature_holds_for_the_url_with_or_without_its_port(signed: str, called: str, good: bool) -> None:
    """And for no other."""
    pairs = (("Body", "Sí"), ("From", f"+{ANA}"))
    said = Received(called, pairs, signature=signature(signed, pairs, "s3cr3t"))
    assert WIRES["twilio"].is_signed(said, account("twilio")) is good


@pytest.mark.parametrize("shown", ["", "x", "ñ", "\udcff", "0/KCTR6DLpKmkAf8muzZqo1nDgQ="])
def test_no_other_signature_holds(shown: str) -> None:
    """Whatever stands in the header."""
    said = Received("https://gw.example/sms", (("Body", "1"),), signature=shown)
    assert not WIRES["twilio"].is_signed(said, account("twilio"))
    assert not WIRES["twilio"].is_signed(said, account("twilio", secret=""))


@pytest.mark.parametrize("kind", KINDS)
@given(st.text(max_size=60), st.binary(max_size=200))
def test_any_request_is_read_or_told_why_not(kind: str, query: str, body: bytes) -> None:
    """Nothing else comes out."""
    wire, made = WIRES[kind], account(kind)
    with suppress(BadRequest):
        said = received("https://gw/", query, body, query)
        wire.whose(said)
        wire.is_signed(said, made)
        for read in (wire.text, wire.receipt):
            with suppress(BadRequest):
                read(said, made)


def test_a_form_of_too_many_fields_is_refused() -> None:
    """Nobody sends a hundred."""
    with pytest.raises(BadRequest, match="more than 100 fields"):
        received("https://gw/", "", b"&".join(b"a%d=1" % n for n in range(101)))
