"""``/ussd/{dialect}``: from a request to a turn, and back. Whatever goes wrong is said in the dialect's own words."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from functools import partial

from aiohttp import web

from gateway.core.bodies import body_of
from gateway.core.context import Context
from gateway.core.doors import Door, Doors
from gateway.core.knocks import certificate_of, is_foreign, is_rebound, refused, shown_token
from gateway.core.problems import Problem
from gateway.ussd.answering import Answering, last_words
from gateway.ussd.dialect import BadHop, Dialect, Ended, HopRequest, HopResponse, Way

MOST_BYTES = 16 * 1024
_LOG = logging.getLogger(__name__)
_NO_QUERY: Mapping[str, str] = {}


class UssdRoutes:
    """The doors for hops over HTTP. host: as it is configured."""

    def __init__(
        self, context: Context, answering: Answering, doors: Doors, dialects: Iterable[Dialect], host: str
    ) -> None:
        self._context = context
        self._answering = answering
        self._doors = doors
        self._dialects = tuple(dialects)
        self._host = host
        self._voice = context.market_voice()

    def add_to(self, app: web.Application) -> None:
        """Add the routes: each way of each dialect, with the door's token in the path or without."""
        for dialect in self._dialects:
            for token in ("", "/{token}"):
                for way in dialect.ways:
                    path = f"/ussd/{dialect.name}{token}{way.path}"
                    app.router.add_route(way.method, path, partial(self.hop, dialect, way))

    async def hop(self, dialect: Dialect, way: Way, request: web.Request) -> web.Response:
        """Answer one hop, or take note that the network has closed a session."""
        door = self._admitted(request, dialect)
        if door is None:
            return self._refused(request, dialect)
        try:
            heard = dialect.parse(await _read(request, way))
        except BadHop as error:
            return self._bad(dialect, door, error)
        if isinstance(heard, Ended):
            await self._answering.ended(heard, door)
            return _response(dialect.format_ended(heard))
        return _response(dialect.format(await self._answering.answer(heard, door), heard))

    # ── who may knock ──

    def _admitted(self, request: web.Request, dialect: Dialect) -> Door | None:
        """The door that lets the peer in. A page of another origin may send forms from anybody's browser: not here."""
        if is_foreign(request):
            return None
        door = self._doors.admit(dialect.name, request.remote, shown_token(request), certificate_of(request))
        return None if is_rebound(request, door, self._host) else door

    def _refused(self, request: web.Request, dialect: Dialect) -> web.Response:
        shown = request.remote, shown_token(request), certificate_of(request)
        rebound = is_rebound(request, self._doors.admit(dialect.name, *shown), self._host)
        reason = "origin" if rebound or is_foreign(request) else self._doors.why_not(dialect.name, *shown)
        refused(self._context.metrics, dialect.name, reason, request.remote)
        return _response(dialect.format(last_words(self._voice.no_service()), status=403))

    def _bad(self, dialect: Dialect, door: Door, error: BadHop) -> web.Response:
        self._answering.count(door, "bad_request")
        _LOG.warning("a request that is no hop: %s", error, extra={"dialect": dialect.name, "door": door.name})
        return _response(dialect.format(last_words(self._voice.try_again(), door), status=error.status))


async def _read(request: web.Request, way: Way) -> HopRequest:
    try:
        body = await body_of(request, MOST_BYTES)
    except Problem as problem:
        raise BadHop(problem.detail, problem.status) from None
    query = request.query if request.query_string else _NO_QUERY
    return HopRequest(body, query, request.headers, way, request.match_info)


def _response(answer: HopResponse) -> web.Response:
    headers = {"Content-Type": f"{answer.content_type}; charset=utf-8", **answer.headers}
    return web.Response(body=answer.body, status=answer.status, headers=headers)
