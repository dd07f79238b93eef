"""``POST /triggers``: acknowledged once it is in the inbox, and before any work."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

from aiohttp import web

from gateway.core.bodies import body_of
from gateway.core.context import Context
from gateway.core.doors import Doors, is_loopback
from gateway.core.intake import Intake
from gateway.core.knocks import certificate_of, is_rebound, refused
from gateway.core.problems import Problem
from gateway.core.triggers import Triggered
from gateway.ocs import cloudevents, signature
from store.ids import new_id
from store.inbox import Entry

MOST_BYTES = 1024 * 1024
_FORMS = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data")
_REMEMBERED_WEBHOOKS = 100_000
_DIALECT = "triggers"


class TriggerRoutes:
    """The door for the charging system's events. host: as it is configured."""

    def __init__(self, context: Context, intake: Intake, doors: Doors, secret: str, host: str) -> None:
        self._context = context
        self._intake = intake
        self._doors = doors
        self._secret = secret
        self._host = host
        self._webhooks: OrderedDict[str, bytes] = OrderedDict()

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_post("/triggers", self.receive)

    async def receive(self, request: web.Request) -> web.Response:
        """Take in one event or a batch."""
        self._admit(request)
        body = await body_of(request, MOST_BYTES)
        self._check_signature(request, body)
        try:
            events = cloudevents.parse(request.content_type, request.headers, body)
        except cloudevents.NotAnEvent as error:
            code = "unknown-event-type" if error.unknown_type else "invalid-event"
            errors = [{"pointer": pointer, "detail": what} for pointer, what in error.problems.items()]
            raise Problem(422, code, "the event cannot be taken in; see errors", errors=errors) from None
        at = self._context.clock()
        fresh = await self._intake.triggers(
            [
                Triggered(Entry(new_id(at), "trigger", one.source, one.id, one.msisdn, one.body, at), one.trigger)
                for one in events
            ]
        )
        taken = sum(fresh)
        return web.json_response({"accepted": taken, "known": len(fresh) - taken}, status=202 if taken else 200)

    def _admit(self, request: web.Request) -> None:
        shown = request.remote, request.headers.get("Authorization", ""), certificate_of(request)
        door = self._doors.admit(_DIALECT, *shown)
        if door is None:
            refused(self._context.metrics, _DIALECT, self._doors.why_not(_DIALECT, *shown), request.remote)
            raise Problem(403, "not-admitted", "no door lets this peer in: see [[doors]] in the configuration")
        if not self._secret and is_rebound(request, door, self._host):
            refused(self._context.metrics, _DIALECT, "origin", request.remote)
            raise Problem(403, "wrong-host", "on this machine the Host must be its address or localhost")
        if not (self._secret or door.token or door.certificate or is_loopback(request.remote)):
            refused(self._context.metrics, _DIALECT, "unsigned", request.remote)
            raise Problem(
                403, "unsigned", "from elsewhere events need webhooks.secret, or a token or certificate at their door"
            )
        if request.content_type in _FORMS:  # what any web page may send without being asked
            raise Problem(415, "unsupported-media-type", "events come as application/cloudevents+json")

    def _check_signature(self, request: web.Request, body: bytes) -> None:
        if not self._secret:
            return
        refused = signature.refusal(self._secret, request.headers, body, self._context.clock().timestamp())
        if refused:
            raise Problem(401, "bad-signature", refused)
        webhook_id, digest = request.headers["webhook-id"], hashlib.sha256(body).digest()
        if self._webhooks.setdefault(webhook_id, digest) != digest:
            raise Problem(409, "webhook-id-reused", "this webhook-id came before with another body")
        while len(self._webhooks) > _REMEMBERED_WEBHOOKS:
            self._webhooks.popitem(last=False)
