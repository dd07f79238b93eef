"""The request by which each aggregator is handed a text."""

from __future__ import annotations

import base64

import pytest

from aggregators import KINDS, SID, WIRES, account, text
from fakes import ANA
from gateway.config.tree import AggregatorConfig
from gateway.core.service_numbers import ServiceNumber
from gateway.sms.account import account_of

TOLD = "https://gw.example/sms/receipts"


def test_africas_talking_gets_a_form_and_its_key_in_a_header() -> None:
    """The key is nowhere else."""
    ask = WIRES["africastalking"].ask(text("Hola"), account("africastalking"))
    assert ask.url == "https://api.africastalking.com/version1/messaging"
    assert dict(ask.form) == {
        "username": "chasqui",
        "to": f"+{ANA}",
        "message": "Hola",
        "from": "12345",
        "bulkSMSMode": "1",
        "enqueue": "1",
    }
    assert dict(ask.headers) == {"apiKey": "s3cr3t", "Accept": "application/json"}


def test_twilio_gets_a_form_for_its_account() -> None:
    """With where to tell what became of it, and for how long it is worth anything."""
    made = account("twilio", via="MG1", receipts=TOLD)
    ask = WIRES["twilio"].ask(text("Hola", validity_seconds=90), made)
    assert ask.url == f"https://api.twilio.com/2010-04-01/Accounts/{SID}/Messages.json"
    assert dict(ask.form) == {
        "To": f"+{ANA}",
        "Body": "Hola",
        "From": "12345",
        "MessagingServiceSid": "MG1",
        "StatusCallback": f"{TOLD}?account=twilio-1&id=01MT",
        "ValidityPeriod": "90",
    }
    assert base64.b64decode(ask.headers["Authorization"].removeprefix("Basic ")) == f"{SID}:s3cr3t".encode()


@pytest.mark.parametrize(("seconds", "period"), [(None, None), (36_000, "36000"), (90_000, "36000")])
def test_twilio_is_never_told_more_than_ten_hours(seconds: int | None, period: str | None) -> None:
    """It refuses more."""
    ask = WIRES["twilio"].ask(text(validity_seconds=seconds), account("twilio"))
    assert dict(ask.form).get("ValidityPeriod") == period


def test_kannel_gets_everything_in_the_query() -> None:
    """Minutes are rounded up; what it puts in itself stands as it wants it."""
    made = account("kannel", via="smsc-b", receipts=TOLD)
    ask = WIRES["kannel"].ask(text("¿Qué?", validity_seconds=61), made)
    assert ask.url == "http://127.0.0.1:13013/cgi-bin/sendsms"
    assert dict(ask.query) == {
        "username": "chasqui",
        "password": "s3cr3t",
        "to": f"+{ANA}",
        "from": "12345",
        "text": "¿Qué?",
        "charset": "UTF-8",
        "coding": "0",
        "smsc": "smsc-b",
        "validity": "2",
        "dlr-mask": "31",
        "dlr-url": f"{TOLD}?account=kannel-1&id=01MT&status=%d&reason=%A",
    }


def test_kannel_is_told_what_does_not_fit_the_gsm_alphabet() -> None:
    """Coding 2 is UCS-2."""
    assert dict(WIRES["kannel"].ask(text("Привет"), account("kannel")).query)["coding"] == "2"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("source", "sender"),
    [
        ("", "12345"),
        ("12345", "12345"),
        ("573110000000", "+573110000000"),
        ("+573110000000", "+573110000000"),
        ("claro", "Claro"),
        ("999", "999"),
    ],
)
def test_the_sender_is_written_as_aggregators_want_it(kind: str, source: str, sender: str) -> None:
    """A long number with its plus, a short code and a name as they are."""
    ask = WIRES[kind].ask(text(source=source), account(kind))
    assert {name.lower(): value for name, value in (*ask.form, *ask.query)}["from"] == sender


@pytest.mark.parametrize("kind", KINDS)
def test_receipts_are_asked_for_only_where_somebody_hears_them(kind: str) -> None:
    """Without an address nothing is said of them, and nothing is known of a text that got no answer."""
    ask, made = WIRES[kind].ask(text(), account(kind)), account(kind)
    assert not {"StatusCallback", "dlr-url", "dlr-mask"} & {name for name, _ in (*ask.form, *ask.query)}
    assert WIRES[kind].foretold(text(), made) == ()


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("", "http://127.0.0.1:13013/cgi-bin/sendsms"),
        ("http://kannel:1", "http://kannel:1/cgi-bin/sendsms"),
        ("http://kannel:1/", "http://kannel:1/cgi-bin/sendsms"),
        ("http://kannel:1/send", "http://kannel:1/send"),
    ],
)
def test_a_url_with_a_path_is_taken_whole(url: str, whole: str) -> None:
    """Without one it gets the usual path."""
    assert WIRES["kannel"].ask(text(), account("kannel", url=url)).url == whole


def test_an_account_is_made_of_its_configuration() -> None:
    """Receipts are told below the public URL, if nothing else is said."""
    number = ServiceNumber("12345")
    config = AggregatorConfig("k", "kannel", account="u", secret="p", numbers=("12345",), public_url="https://gw/x/")
    made = account_of(config, [number])
    assert (made.own, made.receipts, made.user) == (number, "https://gw/x/sms/kannel/receipts", "u")
    assert "'p'" not in repr(made)
    assert "'p'" not in repr(config)
