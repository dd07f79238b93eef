"""``POST /triggers``: acknowledged once it is in the inbox, and before any work."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

from aiohttp import web

from gateway.core.bodies import body_of
from gateway.core.context import Context
from gateway.core.intake import Intake
from gateway.core.problems import Problem
from gateway.core.triggers import Triggered
from gateway.ocs import cloudevents, signature
from gateway.ocs.taking import MOST_BYTES, refusal_of, triggered, unit_of
from gateway.ocs.trigger_door import TriggerDoor

_REMEMBERED_WEBHOOKS = 100_000


class TriggerRoutes:
    """Where CloudEvents come in. secret: of Standard Webhooks, empty = unsigned ones are taken."""

    def __init__(self, context: Context, intake: Intake, door: TriggerDoor, secret: str) -> None:
        self._context = context
        self._intake = intake
        self._door = door
        self._secret = secret
        self._webhooks: OrderedDict[str, bytes] = OrderedDict()

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_post("/triggers", self._door.counting(self.receive))

    async def receive(self, request: web.Request) -> web.Response:
        """Take in one event or a batch."""
        self._door.admit_signer(request)
        self._intake.check_room()  # before anything is read: a flood must cost little
        body = await body_of(request, MOST_BYTES)
        self._check_signature(request, body)
        try:
            events = cloudevents.parse(request.content_type, request.headers, body)
        except cloudevents.NotAnEvent as error:
            raise refusal_of(error) from None
        at = self._context.clock()
        items: list[Triggered] = [triggered(one, at) for one in events]
        fresh = await self._intake.offered(items, list(map(unit_of, items, events)))
        taken = sum(fresh)
        return web.json_response({"accepted": taken, "known": len(fresh) - taken}, status=202 if taken else 200)

    def _check_signature(self, request: web.Request, body: bytes) -> None:
        if not self._secret:
            return
        refused = signature.refusal(self._secret, request.headers, body, self._context.clock().timestamp())
        if refused is not None:
            raise Problem(401, refused.value, refused.sentence)
        webhook_id, digest = request.headers["webhook-id"], hashlib.sha256(body).digest()
        if self._webhooks.setdefault(webhook_id, digest) != digest:
            raise Problem(409, "webhook-id-reused", "this webhook-id came before with another body")
        while len(self._webhooks) > _REMEMBERED_WEBHOOKS:
            self._webhooks.popitem(last=False)
