"""XML-RPC from a far side that is not trusted."""

from __future__ import annotations

import contextlib
from xmlrpc.client import DateTime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ocs.xml_rpc import Fault, NotXmlRpc, read_answer, read_call, write_answer, write_call, write_fault

VALUES = st.recursive(
    st.booleans()
    | st.integers(-(2**31), 2**31 - 1)
    | st.text(st.characters(min_codepoint=32, exclude_categories=["C"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcXYZ", min_size=1), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = st.dictionaries(st.text("abcXYZ", min_size=1), VALUES, max_size=4)
ANSWER = "<methodResponse><params><param><value>{}</value></param></params></methodResponse>"
BOMB = '<!DOCTYPE b [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@given(MEMBERS)
def test_what_is_written_is_read(members: dict[str, object]) -> None:
    """As call and as answer, whatever the struct holds."""
    assert read_call(write_call("Refill", members)) == ("Refill", members)
    assert read_answer(write_answer(members)) == members


def test_a_date_keeps_its_offset() -> None:
    """The standard library would lose it or fail."""
    answer = read_answer(write_answer({"at": DateTime("20261122T10:00:00+0000")}))
    assert isinstance(answer, dict)
    assert str(answer["at"]) == "20261122T10:00:00+0000"


def test_a_fault_is_read_with_its_code() -> None:
    """It is a value: what it means depends on the call."""
    assert read_answer(write_fault(Fault(1001, "Mandatory field missing"))) == Fault(1001, "Mandatory field missing")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hello",
        "<html><body>503</body></html>",
        "<methodResponse/>",
        "<methodResponse><params/></methodResponse>",
        ANSWER.format("<int>1</int>"),
        ANSWER.format("<struct>"),
        ANSWER.format("<struct><member><name>a</name><value><int>x</int></value></member></struct>"),
        ANSWER.format("<struct><member><name>a</name><value><int>" + "9" * 5000 + "</int></value></member></struct>"),
        ANSWER.format("<struct></struct></value></param><param><value><struct></struct>"),
        "<methodCall><methodName>Refill</methodName></methodCall>",
        "<methodResponse><fault><value><string>x</string></value></fault></methodResponse>",
        "<methodResponse><fault><value><struct></struct></value></fault></methodResponse>",
        BOMB + ANSWER.format("<string>&b;</string>"),
        '<!DOCTYPE x SYSTEM "http://127.0.0.1/x">' + ANSWER.format("<struct></struct>"),
        '<?xml version="1.0" encoding="no-such"?>' + ANSWER.format("<struct></struct>"),
        ANSWER.format("<array><data>" * 2000),
    ],
)
def test_what_is_no_answer_is_told_in_one_line(body: str) -> None:
    """Also bombs, references outside, and documents cut short."""
    with pytest.raises(NotXmlRpc) as raised:
        read_answer(body.encode())
    assert "\n" not in str(raised.value)


@given(st.binary(max_size=200) | st.text("<>/methodRspnParValuestructing &;", max_size=200).map(str.encode))
def test_nothing_else_is_raised(body: bytes) -> None:
    """Whatever comes."""
    for read in (read_answer, read_call):
        with pytest.raises(NotXmlRpc):
            read(body)


@given(MEMBERS, st.data())
def test_nothing_else_is_raised_for_damaged_documents(members: dict[str, object], data: st.DataObject) -> None:
    """A byte changed or everything after it gone."""
    body = bytearray(write_answer(members))
    at = data.draw(st.integers(0, len(body) - 1))
    if data.draw(st.booleans()):
        body[at] = data.draw(st.integers(0, 255))
    else:
        del body[at:]
    with contextlib.suppress(NotXmlRpc):
        read_answer(bytes(body))


def test_a_call_is_no_answer_and_the_other_way_round() -> None:
    """A server that echoes has not answered."""
    with pytest.raises(NotXmlRpc):
        read_answer(write_call("Refill", {}))
    for body in (write_answer({}), write_fault(Fault(1, "x"))):
        with pytest.raises(NotXmlRpc):
            read_call(body)
