"""What stands in the query of a request."""

from __future__ import annotations

from aiohttp import web

from gateway.api.operations import Parameter
from gateway.core.problems import Problem

FULL = Parameter("full", "query", bool, "Whole numbers, and not their last digits alone.")
LANGUAGE = Parameter("language", "query", str, "The language of the text for people.")


def flag(request: web.Request, name: str) -> bool:
    """A yes or no, no where it is not there. Raises Problem."""
    given = request.query.get(name, "false")
    if given not in ("true", "false"):
        raise Problem(422, "invalid-query", f"{name} is true or false")
    return given == "true"
