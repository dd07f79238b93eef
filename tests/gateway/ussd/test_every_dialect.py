"""What holds for every dialect over HTTP."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.app.dialects import DIALECTS
from gateway.config.checks import HTTP_DIALECTS, check
from gateway.config.tree import Config, DoorConfig
from gateway.core.turn import Reply
from gateway.ussd.dialect import BadHop, Dialect, Ended, HopRequest, Way
from gateway.ussd.fields import MOST_FIELDS, arguments, dialled, document

OVER_JSON = [one for one in DIALECTS if one.name in ("hubtel", "nalo", "infobip")]
OVER_XML = [one for one in DIALECTS if one.name in ("restcomm", "truroute")]
IN_ARGUMENTS = [one for one in DIALECTS if one.name in ("airtel", "safaricom")]


def named(dialect: Dialect) -> str:
    """For the test's own name."""
    return dialect.name


def requests() -> st.SearchStrategy[HopRequest]:
    """Bytes of any kind, also such that look like a document, with arguments of any kind."""
    json_bytes = st.dictionaries(st.text(max_size=9), st.text(max_size=9) | st.integers() | st.none()).map(
        lambda members: json.dumps(members).encode()
    )
    xml_bytes = st.text(max_size=50).map(lambda text: f"<ussd><msg>{text}</msg></ussd>".encode(errors="replace"))
    body = st.binary(max_size=200) | json_bytes | xml_bytes
    return st.builds(HopRequest, body, st.dictionaries(st.text(max_size=9), st.text(max_size=9)))


def test_a_door_can_be_configured_for_every_dialect_and_for_no_other() -> None:
    """What the configuration allows and what the gateway answers in are the same."""
    assert sorted(HTTP_DIALECTS) == sorted(one.name for one in DIALECTS)


@pytest.mark.parametrize("dialect", DIALECTS, ids=named)
def test_any_bytes_are_a_hop_or_told_why_not(dialect: Dialect) -> None:
    """Nothing else comes out, at any of its addresses."""

    @given(requests(), st.sampled_from(list(dialect.ways)))
    def holds(request: HopRequest, way: Way) -> None:
        parts = {"session": "s"}
        with suppress(BadHop):
            dialect.parse(HopRequest(request.body, request.query, {}, way, parts))

    holds()


@pytest.mark.parametrize("dialect", DIALECTS, ids=named)
@given(text=st.text(max_size=200), ends=st.booleans())
def test_any_text_is_carried_the_same_way_each_time(dialect: Dialect, text: str, ends: bool) -> None:
    """Also to a request that was no hop."""
    reply = Reply(text.encode(errors="replace").decode(), ends)
    assert dialect.format(reply, status=400) == dialect.format(reply, status=400)
    assert dialect.format(reply, status=400).status == 400


@pytest.mark.parametrize("dialect", DIALECTS, ids=named)
def test_every_dialect_may_stand_at_a_door_and_fits_a_screen(dialect: Dialect) -> None:
    """No network takes more than 182 septets."""
    check(Config(doors=(DoorConfig(name="it", dialect=dialect.name),)))
    assert 40 <= dialect.septets <= 182
    assert dialect.format_ended(Ended("s", "any")).status == 200


NO_JSON = {
    "nothing": b"",
    "no JSON": b"sessionId=1",
    "XML": b"<ussd/>",
    "no object": b"[1]",
    "a word": b'"a"',
    "NaN": b'{"a": NaN}',
    "infinite": b'{"a": -Infinity}',
    "a deep list": b"[" * 8000,
    "a deep object": b'{"a":' * 3000,
    "broken UTF-8": b'{"a": "\xff"}',
    "UTF-16": '{"a": "b"}'.encode("utf-16"),
    "NUL": b'{"a": "\0"}',
    "half a character": b'{"a": "\\ud83d"}',
    "cut off": b'{"a": "b',
    "two": b"{}{}",
}


@pytest.mark.parametrize("dialect", OVER_JSON, ids=named)
@pytest.mark.parametrize("name", NO_JSON)
def test_what_is_no_json_object_is_refused(dialect: Dialect, name: str) -> None:
    """Without a word of what it was."""
    with pytest.raises(BadHop) as bad:
        dialect.parse(HopRequest(NO_JSON[name], way=dialect.ways[0], parts={"session": "s"}))
    assert bad.value.status == 400


@pytest.mark.parametrize(
    ("dialects", "foreign", "own"),
    [
        (OVER_JSON, ("text/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"), "text/json"),
        (OVER_XML, ("application/json; charset=utf-8", "TEXT/HTML"), "application/x-www-form-urlencoded"),
        (IN_ARGUMENTS, ("application/json", "multipart/form-data", "application/xml"), "text/plain"),
    ],
)
def test_a_content_type_that_cannot_be_the_vendors_is_refused(
    dialects: list[Dialect], foreign: tuple[str, ...], own: str
) -> None:
    """One that may be is only as good as what it brings."""
    for dialect in dialects:
        way = next(way for way in dialect.ways if way.method == "POST")
        for said, status in (*((one, 415) for one in foreign), (own, 400), ("", 400), (";;", 400)):
            with pytest.raises(BadHop) as bad:
                dialect.parse(HopRequest(b"?", {}, {"Content-Type": said}, way, {"session": "s"}))
            assert (dialect.name, said, bad.value.status) == (dialect.name, said, status)


@pytest.mark.parametrize(
    ("body", "members"),
    [
        (b'{"a": "1", "a": "2"}', {"a": "1"}),
        (b'{"A": "1", "a": "2"}', {"a": "1"}),
        (
            b'{"a": 12345678901234567890, "b": 1.50, "c": true, "d": null}',
            {"a": "12345678901234567890", "b": "1.50", "c": "true"},
        ),
        (b'{"a": {"b": "c"}, "d": ["e"], "f": ""}', {"f": ""}),
        (b'{"a": "\\ud83d\\udca9"}', {"a": "\N{PILE OF POO}"}),
        (b'{"a": ' + b"9" * 9000 + b"}", {"a": "9" * 9000}),
    ],
)
def test_a_json_object_is_read_as_text(body: bytes, members: dict[str, str]) -> None:
    """The first of two members counts; numbers stay as they are written."""
    assert document(body) == members


def test_a_form_of_too_many_fields_is_refused() -> None:
    """In the arguments' dialects too."""
    body = b"&".join(b"a%d=1" % n for n in range(MOST_FIELDS + 1))
    with pytest.raises(BadHop, match="more than 50"):
        arguments(HopRequest(body))


@pytest.mark.parametrize(
    ("text", "bare", "code"),
    [
        ("*123#", False, "*123#"),
        (" *123*4# ", False, "*123*4#"),
        ("*123", False, "*123#"),
        ("#123#", False, "#123#"),
        ("**21*1#", False, "**21*1#"),
        ("*#06#", False, "*#06#"),
        ("123", False, ""),
        ("123", True, "*123#"),
        ("123*4*1#", True, "*123*4*1#"),
        ("1234567", True, ""),
        ("*", True, ""),
        ("#", True, ""),
        ("**##", True, ""),
        ("*12a#", True, ""),
        ("*123#\n*9#", True, ""),
        ("*١٢٣#", True, ""),
    ],
)
def test_what_was_dialled_is_told_from_what_was_not(text: str, bare: bool, code: str) -> None:
    """As a phone shows it."""
    assert dialled(text, bare=bare) == code
