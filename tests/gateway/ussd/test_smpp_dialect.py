"""USSD over SMPP, case by case: what is a hop, what ends a session, and the octets of a screen in each profile."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.values import Msisdn
from gateway.config.tree import UssdProfileConfig
from gateway.config.ussd_profiles import BUILT_IN
from gateway.core.doors import Door
from gateway.core.ports import PushRequest
from gateway.core.turn import Input, Reply
from gateway.smpp.pdu import Message, Tlv, format_message, parse_request, tlv
from gateway.smpp.text import decode
from gateway.smpp.vocabulary import ITS_SESSION_INFO, USSD_SERVICE_OP, Command, Status
from gateway.ussd.dialect import BadHop, Ended
from gateway.ussd.smpp_dialect import Confirmed, Heard, SmppDialect
from menus.values import Budget

ANA = "573001112233"
DOOR = Door("claro", "smpp")
STANDARD = UssdProfileConfig("standard")
OWN = (3, 0, "12345")


def dialect(profile: UssdProfileConfig = STANDARD, **door: Any) -> SmppDialect:
    """The pair of a door."""
    return SmppDialect(profile, replace(DOOR, **door), OWN)


def delivered(
    text: bytes = b"", op: int | bytes | None = 18, info: bytes | None = b"\x07\x00", **fields: Any
) -> Message:
    """A deliver_sm from Ana's phone to ``*123#``. op, info: of the TLVs; None leaves one out."""
    tlvs: list[Tlv] = []
    if op is not None:
        tlvs.append((USSD_SERVICE_OP, op if isinstance(op, bytes) else bytes((op,))))
    if info is not None:
        tlvs.append((ITS_SESSION_INFO, info))
    message = Message(
        Command.DELIVER_SM, 0, 1, 1, ANA, 0, 0, "*123#", text, 0x0F, service_type="USSD", tlvs=tuple(tlvs)
    )
    return replace(message, **fields)


def heard(message: Message, profile: UssdProfileConfig = STANDARD, **door: Any) -> Heard:
    """What is read as a hop."""
    found = dialect(profile, **door).parse(message)
    assert isinstance(found, Heard)
    return found


@pytest.mark.parametrize(
    ("message", "session", "service", "said"),
    [
        (delivered(b"*123#", 1), f"{ANA}-07", "*123#", Input("", begins=True, reuses=True)),
        (delivered(b"*123*4*1#", 1), f"{ANA}-07", "*123*4*1#", Input("", begins=True, reuses=True)),
        (delivered(b"", 1), f"{ANA}-07", "*123#", Input("", begins=True, reuses=True)),
        (delivered(b"", 1, destination="123"), f"{ANA}-07", "*123#", Input("", begins=True, reuses=True)),
        (delivered(b"4*1", 1), f"{ANA}-07", "*123#", Input("4*1", begins=True, reuses=True)),
        (delivered(b"*123#", 0), f"{ANA}-07", "*123#", Input("", begins=True, reuses=True)),
        (delivered(b"1"), f"{ANA}-07", "", Input("1", reuses=True)),
        (delivered(b"1", b"\x00\x12"), f"{ANA}-07", "", Input("1", reuses=True)),
        (delivered(b"1", b"\0\0\0\x12"), f"{ANA}-07", "", Input("1", reuses=True)),
        (delivered(b"1", b""), f"{ANA}-07", "", Input("1", reuses=True)),
        (delivered(b"1", None), f"{ANA}-07", "", Input("1", reuses=True)),
        (delivered(b"*123#", None), f"{ANA}-07", "*123#", Input("", begins=True, reuses=True)),
        (delivered(b"1", info=b"\x07"), f"{ANA}-07", "", Input("1", reuses=True)),
        (delivered(b"1", info=b"\x07\x0a\xff"), f"{ANA}-07", "", Input("1", reuses=True)),
        (delivered(b"1", info=b""), ANA, "", Input("1", reuses=True)),
        (delivered(b"1", info=None), ANA, "", Input("1", reuses=True)),
        (delivered(b"1", info=b"x" * 33), ANA, "", Input("1", reuses=True)),
        (delivered(b"", info=b"\x07\x00"), f"{ANA}-07", "", Input("", reuses=True)),
        (delivered(b"1", source=f"+{ANA}"), f"{ANA}-07", "", Input("1", reuses=True)),
        (delivered(b"a\r\n1"), f"{ANA}-07", "", Input("a1", reuses=True)),
    ],
)
def test_a_message_is_a_hop(message: Message, session: str, service: str, said: Input) -> None:
    """Whatever the length of its TLVs, and without some of them."""
    hop = heard(message).hop
    assert (hop.session, hop.msisdn, hop.service, hop.said) == (session, ANA, service, said)


@pytest.mark.parametrize(
    ("octets", "coding", "text"),
    [
        (b"1", 0x0F, "1"),
        (b"\x02 1", 0x00, "$ 1"),
        (b"ma\x7dana", 0x0F, "mañana"),
        ("да".encode("utf-16-be"), 0x48, "да"),
        ("да".encode("utf-16-be"), 0x08, "да"),
        (b"\x65\x6e" + "да".encode("utf-16-be"), 0x11, "да"),
        (b"es\r1", 0x10, "1"),
        (b"a\xe9", 0x03, "aé"),
        (b"1", 0xF0, "1"),
        (b"\xd8", 0x08, "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_every_data_coding_is_read(octets: bytes, coding: int, text: str) -> None:
    """SMPP's own and the network's, with a language in front or not."""
    assert heard(delivered(octets, data_coding=coding)).hop.said == Input(text, reuses=True)


def test_a_text_in_message_payload_and_a_data_sm_are_read_too() -> None:
    """As an answer is too long for nothing."""
    message = delivered(b"", command=Command.DATA_SM)
    assert heard(replace(message, tlvs=(*message.tlvs, (0x0424, b"12")))).hop.said == Input("12", reuses=True)


def test_a_door_may_name_the_service_where_the_wire_does_not() -> None:
    """A destination that is an address of the SMSC says nothing."""
    hop = heard(delivered(b"", 1, destination="12345"), service="*123#").hop
    assert (hop.service, hop.said) == ("*123#", Input("", begins=True, reuses=True))


@pytest.mark.parametrize(
    ("message", "profile", "found"),
    [
        (delivered(op=19), "standard", Confirmed(f"{ANA}-07")),
        (delivered(op=19, info=b"\x07\x01"), "standard", Confirmed(f"{ANA}-07")),
        (delivered(op=17), "standard", Ended(f"{ANA}-07", "incomplete")),
        (delivered(info=b"\x07\x01"), "standard", Ended(f"{ANA}-07", "incomplete")),
        (delivered(op=77, info=b"\x07\x05"), "standard", Ended(f"{ANA}-07", "incomplete")),
        (delivered(op=32), "release-32", Ended(f"{ANA}-07", "incomplete")),
        (delivered(op=23), "decimal-23", Ended(f"{ANA}-07", "incomplete")),
        (delivered(op=25), "decimal-23", Confirmed(f"{ANA}-07")),
        (delivered(op=2, info=b"\x12\x35"), "end-bit", Ended(f"{ANA}-1234", "incomplete")),
    ],
)
def test_confirmations_and_ends_are_told_apart(message: Message, profile: str, found: object) -> None:
    """By operation or by the end bit."""
    assert dialect(BUILT_IN[profile]).parse(message) == found


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (delivered(b"1", 77), Status.INVALID_TLV_VALUE),
        (delivered(b"1", b"12345"), Status.INVALID_TLV_VALUE),
        (delivered(b"1", source=""), Status.INVALID_SOURCE),
        (delivered(b"1", source="PROMO"), Status.INVALID_SOURCE),
        (delivered(b"1" * 5000), Status.INVALID_MESSAGE_LENGTH),
    ],
)
def test_what_is_no_hop_is_refused_with_a_status_of_its_own(message: Message, status: int) -> None:
    """And without the number in the words."""
    with pytest.raises(BadHop) as refused:
        dialect().parse(message)
    assert refused.value.status == status
    assert ANA not in str(refused.value)


@pytest.mark.parametrize(
    ("sequence", "counts_from", "second", "number"),
    [
        ("none", 0, 0x04, None),
        ("hops", 0, 0x04, 2),
        ("hops", 1, 0x04, 1),
        ("hops", 3, 0x04, None),
        ("units", 0, 0x04, 1),
        ("units", 0, 0x02, 1),  # the answer to what we pushed as unit 0
        ("units", 1, 0x06, 1),
        ("ours", 0, 0x04, 2),
        ("session", 0, 0x04, None),
    ],
)
def test_a_hop_has_a_number_where_the_profile_says_that_anything_counts(
    sequence: str, counts_from: int, second: int, number: int | None
) -> None:
    """From 0 for the one that begins."""
    profile = replace(STANDARD, sequence=sequence, counts_from=counts_from)
    said = heard(delivered(b"1", info=bytes((7, second))), profile).hop.said
    assert isinstance(said, Input)
    assert said.number == number


def shown(
    text: str, message: Message, profile: UssdProfileConfig = STANDARD, *, ends: bool = False, **door: Any
) -> Message:
    """The screen that answers a message, as the SMSC reads it."""
    pair = dialect(profile, **door)
    found = pair.parse(message)
    assert isinstance(found, Heard)
    body = format_message(pair.format(Reply(text, ends), found.leg))
    read = parse_request(Command.SUBMIT_SM, 1, b"\0" * 16 + body)
    assert isinstance(read, Message)
    return read


@pytest.mark.parametrize(
    ("profile", "message", "ends", "op", "info"),
    [
        ("standard", delivered(b"1", info=b"\x07\x0a"), False, 2, b"\x07\x0a"),
        ("standard", delivered(b"1", info=b"\x07\x0a"), True, 17, b"\x07\x0b"),
        ("standard", delivered(b"1", info=b"\x07"), True, 17, b"\x07\x01"),
        ("standard", delivered(b"1", info=None), True, 17, None),
        ("standard", delivered(b"*123#", 0), False, 16, b"\x07\x01"),
        ("release-32", delivered(b"1"), True, 32, b"\x07\x01"),
        ("decimal-23", delivered(b"1", 24), True, 23, b"\x07\x01"),
        ("decimal-23", delivered(b"1", 24), False, 2, b"\x07\x00"),
        ("end-bit", delivered(b"1", info=b"\x12\x34"), False, 2, b"\x12\x34"),
        ("end-bit", delivered(b"1", info=b"\x12\x34"), True, 2, b"\x12\x35"),
    ],
)
def test_a_screen_repeats_its_session_and_says_whether_it_ends(
    profile: str, message: Message, ends: bool, op: int, info: bytes | None
) -> None:
    """In the vendor's own way."""
    screen = shown("Hola", message, BUILT_IN[profile], ends=ends)
    assert tlv(screen.tlvs, USSD_SERVICE_OP) == bytes((op,))
    assert tlv(screen.tlvs, ITS_SESSION_INFO) == info
    assert (screen.source, screen.destination, screen.destination_ton) == ("*123#", ANA, 1)
    assert (screen.service_type, screen.registered_delivery) == ("USSD", 0)


def test_a_count_of_both_sides_goes_on_in_our_answer() -> None:
    """And comes round after 127."""
    profile = replace(STANDARD, sequence="units")
    for second, answer in ((0x00, 0x02), (0xFE, 0x00)):
        screen = shown("Hola", delivered(b"1", info=bytes((7, second))), profile)
        assert tlv(screen.tlvs, ITS_SESSION_INFO) == bytes((7, answer))


def test_we_count_in_what_the_network_hands_back() -> None:
    """Our screen carries the number of the hop that answers it; a push that of the first answer."""
    pair = dialect(replace(STANDARD, sequence="ours"))
    found = pair.parse(delivered(b"1", info=b"\x07\x7e"))
    assert isinstance(found, Heard)
    screen = pair.format(Reply("Hola", ends=False, number=4), found.leg)
    assert tlv(screen.tlvs, ITS_SESSION_INFO) == b"\x07\x0a"
    answer = pair.parse(delivered(b"1", info=b"\x07\x0a"))
    assert isinstance(answer, Heard)
    assert answer.hop.said == Input("1", number=5, reuses=True)
    assert pair.info.opening("07", ends=False)[0] == b"\x07\x02"


@pytest.mark.parametrize(("session", "tag"), [("user_message_reference", 0x0204), ("0x1402", 0x1402)])
def test_a_session_may_be_named_by_another_tag(session: str, tag: int) -> None:
    """Whose value comes back as it was."""
    profile = replace(STANDARD, session=session, end_by="op")
    message = replace(delivered(b"1"), tlvs=((USSD_SERVICE_OP, b"\x12"), (tag, b"\x01\xff\x80")))
    assert heard(message, profile).hop.session == f"{ANA}-01ff80"
    assert tlv(shown("Hola", message, profile).tlvs, tag) == b"\x01\xff\x80"


def test_a_session_may_be_named_by_the_number_alone() -> None:
    """Then no TLV comes back."""
    profile = replace(STANDARD, session="none", end_by="op")
    assert heard(delivered(b"1"), profile).hop.session == ANA
    assert [tag for tag, _ in shown("Hola", delivered(b"1"), profile).tlvs] == [USSD_SERVICE_OP]


@pytest.mark.parametrize(
    ("charset", "text", "coding", "reads"),
    [
        ("gsm7", "Mañana 1 GB por $3.000 [€]", 0x0F, "Mañana 1 GB por $3.000 [€]"),
        ("gsm7", "Línea y opción", 0x0F, "Linea y opcion"),
        ("gsm7", "Привет", 0x0F, "??????"),
        ("ucs2", "Hola", 0x0F, "Hola"),
        ("ucs2", "Opción", 0x48, "Opción"),
    ],
)
def test_a_screen_is_spelled_in_its_doors_charset(charset: Any, text: str, coding: int, reads: str) -> None:
    """A network that knows GSM 7-bit alone is sent nothing else."""
    screen = shown(text, delivered(b"1"), budget=Budget(charset))
    assert screen.data_coding == coding
    assert decode(screen.user_data, coding) == reads


@pytest.mark.parametrize(
    ("profile", "number", "asks", "session", "info"),
    [
        (STANDARD, 7, True, "07", b"\x07\x00"),
        (STANDARD, 7, False, "07", b"\x07\x01"),
        (replace(STANDARD, sequence="hops", counts_from=1), 7, True, "07", b"\x07\x02"),
        (BUILT_IN["end-bit"], 0x91A, True, "1234", b"\x12\x34"),
        (replace(STANDARD, session="none", end_by="op"), 0, True, "", None),
    ],
)
def test_a_push_opens_a_session_under_a_name_that_its_answer_repeats(
    profile: UssdProfileConfig, number: int, asks: bool, session: str, info: bytes | None
) -> None:
    """From the bind's own address; USSR if it asks, USSN if not."""
    pair = dialect(profile)
    assert pair.info.naming(number) == session
    screen = pair.push(PushRequest("x", Msisdn(ANA), "Hola", asks), session)
    assert tlv(screen.tlvs, USSD_SERVICE_OP) == (b"\x02" if asks else b"\x03")
    assert tlv(screen.tlvs, ITS_SESSION_INFO) == info
    assert (screen.source_ton, screen.source_npi, screen.source) == OWN
    read = pair.info.read(screen.tlvs)
    assert read.id == session


PROFILES = st.sampled_from([*BUILT_IN.values(), replace(STANDARD, session="0x1402", end_by="op")])
TLVS = st.lists(
    st.tuples(st.sampled_from([USSD_SERVICE_OP, ITS_SESSION_INFO, 0x0204, 0x0424, 0x1402]), st.binary(max_size=40)),
    max_size=6,
).map(tuple)


MESSAGES = st.builds(
    lambda octets, coding, esm_class, tlvs: replace(
        delivered(octets, data_coding=coding, esm_class=esm_class), tlvs=tlvs
    ),
    st.binary(max_size=200),
    st.integers(0, 255),
    st.integers(0, 255),
    TLVS,
)


@given(PROFILES, MESSAGES, st.booleans())
def test_any_message_is_read_or_refused_and_any_hop_can_be_answered(
    profile: UssdProfileConfig, message: Message, ends: bool
) -> None:
    """With octets that an SMSC can read, the same each time; what was said can be stored and shown."""
    pair, found = dialect(profile), None
    with suppress(BadHop):
        found = pair.parse(message)
    if isinstance(found, Heard):
        found.hop.said.text.encode()
        body = format_message(pair.format(Reply("Hola", ends), found.leg))
        assert isinstance(parse_request(Command.SUBMIT_SM, 1, b"\0" * 16 + body), Message)
        assert body == format_message(pair.format(Reply("Hola", ends), found.leg))
