"""Fields of forms and documents, read the same way in every dialect; errors name the field and never its value.

Whatever the wire, the first of two fields with one name counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NoReturn, TypeVar
from urllib.parse import unquote_plus

from flows.values import Msisdn, parse_msisdn
from gateway.ussd.dialect import BadHop, HopRequest

MOST_FIELDS = 50
_MOST_KEPT = 200
"""Characters of a text that is kept for the next time."""
_FORM = "application/x-www-form-urlencoded"
_JSON = frozenset({"application/json", "text/json"})
_XML = frozenset({"application/xml", "text/xml"})
_PAGES = frozenset({"multipart/form-data", "text/html"})
NO_FORM = _JSON | _XML | _PAGES
"""Media types in which nobody posts a form. One that says nothing of the format, or is missing, is never refused."""
NO_JSON = _XML | _PAGES | {_FORM}
NO_XML = _JSON | _PAGES
_STARRED = re.compile(r"[*#][0-9*#]*[0-9][*#]*")
_BARE = re.compile(r"[0-9]{1,6}(\*[0-9*#]*)?#?")
_Value = TypeVar("_Value")


def form(body: bytes) -> dict[str, str]:
    """The fields of a form (WHATWG URL §5.1). Raises BadHop."""
    fields: dict[str, str] = {}
    try:
        text = body.decode()
        if text.count("&") >= MOST_FIELDS:
            raise BadHop(f"the form has more than {MOST_FIELDS} fields")
        for pair in text.split("&"):
            name, _, value = pair.partition("=")
            if name or value:
                fields.setdefault(_unquoted(name), _unquoted(value))
    except UnicodeDecodeError:
        raise BadHop("the form is not UTF-8") from None
    return fields


def _unquoted(text: str) -> str:
    if "%" not in text and "+" not in text:
        return text
    return _spelled(text) if len(text) <= _MOST_KEPT else unquote_plus(text, errors="strict")


@lru_cache(maxsize=8192)
def _spelled(text: str) -> str:
    """Codes, numbers and answers come again and again; to unquote one costs as much as the rest of a form."""
    return unquote_plus(text, errors="strict")


def arguments(request: HopRequest) -> dict[str, str]:
    """What a wire says in the address or in a form, as it likes; names in small letters. Raises BadHop."""
    posted: Mapping[str, str] = {}
    if request.way.method == "POST":
        refuse(request, NO_FORM)
        posted = form(request.body)
    return _first((name.lower(), value) for name, value in (*request.query.items(), *posted.items()))


def document(body: bytes) -> dict[str, str]:
    """The members of a JSON object as text, names in small letters; what is null, a list or an object is left out.

    Numbers stay as they are written, for a number as for a text: vendors send either. Raises BadHop.
    """
    try:
        read = json.loads(
            body.decode(), object_pairs_hook=_members, parse_int=str, parse_float=str, parse_constant=_no_number
        )
    except UnicodeDecodeError:
        raise BadHop("the document is not UTF-8") from None
    except (ValueError, RecursionError):
        raise BadHop("the document is not JSON") from None
    if not isinstance(read, dict):
        raise BadHop("the document is not a JSON object")
    return {name: _encodable(value, name) for name, value in read.items() if isinstance(value, str)}


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    texts = ((name.lower(), str(value).lower() if isinstance(value, bool) else value) for name, value in pairs)
    return _first(texts)


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)  # NaN and Infinity, which Python would take


def _encodable(value: str, name: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadHop(f"{name} has half a character") from None
    return value


def _first(pairs: Iterable[tuple[str, _Value]]) -> dict[str, _Value]:
    return dict(reversed(list(pairs)))


def refuse(request: HopRequest, media: frozenset[str]) -> None:
    """Refuse a content type that cannot be this vendor's. Raises BadHop."""
    said = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if said in media:
        raise BadHop("the content type is not of this dialect", status=415)


def needed(fields: Mapping[str, str], name: str) -> str:
    """A field that must be there and not blank. Raises BadHop."""
    value = fields.get(name, "")
    if not value.strip():
        raise BadHop(f"{name} is missing")
    return value


def present(fields: Mapping[str, str], name: str) -> str:
    """A field that must be there and may be empty. Raises BadHop."""
    if name not in fields:
        raise BadHop(f"{name} is missing")
    return fields[name]


def msisdn(value: str, name: str) -> Msisdn:
    """A subscriber's number in E.164, with or without ``+``. Raises BadHop."""
    number = parse_msisdn(value.strip().replace(" ", ""))
    if number is None:
        raise BadHop(f"{name} is not a number in E.164")
    return number


def dialled(value: str, *, bare: bool = False) -> str:
    """What was dialled, as a phone shows it (``*123*4#``); empty if this is no such thing.

    bare: also without the first star, where a wire leaves it out (``123*4``).
    """
    text = value.strip()
    if bare and _BARE.fullmatch(text):
        text = f"*{text}"
    return f"{text.removesuffix('#')}#" if _STARRED.fullmatch(text) else ""
