"""Credit control as values: what a request carries, what money is on the wire, and what every Result-Code means."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from flows.market import load_market, market_codes
from flows.values import Money, Msisdn, Wallet
from gateway.core.ports import Activated, NotSent, OutcomeUnknown, Refunded, Refused
from gateway.ocs import diameter_codec as codec
from gateway.ocs import diameter_wire as wire
from gateway.ocs.currency import to_major, to_minor
from gateway.ocs.currency_numbers import numeric_code
from gateway.ocs.diameter_codec import Packet, UnreadablePacket, avp
from gateway.ocs.diameter_wire import Action, Answer, Ask, ChargedService, Sender

ANA = Msisdn("573001112233")
US = Sender("chasqui.example", "example")
SESSION = wire.session_of(US.host, "ord-1")
ASK = Ask(SESSION, Action.DIRECT_DEBITING, ANA, ChargedService("bundle@operator", 101), Money(300000, "COP"))
SERVER = "ocs.example"
CURRENCIES = ("COP", "BRL", "MXN", "ZAR", "GHS", "INR", "CLP", "PYG", "UGX", "XOF", "KWD")


def sent(ask: Ask = ASK, sender: Sender = US, **options: bool) -> Packet:
    """A request as the other side reads it."""
    return codec.decode(codec.encode(wire.format_request(ask, sender, "realm.example", **options)))


def answer(*avps: Any, session: str = SESSION, error: bool = False) -> bytes:
    """A Credit-Control-Answer of these AVPs beside the usual."""
    told = [avp(codec.SESSION_ID, session)] if session else []
    packet = sent().answer([*told, avp(codec.ORIGIN_HOST, SERVER.encode()), *avps], error=error)
    return codec.encode(packet)


def result(code: int) -> Any:
    """A Result-Code."""
    return avp(codec.RESULT_CODE, code)


def test_a_debit_says_what_rfc_8506_asks_of_an_event() -> None:
    """Who, whom, what for, how much."""
    request = sent(sender=Sender(US.host, US.realm, to_host="ocs.example"))
    assert (request.command, request.application, request.request, request.proxiable) == (272, 4, True, True)
    assert request.avps[0].code == codec.SESSION_ID, "RFC 6733 §8.8 wants it first"
    texts = (codec.SESSION_ID, codec.ORIGIN_HOST, codec.ORIGIN_REALM, codec.DESTINATION_REALM, codec.DESTINATION_HOST)
    assert [codec.text(request.avps, code) for code in texts] == [
        SESSION,
        "chasqui.example",
        "example",
        "realm.example",
        "ocs.example",
    ]
    numbers = (codec.AUTH_APPLICATION, wire.REQUEST_TYPE, wire.REQUEST_NUMBER_CODE, wire.REQUESTED_ACTION)
    assert [codec.number(request.avps, code) for code in numbers] == [4, 4, 0, 0]
    assert codec.text(request.avps, wire.SERVICE_CONTEXT) == "bundle@operator"
    assert codec.number(request.avps, wire.SERVICE_IDENTIFIER) == 101
    subscription = codec.group(request.avps, wire.SUBSCRIPTION)
    assert codec.number(subscription, wire.SUBSCRIPTION_TYPE) == wire.END_USER_E164
    assert codec.text(subscription, wire.SUBSCRIPTION_DATA) == ANA
    unit = codec.group(codec.group(request.avps, wire.REQUESTED_UNIT), wire.MONEY)
    assert wire.read_money(unit) == (Decimal("3000.00"), 170)


def test_what_the_rfc_says_must_be_understood_has_the_flag() -> None:
    """RFC 6733 §4.5, RFC 8506 §8: every AVP of ours has the M flag, so a strict agent lets it pass."""
    assert [one.code for one in sent(sender=Sender("a.b", "b", "c.d")).avps if not one.is_mandatory] == []


def test_neither_host_nor_service_is_sent_where_it_is_not_known() -> None:
    """Routing is by realm, rating by the context alone."""
    request = sent(Ask(SESSION, Action.CHECK_BALANCE, ANA, ChargedService("balance@operator"), Money(1, "COP")))
    assert codec.values(request.avps, codec.DESTINATION_HOST) == []
    assert codec.values(request.avps, wire.SERVICE_IDENTIFIER) == []
    assert codec.number(request.avps, wire.REQUESTED_ACTION) == 2


def test_a_repeated_request_differs_by_the_t_flag_alone() -> None:
    """Also after a restart: the session and both identifiers are made of the key."""
    first, again = (codec.encode(wire.format_request(ASK, US, "r", resent=resent)) for resent in (False, True))
    assert [at for at, (one, other) in enumerate(zip(first, again, strict=True)) if one != other] == [4]
    assert (first[4], again[4]) == (0xC0, 0xD0)
    assert wire.session_of(US.host, "ord-1") == SESSION
    assert codec.decode(first).end_to_end != 0


@given(st.text(max_size=40), st.text(max_size=40))
def test_another_key_is_another_session(one: str, other: str) -> None:
    """And the same key the same."""
    assert (wire.session_of("h", one) == wire.session_of("h", other)) == (one == other)
    assert wire.session_of("h", one).startswith("h;")


@given(st.integers(-(2**63), 2**63 - 1), st.sampled_from(CURRENCIES))
def test_money_comes_back_as_it_went(amount: int, currency: str) -> None:
    """Value-Digits, Exponent and Currency-Code, through octets."""
    packet = Packet(272, 4, (avp(wire.MONEY, wire.format_money(Money(amount, currency))),))
    told = wire.read_money(codec.group(codec.decode(codec.encode(packet)).avps, wire.MONEY))
    assert told is not None
    assert (told[0], told[1]) == (to_major(amount, currency), numeric_code(currency))
    assert to_minor(told[0], currency) == amount


@given(st.integers(-(10**9), 10**9), st.integers(-9, 9), st.sampled_from(CURRENCIES))
def test_money_is_read_whatever_exponent_it_comes_with(digits: int, exponent: int, currency: str) -> None:
    """Parts of a minor unit are dropped downwards."""
    unit = [avp(wire.VALUE_DIGITS, digits), avp(wire.EXPONENT, exponent)]
    told = wire.read_money([avp(wire.UNIT_VALUE, unit), avp(wire.CURRENCY_CODE, 170)])
    assert told is not None
    major = Decimal(digits) * Decimal(10) ** exponent
    assert told[0] == major
    assert 0 <= major - to_major(to_minor(told[0], currency), currency) < to_major(1, currency)


def test_money_beyond_reason_is_refused() -> None:
    """An exponent that would make a number of a billion digits."""
    unit = [avp(wire.VALUE_DIGITS, 1), avp(wire.EXPONENT, 2**31 - 1)]
    with pytest.raises(UnreadablePacket, match="no account"):
        wire.read_money([avp(wire.UNIT_VALUE, unit), avp(wire.CURRENCY_CODE, 170)])


@pytest.mark.parametrize(
    ("currency", "number"),
    [("COP", 170), ("BRL", 986), ("MXN", 484), ("ZAR", 710), ("GHS", 936), ("INR", 356), ("USD", 840), ("XOF", 952)],
)
def test_currencies_have_their_numbers(currency: str, number: int) -> None:
    """ISO 4217."""
    assert numeric_code(currency) == number


def test_every_market_and_no_invention_has_a_number() -> None:
    """What is no currency cannot be charged."""
    assert all(numeric_code(load_market(code).currency) for code in market_codes())
    assert not wire.is_writable(Money(1, "ZZZ"))
    assert not wire.is_writable(Money(2**63, "COP"))


def test_no_two_currencies_share_a_number() -> None:
    """And nearly all that Babel can name are there; what it has beyond is of the past."""
    numbers = [numeric_code(str(letters)) for letters in Locale("en").currencies]
    known = [number for number in numbers if number is not None]
    assert len(known) == len(set(known)) > 150


REFUSED = {
    4001: "rejected",
    4010: "not_eligible",
    4011: "rejected",
    4012: "insufficient_funds",
    5001: "rejected",
    5003: "not_eligible",
    5004: "rejected",
    5005: "rejected",
    5006: "not_eligible",
    5007: "rejected",
    5008: "rejected",
    5009: "rejected",
    5014: "rejected",
    5030: "unknown_subscriber",
    5031: "rejected",
}
CERTAINLY_NOT = (3001, 3003, 3005, 3006, 3007, 3008, 3009, 3010, 3011)
OPEN = (1001, 2002, 3002, 3999, 4002, 4003, 4999, 5002, 5012, 5999)


@pytest.mark.parametrize(("code", "reason"), REFUSED.items())
def test_a_final_no_is_one_whenever_it_is_heard(code: int, reason: str) -> None:
    """To the first send and to a repetition."""
    told = wire.read_answer(answer(result(code), avp(codec.ERROR_MESSAGE, "words\nof theirs")), SESSION)
    refused = Refused(reason, f"Diameter {code} words of theirs", SESSION)
    assert wire.found_outcome(told, SESSION) == wire.sent_outcome(told, SESSION, SERVER) == refused
    assert wire.given_back(refused) == refused


def test_done_is_done() -> None:
    """2001, and the session is what an operator can look up."""
    told = wire.read_answer(answer(result(2001)), SESSION)
    assert wire.sent_outcome(told, SESSION, SERVER) == wire.found_outcome(told, SESSION) == Activated(SESSION)
    assert wire.given_back(Activated(SESSION)) == Refunded(SESSION)


@pytest.mark.parametrize("code", CERTAINLY_NOT)
def test_what_could_not_go_on_is_not_sent(code: int) -> None:
    """A protocol error about the first send; about a repetition it says nothing of what the first one did."""
    told = wire.read_answer(answer(result(code), session="", error=True), SESSION)
    assert wire.sent_outcome(told, SESSION, SERVER) == NotSent(f"Diameter {code}")
    assert wire.found_outcome(told, SESSION) == OutcomeUnknown(f"Diameter {code}")


@pytest.mark.parametrize(("origin", "kind"), [(SERVER, NotSent), ("another.example", OutcomeUnknown)])
def test_too_busy_counts_from_the_one_we_are_connected_to(origin: str, kind: type) -> None:
    """From one behind a relay it may be the second that was tried."""
    assert type(wire.sent_outcome(Answer(3004, "", origin), SESSION, SERVER)) is kind
    assert type(wire.found_outcome(Answer(3004, "", origin), SESSION)) is OutcomeUnknown


@pytest.mark.parametrize("code", OPEN)
def test_all_else_is_open(code: int) -> None:
    """Codes of no table, unable to comply, and unable to deliver, which a relay says after it lost the link too."""
    told = Answer(code, "", SERVER)
    unknown = OutcomeUnknown(f"Diameter {code}")
    assert wire.sent_outcome(told, SESSION, SERVER) == wire.found_outcome(told, SESSION) == unknown
    assert wire.given_back(unknown) == unknown


def test_a_refusal_inside_counts_though_the_whole_is_done() -> None:
    """Multiple-Services-Credit-Control with a Result-Code of its own."""
    parts = [avp(wire.SERVICES, [result(2001)]), avp(wire.SERVICES, [result(4012)])]
    assert wire.read_answer(answer(result(2001), *parts), SESSION).code == 4012
    assert wire.read_answer(answer(result(2001), parts[0]), SESSION).code == 2001


@pytest.mark.parametrize(
    "octets",
    [
        answer(result(2001), session="another"),
        answer(result(2001), session=""),
        answer(),
        answer(avp(codec.VENDOR_ID, 1))[:-1],
        answer(result(2001))[:-4] + b"\0\0",
    ],
)
def test_what_is_no_answer_to_this_request_cannot_be_read(octets: bytes) -> None:
    """Another session, none though nothing went wrong, no Result-Code, octets that end too early."""
    with pytest.raises(UnreadablePacket):
        wire.read_answer(octets, SESSION)


@given(st.binary(max_size=80))
def test_garbage_is_told_as_garbage(tail: bytes) -> None:
    """Whatever follows the header: an answer is read, or UnreadablePacket is raised."""
    try:
        wire.read_answer(answer(result(2001))[:20] + tail, SESSION)
    except UnreadablePacket:
        return
    assert SESSION.encode() in tail


def remaining(amount: int, currency: str) -> Any:
    """3GPP's Remaining-Balance."""
    return avp(wire.REMAINING_BALANCE, wire.format_money(Money(amount, currency)), wire.TGPP)


@pytest.mark.parametrize(
    ("told", "balance"),
    [([], None), ([remaining(12345, "COP")], Money(12345, "COP")), ([remaining(12345, "BRL")], None)],
)
def test_a_balance_is_known_only_where_it_is_told(told: list[Any], balance: Money | None) -> None:
    """In our currency."""
    assert wire.read_wallet(wire.read_answer(answer(result(2001), *told), SESSION), "COP") == Wallet(balance)


@given(st.binary(min_size=4, max_size=4))
def test_a_length_is_one_that_a_packet_can_have(start: bytes) -> None:
    """Version 1, a multiple of four, from the header to a megabyte; else the stream is lost."""
    try:
        length = codec.length_of(start)
    except UnreadablePacket:
        return
    assert start[0] == 1
    assert length % 4 == 0
    assert 20 <= length <= codec.MOST_OCTETS


def test_an_answer_gives_proxies_back_what_they_left() -> None:
    """Proxy-Info, with the identifiers of the request (RFC 6733 §6.2)."""
    proxy = avp(codec.PROXY_INFO, [avp(280, b"proxy.example"), avp(33, b"state")])
    request = Packet(272, 4, (proxy,), proxiable=True, hop_by_hop=7, end_to_end=8)
    told = codec.decode(codec.encode(codec.decode(codec.encode(request)).answer([result(2001)])))
    assert (told.request, told.proxiable, told.hop_by_hop, told.end_to_end) == (False, True, 7, 8)
    assert len(codec.values(told.avps, codec.PROXY_INFO)) == 1
