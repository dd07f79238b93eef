"""``/ussd/{dialect}``: from a request to a turn, and back. Whatever goes wrong is said in the dialect's own words."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from aiohttp import web

from gateway.core.context import Context
from gateway.core.doors import Door, Doors
from gateway.core.turn import Reply, Turn
from gateway.core.turns import TurnDesk
from gateway.errors import ForeignSession, TurnTimedOut
from gateway.ussd.dialect import BadHop, Dialect, Hop, HopRequest, HopResponse
from gateway.ussd.services import Services
from store.errors import StoreError

MOST_BYTES = 16 * 1024
_LOG = logging.getLogger(__name__)


class UssdRoutes:
    """The door for hops. dialects: by name."""

    def __init__(
        self, context: Context, turns: TurnDesk, doors: Doors, services: Services, dialects: Mapping[str, Dialect]
    ) -> None:
        self._context = context
        self._turns = turns
        self._doors = doors
        self._services = services
        self._dialects = dialects
        self._voice = context.market_voice()

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        for name in self._dialects:
            app.router.add_post(f"/ussd/{name}", self.hop, name=f"ussd-{name}")
            app.router.add_post(f"/ussd/{name}/events", self.end)
            app.router.add_post(f"/ussd/{name}/{{token}}", self.hop)
            app.router.add_post(f"/ussd/{name}/{{token}}/events", self.end)

    async def hop(self, request: web.Request) -> web.Response:
        """Answer one hop."""
        dialect = self._dialect(request)
        door = self._admitted(request, dialect)
        if door is None:
            return self._refused(request, dialect)
        try:
            hop = dialect.parse(await _read(request))
        except BadHop as error:
            return self._bad(dialect, error)
        return _response(dialect.format(await self._answer(dialect, hop, door)))

    async def end(self, request: web.Request) -> web.Response:
        """Take note that the network has closed a session."""
        dialect = self._dialect(request)
        if self._admitted(request, dialect) is None:
            return self._refused(request, dialect)
        try:
            ended = dialect.parse_end(await _read(request))
        except BadHop as error:
            return self._bad(dialect, error)
        self._turns.ended(dialect.name, ended.session)
        self._count(dialect, f"ended_{_word(ended.status)}")
        return web.Response(text="")

    async def _answer(self, dialect: Dialect, hop: Hop, door: Door) -> Reply:
        menu = self._services.menu_of(hop.service, door.network or hop.network)
        if menu is None:
            self._count(dialect, "unknown_service")
            _LOG.warning("a code that leads nowhere was dialled", extra={"service": hop.service[:40]})
            return Reply(self._voice.no_service(), ends=True)
        turn = Turn(
            dialect=dialect.name,
            session=hop.session,
            msisdn=hop.msisdn,
            menu=menu,
            transcript=hop.transcript,
            budget=door.budget,
        )
        try:
            reply = await self._turns.take(turn)
        except ForeignSession:
            self._count(dialect, "foreign_session")
            _LOG.warning("a hop came in the session of another number and was refused")
            return Reply(self._voice.try_again(), ends=True)
        except (StoreError, TurnTimedOut) as error:
            self._count(dialect, error.code)
            _LOG.exception("a hop could not be answered")
            return Reply(self._voice.try_again(), ends=True)
        except Exception:
            self._count(dialect, "error")
            _LOG.exception("a hop failed")
            return Reply(self._voice.try_again(), ends=True)
        self._count(dialect, "ends" if reply.ends else "goes_on")
        return reply

    # ── who may knock ──

    def _dialect(self, request: web.Request) -> Dialect:
        return self._dialects[request.path.split("/")[2]]

    def _admitted(self, request: web.Request, dialect: Dialect) -> Door | None:
        """The door that lets the peer in. A page of another origin may send forms from anybody's browser: not here."""
        if _is_foreign(request):
            return None
        token = request.match_info.get("token")
        shown = f"Bearer {token}" if token else request.headers.get("Authorization", "")
        return self._doors.admit(dialect.name, request.remote, shown)

    def _refused(self, request: web.Request, dialect: Dialect) -> web.Response:
        self._context.metrics.failures.labels("door").inc()
        reason = "another origin" if _is_foreign(request) else "no door for this address and token"
        _LOG.warning("a knock at the USSD door was refused", extra={"dialect": dialect.name, "reason": reason})
        return _response(dialect.format(Reply(self._voice.no_service(), ends=True), 403))

    def _bad(self, dialect: Dialect, error: BadHop) -> web.Response:
        self._count(dialect, "bad_request")
        _LOG.warning("a request that is no hop: %s", error, extra={"dialect": dialect.name})
        return _response(dialect.format(Reply(self._voice.try_again(), ends=True), error.status))

    def _count(self, dialect: Dialect, outcome: str) -> None:
        self._context.metrics.hops.labels(dialect.name, outcome).inc()


def _is_foreign(request: web.Request) -> bool:
    origin = request.headers.get("Origin")
    return origin is not None and origin.partition("://")[2] != request.host


async def _read(request: web.Request) -> HopRequest:
    too_long = BadHop(f"a hop may have at most {MOST_BYTES} bytes", 413)
    if (request.content_length or 0) > MOST_BYTES:
        raise too_long
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:  # without a length, and beyond what any request may have
        raise too_long from None
    if len(body) > MOST_BYTES:
        raise too_long
    return HopRequest(body, request.query, request.headers)


def _response(answer: HopResponse) -> web.Response:
    return web.Response(
        body=answer.body,
        status=answer.status,
        content_type=answer.content_type,
        charset="utf-8",
        headers=answer.headers or None,
    )


def _word(status: str) -> str:
    """A status as a metric's label: the known ones, and one for all others."""
    return status.lower() if status.lower() in ("success", "incomplete", "failed") else "other"
