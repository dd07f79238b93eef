"""What an aggregator's request says, field by field; errors name the field and never its value.

Of two fields with one name the first counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import parse_qsl

from flows.values import Msisdn

_MOST_FIELDS = 100
_MOST_ID = 128
_MOST_ADDRESS = 32
Pairs = Sequence[tuple[str, str]]


class BadRequest(ValueError):
    """A request that cannot be read; the message is one line without any value. status: of the HTTP answer."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class Received(NamedTuple):
    """A request that came in.

    url: as the aggregator called it. pairs: of the form, in order; form, query: by name. raw: the query's fields as
    they came, a character an octet, for a wire that names the charset of a field. signature: the header, if any.
    """

    url: str
    pairs: Pairs = ()
    form: Mapping[str, str] = {}
    query: Mapping[str, str] = {}
    raw: Mapping[str, str] = {}
    signature: str = ""


def received(url: str, query: str, body: bytes, signature: str = "") -> Received:
    """A request. query: as it stood in the request line, without ``?``; body: a form. Raises BadRequest."""
    raw, octets = _pairs(query), _pairs(body.decode("latin-1"))
    pairs = [(_utf8(name, "a name"), _utf8(value, name)) for name, value in octets]
    return Received(url, pairs, _first(pairs), _lenient(raw), _first(raw), signature)


def needed(fields: Mapping[str, str], *names: str) -> str:
    """The first of these fields that is there and not blank. Raises BadRequest."""
    value = next((fields[name] for name in names if fields.get(name, "").strip()), None)
    if value is None:
        raise BadRequest(f"{names[0]} is missing")
    return value


def identifier(fields: Mapping[str, str], *names: str) -> str:
    """An id as it was given, in any of these fields. Raises BadRequest."""
    value = needed(fields, *names).strip()
    if len(value) > _MOST_ID or not value.isprintable():
        raise BadRequest(f"{names[0]} must be at most {_MOST_ID} printable characters")
    return value


def optional_id(fields: Mapping[str, str], *names: str) -> str:
    """As ``identifier``, or empty where there is none. Raises BadRequest."""
    return identifier(fields, *names) if any(fields.get(name, "").strip() for name in names) else ""


def address(fields: Mapping[str, str], *names: str) -> str:
    """A number, short code or name. Raises BadRequest."""
    value = needed(fields, *names).strip()
    if len(value) > _MOST_ADDRESS or not value.isprintable():
        raise BadRequest(f"{names[0]} is no number")
    return value


def subscriber(fields: Mapping[str, str], *names: str) -> Msisdn:
    """Who sent or got a text: E.164 with ``+``, ``00`` or neither. What is none (a machine's name) stays as it is.

    Raises BadRequest.
    """
    value = address(fields, *names).replace(" ", "")
    return Msisdn(value.removeprefix("+").removeprefix("00"))


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, encoding="latin-1", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise BadRequest(f"the request has more than {_MOST_FIELDS} fields") from None


def _utf8(octets: str, name: str) -> str:
    try:
        return octets.encode("latin-1").decode()
    except UnicodeError:
        raise BadRequest(f"{name if name.isidentifier() else 'the form'} is not UTF-8") from None


def _lenient(pairs: Pairs) -> dict[str, str]:
    return {name: value.encode("latin-1", "replace").decode(errors="replace") for name, value in _first(pairs).items()}


def _first(pairs: Pairs) -> dict[str, str]:
    return dict(reversed(list(pairs)))
