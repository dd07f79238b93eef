"""Reading a simulator's control requests, and saying what is wrong with them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

from aiohttp import web

from gateway.smpp.pdu import Response
from gateway.smpp.session import Answer
from gateway.smpp.vocabulary import status_name

_MOST_WAIT: Final = 60.0


class ControlProblem(Exception):
    """An answer in application/problem+json."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


@web.middleware
async def problems(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Every error as application/problem+json (RFC 9457)."""
    try:
        return await handler(request)
    except ControlProblem as problem:
        return _as_problem(problem.status, str(problem))
    except web.HTTPException as error:
        return _as_problem(error.status, error.reason)


def answer_name(answer: Answer) -> str:
    """How the ESME took a delivery: its command_status, or why there is none."""
    if isinstance(answer, Response):
        return status_name(answer.status)
    return "LINK_LOST" if answer.link_lost else "NO_ANSWER"


async def json_object(request: web.Request) -> dict[str, Any]:
    """The body. Raises ControlProblem."""
    try:
        document = await request.json()
        json.dumps(document, ensure_ascii=False).encode()  # half a surrogate pair can be escaped, and is no text
    except (ValueError, RecursionError):
        raise ControlProblem(400, "the body is not JSON") from None
    if not isinstance(document, dict):
        raise ControlProblem(400, "a JSON object is wanted")
    return document


def number(request: web.Request, name: str, default: str = "0") -> float:
    """A number of the query. Raises ControlProblem."""
    try:
        value = float(request.query.get(name, default))
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e9:
        raise ControlProblem(400, f"{name} is a number from 0")
    return value


def wait_of(request: web.Request, default: str = "0") -> float:
    """``timeout`` of the query: seconds, as many as anybody may wait. Raises ControlProblem."""
    return min(number(request, "timeout", default), _MOST_WAIT)


async def awaited(request: web.Request, news: asyncio.Condition, total: Callable[[], int]) -> int:
    """``after`` of the query, once there are more than so many or ``timeout`` is over. Raises ControlProblem.

    news: told of each that is added.
    """
    after, seconds = int(number(request, "after")), wait_of(request)
    if seconds:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), news:
                await news.wait_for(lambda: total() > after)
    return after


def times(document: dict[str, Any], most: int = 10_000) -> int:
    """``repeat``: how often the network delivers the same. Raises ControlProblem."""
    repeat = document.get("repeat", 1)
    if not isinstance(repeat, int) or isinstance(repeat, bool) or not 1 <= repeat <= most:
        raise ControlProblem(400, f"repeat is a whole number from 1 to {most}")
    return repeat


def _as_problem(status: int, detail: str) -> web.Response:
    body = {"type": "about:blank", "title": detail, "status": status}
    return web.json_response(body, status=status, content_type="application/problem+json")
