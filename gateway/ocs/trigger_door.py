"""Who may bring triggers, over whichever wire, and how many were turned away for what."""

from __future__ import annotations

from aiohttp import web

from gateway.core.context import Context
from gateway.core.doors import Door, Doors, is_loopback
from gateway.core.knocks import certificate_of, is_foreign, is_rebound, refused, shown_token
from gateway.core.problems import Handler, Problem

_FORMS = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data")
_DIALECT = "triggers"


class TriggerDoor:
    """The doors of the dialect ``triggers``. signed: whether CloudEvents must be; host: as it is configured."""

    def __init__(self, context: Context, doors: Doors, host: str, *, signed: bool) -> None:
        self._metrics = context.metrics
        self._doors = doors
        self._host = host
        self._signed = signed

    def counting(self, handler: Handler) -> Handler:
        """The same handler; whatever it refuses is counted by the code of its problem."""

        async def counted(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except Problem as problem:
                self._metrics.triggers_rejected.labels(problem.code).inc()
                raise

        return counted

    def admit_signer(self, request: web.Request) -> None:
        """Let in whoever may bring CloudEvents. Raises Problem."""
        door = self._door(request)
        if not self._signed and is_rebound(request, door, self._host):
            raise self._wrong_host(request)
        if not (self._signed or door.token or door.certificate or is_loopback(request.remote)):
            raise self._unguarded(
                request, "from elsewhere events need webhooks.secret, or a token or certificate at their door"
            )
        if request.content_type in _FORMS:  # what any web page may send without being asked
            raise Problem(415, "unsupported-media-type", "events come as application/cloudevents+json")

    def admit(self, request: web.Request) -> None:
        """Let in whoever may bring what cannot be signed: its door must ask for something. Raises Problem."""
        door = self._door(request)
        if is_rebound(request, door, self._host) or is_foreign(request):
            raise self._wrong_host(request)
        if not (door.networks or door.token or door.certificate or is_loopback(request.remote)):
            raise self._unguarded(
                request, "what cannot be signed needs a door with addresses (allow), a token or a certificate"
            )

    def _door(self, request: web.Request) -> Door:
        shown = request.remote, shown_token(request), certificate_of(request)
        door = self._doors.admit(_DIALECT, *shown)
        if door is None:
            refused(self._metrics, _DIALECT, self._doors.why_not(_DIALECT, *shown), request.remote)
            raise Problem(403, "not-admitted", "no door lets this peer in: see [[doors]] in the configuration")
        return door

    def _wrong_host(self, request: web.Request) -> Problem:
        refused(self._metrics, _DIALECT, "origin", request.remote)
        return Problem(403, "wrong-host", "on this machine the Host must be its address or localhost")

    def _unguarded(self, request: web.Request, why: str) -> Problem:
        refused(self._metrics, _DIALECT, "unsigned", request.remote)
        return Problem(403, "unsigned", why)
