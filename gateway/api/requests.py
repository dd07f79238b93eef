"""What requests to the REST interface have in common."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from flows.values import Msisdn, parse_msisdn
from gateway.core.ports import Abilities, Service
from gateway.core.problems import Problem

_MOST_KEY = 255
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
"""Beyond these no zone or length of time need be reckoned with."""
Errors = list[dict[str, str]]
"""``pointer`` (JSON pointer) and ``detail`` of each mistake in a body."""


def msisdn_of(request: web.Request) -> Msisdn:
    """The subscriber in the path. Raises Problem."""
    msisdn = parse_msisdn(request.match_info["msisdn"])
    if msisdn is None:
        raise Problem(400, "invalid-msisdn", "the subscriber must be an E.164 number, with or without +")
    return msisdn


def must_offer(abilities: Abilities, service: Service) -> None:
    """Nothing is kept of what the charging system cannot do. Raises Problem."""
    if why := abilities.why_not(service):
        raise Problem(409, "not-offered", f"{why}; nothing was ordered")


def idempotency_key(request: web.Request) -> str:
    """The request's Idempotency-Key. Raises Problem."""
    key = request.headers.get("Idempotency-Key", "")
    if not 0 < len(key) <= _MOST_KEY or not key.isprintable():
        # a header that is not UTF-8 arrives with surrogates in it, which are not printable
        raise Problem(400, "idempotency-key-missing", f"an Idempotency-Key of 1 to {_MOST_KEY} characters is needed")
    return key


def instant(document: Mapping[str, Any], name: str, errors: Errors) -> datetime | None:
    """A time in a body, in UTC; None if it is not there, and where it is none that is noted in ``errors``."""
    value = document.get(name)
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value)
        inside = found.tzinfo is not None and _FIRST <= found <= _LAST
    except (TypeError, ValueError):
        inside = False
    if not inside:
        errors.append({"pointer": f"/{name}", "detail": "must be a time with its zone (RFC 3339), 1970 to 9000"})
        return None
    return found.astimezone(UTC)


def whole(value: object) -> int | None:
    """A whole number; 5.0 is one, too (JSON Schema 2020-12, 4.2.3). None for anything else."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def unknown_fields(document: Mapping[str, Any], known: tuple[str, ...]) -> Errors:
    """A mistake for each member that is not known."""
    return [{"pointer": f"/{name}", "detail": "is not known here"} for name in document if name not in known]


def limit_of(request: web.Request, most: int) -> int:
    """How many items are asked for at most, 50 where nothing is said. Raises Problem."""
    text = request.query.get("limit", "50")
    if not (text.isascii() and text.isdigit() and len(text) < 5) or not 1 <= int(text) <= most:
        raise Problem(400, "invalid-limit", f"limit must be a whole number from 1 to {most}")
    return int(text)
