"""PDUs: cut from the stream, parsed, formatted."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smpp.framing import Framer
from gateway.smpp.pdu import (
    Address,
    Alert,
    Bind,
    Cancel,
    Message,
    MultiMessage,
    MultiResponse,
    Outbind,
    PduError,
    Plain,
    Query,
    QueryResponse,
    Replace,
    Request,
    Response,
    UnknownCommand,
    format_bind,
    format_message,
    format_pdu,
    format_request,
    format_response,
    parse_request,
    parse_response,
    tlv,
)
from gateway.smpp.vocabulary import MESSAGE_PAYLOAD, Command, Status

_SPOKEN = (1, 3, 4, 5, 7, 8, 0x0B, 0x15, 0x21, 0x102, 0x103)
_NAMES = st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=20)
_OCTET = st.integers(0, 255)
_SEQUENCE = st.integers(1, 0x7FFFFFFF)
_ADDRESSES = st.builds(Address, _OCTET, _OCTET, _NAMES)
_TLVS = st.lists(st.tuples(st.integers(1, 0xFFFF), st.binary(max_size=30)), max_size=4).map(tuple)


@st.composite
def messages(draw: st.DrawFn) -> Message:
    """Any submit_sm or deliver_sm."""
    return Message(
        command=draw(st.sampled_from((Command.SUBMIT_SM, Command.DELIVER_SM))),
        sequence=draw(st.integers(1, 0x7FFFFFFF)),
        source_ton=draw(_OCTET),
        source_npi=draw(_OCTET),
        source=draw(_NAMES),
        destination_ton=draw(_OCTET),
        destination_npi=draw(_OCTET),
        destination=draw(_NAMES),
        short_message=draw(st.binary(max_size=254)),
        data_coding=draw(_OCTET),
        esm_class=draw(_OCTET),
        registered_delivery=draw(_OCTET),
        validity_period=draw(_NAMES),
        schedule_delivery_time=draw(_NAMES),
        service_type=draw(_NAMES),
        protocol_id=draw(_OCTET),
        priority_flag=draw(_OCTET),
        replace_if_present=draw(_OCTET),
        sm_default_msg_id=draw(_OCTET),
        tlvs=draw(_TLVS),
    )


@st.composite
def data_messages(draw: st.DrawFn) -> Message:
    """Any data_sm, as it is read."""
    kept = draw(messages())
    text = ((MESSAGE_PAYLOAD, kept.short_message),) if kept.short_message else ()
    other = tuple(one for one in kept.tlvs if one[0] != MESSAGE_PAYLOAD)
    return replace(
        Message(Command.DATA_SM, kept.sequence, 1, 2, kept.source, 3, 4, kept.destination, tlvs=(*other, *text)),
        data_coding=kept.data_coding,
        esm_class=kept.esm_class,
        registered_delivery=kept.registered_delivery,
        service_type=kept.service_type,
    )


_MULTI = st.builds(
    lambda message, destinations: MultiMessage(
        replace(message, command=Command.SUBMIT_MULTI, destination_ton=0, destination_npi=0, destination=""),
        tuple(destinations),
    ),
    messages(),
    st.lists(_ADDRESSES | _NAMES, max_size=5),
)
_BINDS = st.sampled_from((Command.BIND_RECEIVER, Command.BIND_TRANSMITTER, Command.BIND_TRANSCEIVER))
_REQUESTS: st.SearchStrategy[Request] = st.one_of(
    messages(),
    data_messages(),
    _MULTI,
    st.builds(Bind, _BINDS, _SEQUENCE, _NAMES, _NAMES, _NAMES, _OCTET, _OCTET, _OCTET, _NAMES),
    st.builds(Outbind, _SEQUENCE, _NAMES, _NAMES),
    st.builds(Query, _SEQUENCE, _NAMES, _ADDRESSES),
    st.builds(Cancel, _SEQUENCE, _NAMES, _ADDRESSES, _ADDRESSES, _NAMES),
    st.builds(Replace, _SEQUENCE, _NAMES, _ADDRESSES, st.binary(max_size=254), _OCTET, _NAMES, _NAMES, _OCTET, _TLVS),
    st.builds(Alert, _SEQUENCE, _ADDRESSES, _ADDRESSES, _TLVS),
    st.builds(Plain, st.sampled_from((Command.ENQUIRE_LINK, Command.UNBIND)), _SEQUENCE),
)
_STATUS = st.integers(0, 0xFFFFFFFF)
_ANSWERED = st.sampled_from((0x80000004, 0x80000005, 0x80000009, 0x80000103))
_FAILED = st.lists(st.tuples(_ADDRESSES, _STATUS), max_size=5).map(tuple)
_RESPONSES: st.SearchStrategy[Response] = st.one_of(
    st.builds(Response, _ANSWERED, _STATUS, _SEQUENCE, _NAMES, _TLVS),
    st.builds(QueryResponse, st.just(0x80000003), _STATUS, _SEQUENCE, _NAMES, _TLVS, _NAMES, _OCTET, _OCTET),
    st.builds(MultiResponse, st.just(0x80000021), _STATUS, _SEQUENCE, _NAMES, _TLVS, _FAILED),
)


def parsed(message: Message) -> object:
    """``message`` through the wire."""
    frame = format_pdu(message.command, 0, message.sequence, format_message(message))
    return parse_request(message.command, message.sequence, frame)


def outcome_of(command: int, frame: bytes) -> str:
    """``message``, ``refused``, or ``lost`` when the stream could not go on."""
    try:
        parse_request(command, 1, frame)
    except PduError as error:
        return "lost" if error.fatal else "refused"
    return "message"


@given(messages())
def test_a_message_comes_back_as_it_went(message: Message) -> None:
    """Formatting and parsing are inverse, TLVs included, known or not."""
    assert parsed(message) == message


@given(_REQUESTS)
def test_every_request_comes_back_as_it_went(request: Request) -> None:
    """Also those that only the other side ever sends."""
    frame = format_pdu(request.command, 0, request.sequence, format_request(request))
    assert parse_request(request.command, request.sequence, frame) == request


@given(_RESPONSES)
def test_every_response_comes_back_as_it_went(response: Response) -> None:
    """With what query_sm_resp and submit_multi_resp say beside the id."""
    frame = format_pdu(response.command, response.status, response.sequence, format_response(response))
    assert parse_response(response.command, response.status, response.sequence, frame) == response


@given(_RESPONSES, st.integers(0, 60))
def test_a_response_that_is_cut_off_still_answers(response: Response, kept: int) -> None:
    """With what is whole of it; and its kind, status and sequence in any case."""
    frame = format_pdu(response.command, response.status, response.sequence, format_response(response)[:kept])
    found = parse_response(response.command, response.status, response.sequence, frame)
    assert (found.command, found.status, found.sequence) == (response.command, response.status, response.sequence)
    assert response.text.startswith(found.text)


def test_a_destination_that_is_neither_phone_nor_list_is_named() -> None:
    """dest_flag 3 exists nowhere."""
    with pytest.raises(PduError) as caught:
        parse_request(Command.SUBMIT_MULTI, 1, format_pdu(Command.SUBMIT_MULTI, 0, 1, b"\0\0\0\0\1\3"))
    assert caught.value.status == Status.INVALID_DESTINATION_FLAG


@given(st.binary(min_size=255, max_size=2000))
def test_a_long_text_travels_as_message_payload(octets: bytes) -> None:
    """More than 254 octets do not fit into short_message (§5.2.21)."""
    message = parsed(Message(Command.DELIVER_SM, 1, 0, 0, "", 0, 0, "", octets))
    assert isinstance(message, Message)
    assert message.user_data == tlv(message.tlvs, MESSAGE_PAYLOAD) == octets


def test_tlv_values_of_any_octets_survive() -> None:
    """Values of 0x80 and above and a trailing zero are kept: ussd_service_op 0 stays one octet."""
    tlvs = ((0x0501, b"\0"), (0x1383, b"\x80\xff"), (0x1400, b"vendor\0\0"))
    message = parsed(Message(Command.SUBMIT_SM, 1, 0, 0, "1", 1, 1, "2", tlvs=tlvs))
    assert isinstance(message, Message)
    assert message.tlvs == tlvs


def test_a_data_sm_is_a_message() -> None:
    """data_sm carries its text in message_payload and is read like the others."""
    message = Message(Command.DATA_SM, 7, 1, 1, "573001112233", 3, 0, "12345", b"hola", data_coding=3)
    seen = parsed(message)
    assert isinstance(seen, Message)
    assert (seen.user_data, seen.data_coding, seen.source) == (b"hola", 3, "573001112233")


def test_a_password_longer_than_eight_goes_out_whole() -> None:
    """No length is imposed that the peer does not impose."""
    bind = Bind(Command.BIND_TRANSCEIVER, 1, "chasqui", "a-password-of-many-letters", "VMA")
    assert parse_request(bind.command, 1, format_pdu(bind.command, 0, 1, format_bind(bind))) == bind


def test_a_password_is_never_shown() -> None:
    """Nor a number: what is logged by accident holds neither."""
    assert "secret" not in repr(Bind(Command.BIND_TRANSCEIVER, 1, "chasqui", "secret"))
    assert "secret" not in repr(Outbind(1, "smsc", "secret"))
    phone = Address(1, 1, "573001112233")
    shown = (Alert(1, phone, phone), Query(1, "m", phone), Cancel(1, "m", phone, phone), Replace(1, "m", phone))
    assert not any("573001112233" in repr(one) for one in shown)


@pytest.mark.parametrize("status", [0x400, 0x4FF, 0xFFFFFFFF])
def test_a_vendor_status_is_a_status(status: int) -> None:
    """A command_status outside the specification is kept as it is."""
    assert parse_response(Command.SUBMIT_SM_RESP, status, 1, format_pdu(0, status, 1)).status == status


@pytest.mark.parametrize(
    ("body", "message_id"),
    [
        (b"", ""),
        (b"\0", ""),
        (b"abc\0", "abc"),
        (b"abc", "abc"),
        (b"abc\0\x04\x25\0\x01\x02", "abc"),
        (b"abc\0\x04\x25\0\x09\x02", "abc"),
        (b"abc\0\xff", "abc"),
    ],
)
def test_the_message_id_survives_whatever_follows_it(body: bytes, message_id: str) -> None:
    """TLVs in a submit_sm_resp, whole or broken, do not corrupt message_id."""
    frame = format_pdu(Command.SUBMIT_SM_RESP, 0, 1, body)
    assert parse_response(Command.SUBMIT_SM_RESP, 0, 1, frame).text == message_id


def test_an_unknown_command_is_named_as_such() -> None:
    """The stream can go on after it."""
    with pytest.raises(UnknownCommand) as caught:
        parse_request(0x00010200, 1, format_pdu(0x00010200, 0, 1, b"anything"))
    assert (caught.value.status, caught.value.fatal) == (Status.INVALID_COMMAND_ID, False)


@given(messages(), st.integers(0, 60))
def test_a_truncated_message_is_refused_and_the_stream_goes_on(message: Message, kept: int) -> None:
    """A body cut anywhere gives a typed error or a message, never anything else."""
    body = format_message(message)[:kept]
    assert outcome_of(message.command, format_pdu(message.command, 0, 1, body)) in {"message", "refused"}


@given(st.integers(0, 0xFFFFFFFF), st.binary(max_size=100))
def test_no_octets_can_raise_anything_but_a_pdu_error(command: int, body: bytes) -> None:
    """Parsing fails in one way only."""
    frame = format_pdu(command, 0, 1, body)
    for known in (command, 0x80000003, 0x80000021):
        parse_response(known, 0, 1, frame)
    for known in (command, *_SPOKEN):
        assert outcome_of(known, frame) in {"message", "refused"}


@given(st.lists(st.binary(max_size=40), max_size=6), st.integers(1, 50))
def test_frames_do_not_depend_on_how_the_octets_arrive(bodies: list[bytes], step: int) -> None:
    """One octet at a time or all at once: the same PDUs."""
    frames = [format_pdu(Command.DELIVER_SM, 0, at, body) for at, body in enumerate(bodies)]
    stream, framer, found = b"".join(frames), Framer(), []
    for at in range(0, len(stream), step):
        cut, error = framer.feed(stream[at : at + step])
        assert error is None
        found += cut
    assert found == frames


@pytest.mark.parametrize(("length", "fatal"), [(0, True), (3, True), (65_537, True), (0xFFFFFFFF, True), (8, False)])
def test_an_impossible_length_says_whether_the_stream_can_go_on(length: int, fatal: bool) -> None:
    """Over 64 KiB the frame boundary is lost at once, without waiting for octets; a short PDU is skipped."""
    good = format_pdu(Command.ENQUIRE_LINK, 0, 2)
    framer = Framer()
    frames, error = framer.feed(good + struct.pack(">II", length, 0) + good)
    assert frames == [good]
    assert error is not None
    assert (error.fatal, error.status) == (fatal, Status.INVALID_COMMAND_LENGTH)
    assert framer.feed(b"") == (([] if fatal else [good]), None)
