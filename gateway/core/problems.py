"""Errors over HTTP: RFC 9457 ``application/problem+json`` with a stable ``code``."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.hdrs import METH_ALL
from prometheus_client import Counter

from gateway.errors import GatewayError, StoreUnavailable
from gateway.telemetry import Metrics
from store.errors import StoreError

_LOG = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Problem(Exception):
    """An answer that says what is wrong. code: stable; more: further members, such as ``errors``."""

    def __init__(
        self, status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers
        self.more = more

    def body(self) -> dict[str, Any]:
        """The problem document."""
        title = HTTPStatus(self.status).phrase
        return {
            "type": "about:blank",
            "title": title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            **self.more,
        }


def respond(problem: Problem, headers: Mapping[str, str] | None = None) -> web.Response:
    """The response of a problem."""
    return web.Response(
        status=problem.status,
        text=json.dumps(problem.body(), ensure_ascii=False),
        content_type="application/problem+json",
        headers=headers or problem.headers,
    )


def middleware(metrics: Metrics) -> Any:
    """Turns errors into problems and counts requests by route template, never by path."""

    children: dict[tuple[str, str, int], Counter] = {}  # to look one up by its labels costs more than to count

    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await _answer(request, handler)
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else "unmatched"
        method = request.method if request.method in METH_ALL else "other"
        key = (route, method, response.status)
        child = children.get(key)
        if child is None:
            child = children[key] = metrics.requests.labels(*key)
        child.inc()
        return response

    return answer


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Problem as problem:
        return respond(problem)
    except web.HTTPException as error:
        return respond(Problem(error.status, _code(error.status), error.reason), _kept(error))
    except (StoreError, StoreUnavailable) as error:
        _LOG.exception("the store did not take a request")
        return respond(Problem(503, error.code, "the store cannot keep this now; try again"), {"Retry-After": "1"})
    except GatewayError as error:
        return respond(Problem(503 if error.retryable else 500, error.code, str(error)))
    except Exception:
        _LOG.exception("a request failed")
        return respond(Problem(500, "internal-error", "this is our fault; it has been logged"))


def _code(status: int) -> str:
    return HTTPStatus(status).phrase.lower().replace(" ", "-")


def _kept(error: web.HTTPException) -> dict[str, str]:
    return {name: value for name, value in error.headers.items() if name in ("Allow", "Location")}
