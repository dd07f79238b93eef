"""What stands in the query of a request."""

from __future__ import annotations

from aiohttp import web

from gateway.core.problems import Problem

_MOST_ITEMS = 200


def flag(request: web.Request, name: str) -> bool:
    """A yes or no, no where it is not there. Raises Problem."""
    given = request.query.get(name, "false")
    if given not in ("true", "false"):
        raise Problem(422, "invalid-query", f"{name} is true or false")
    return given == "true"


def page_size(request: web.Request) -> int:
    """How many items are asked for at most, 50 where nothing is said. Raises Problem."""
    text = request.query.get("limit", "50")
    if not (text.isascii() and text.isdigit() and len(text) < 5) or not 1 <= int(text) <= _MOST_ITEMS:
        raise Problem(400, "invalid-limit", f"limit must be a whole number from 1 to {_MOST_ITEMS}")
    return int(text)
