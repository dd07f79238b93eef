"""``/sms/{aggregator}``: texts and receipts that aggregators bring. 200 goes out once each is durable."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from aiohttp import web

from gateway.core.bodies import body_of
from gateway.core.doors import Door, Doors
from gateway.core.expected_text import settled_state
from gateway.core.knocks import certificate_of, is_foreign, is_rebound, refused, shown_token
from gateway.core.ports import Delivery, DeliveryReceipt, InboundSms
from gateway.core.problems import Problem
from gateway.sms.fields import BadRequest, Received, received
from gateway.sms.sender import AggregatorSender
from gateway.sms.wire import Wire
from gateway.telemetry import Metrics

MOST_BYTES = 64 * 1024
_LOG = logging.getLogger(__name__)
_FORM = frozenset({"", "application/x-www-form-urlencoded", "application/octet-stream", "text/plain"})
_RETRY_SECONDS = 5


class SmsRoutes:
    """The doors of the aggregators that there are accounts with. host: as it is configured."""

    def __init__(
        self, senders: Sequence[AggregatorSender], inbound: InboundSms, doors: Doors, metrics: Metrics, host: str
    ) -> None:
        self._senders = senders
        self._inbound = inbound
        self._doors = doors
        self._metrics = metrics
        self._host = host

    def add_to(self, app: web.Application) -> None:
        """Add the routes: texts and receipts of each kind, with the door's token in the path or without."""
        wires = {sender.wire.kind: sender.wire for sender in self._senders}
        for kind, wire in wires.items():
            for token in ("", "/{token}"):
                for path, what in (("", "text"), ("/receipts", "receipt")):
                    take = partial(self.take, wire, what)
                    app.router.add_route(wire.calls_by, f"/sms/{kind}{token}{path}", take)

    async def take(self, wire: Wire, what: str, request: web.Request) -> web.Response:
        """Take in one text or receipt."""
        door = self._admitted(request, wire)
        if door is None:
            return self._shut(request, wire)
        try:
            heard = await _read(request, self._public_url(wire, door))
            sender = self._whose(heard, wire, door)
            if sender is None:
                refused(self._metrics, wire.kind, "signature" if wire.signs else "account", request.remote)
                return _said(403, "no account of ours sent this")
            return await self._deliver(heard, what, sender)
        except BadRequest as error:
            self._count(door.name, what, "bad_request")
            _LOG.warning("a request that cannot be taken: %s", error, extra={"dialect": wire.kind, "door": door.name})
            return _said(error.status, str(error))

    async def _deliver(self, heard: Received, what: str, sender: AggregatorSender) -> web.Response:
        delivery = _heard(heard, what, sender)
        if isinstance(delivery, DeliveryReceipt) and settled_state(delivery.state) is None:
            return self._thank(sender, what, delivery.state)  # it settles nothing
        (failure,) = await self._inbound.take([delivery])
        if failure is not None:
            self._count(sender.name, what, "unavailable")
            _LOG.error("what an aggregator brought is not kept: %s", failure, extra={"account": sender.name})
            return _said(503, "this cannot be kept now; send it again", {"Retry-After": str(_RETRY_SECONDS)})
        return self._thank(sender, what, delivery.state if isinstance(delivery, DeliveryReceipt) else "taken")

    def _thank(self, sender: AggregatorSender, what: str, outcome: str) -> web.Response:
        self._count(sender.name, what, outcome)
        body, content_type = sender.wire.thanks
        return web.Response(body=body, content_type=content_type, charset="utf-8")

    def _count(self, who: str, what: str, outcome: str) -> None:
        self._metrics.aggregator_in.labels(who, what, outcome).inc()

    # ── who may knock, and for which account ──

    def _admitted(self, request: web.Request, wire: Wire) -> Door | None:
        if is_foreign(request):
            return None
        door = self._doors.admit(wire.kind, request.remote, shown_token(request), certificate_of(request))
        return None if not wire.signs and is_rebound(request, door, self._host) else door

    def _shut(self, request: web.Request, wire: Wire) -> web.Response:
        shown = request.remote, shown_token(request), certificate_of(request)
        at_door = self._doors.admit(wire.kind, *shown) is not None
        reason = "origin" if is_foreign(request) or at_door else self._doors.why_not(wire.kind, *shown)
        refused(self._metrics, wire.kind, reason, request.remote)
        return _said(403, "no door lets this peer in")

    def _behind(self, wire: Wire, door: Door) -> Sequence[AggregatorSender]:
        """The accounts whose requests may come in by this door."""
        return [one for one in self._senders if one.wire.kind == wire.kind and one.account.door in ("", door.name)]

    def _public_url(self, wire: Wire, door: Door) -> str:
        return next((one.account.public_url for one in self._behind(wire, door) if one.account.public_url), "")

    def _whose(self, heard: Received, wire: Wire, door: Door) -> AggregatorSender | None:
        """The account that this is for: as its URL, the aggregator or the service number say; else the first.

        None where it is said to be another's, or not signed by any.
        """
        whose = wire.whose(heard)
        able = [one for one in self._behind(wire, door) if wire.is_signed(heard, one.account)]
        if whose.name:
            able = [one for one in able if one.name == whose.name]
        if whose.user:
            able = [one for one in able if one.account.user == whose.user]
        answering = [one for one in able if one.account.known(whose.number)]
        return next(iter(answering or able), None)


def _heard(heard: Received, what: str, sender: AggregatorSender) -> Delivery:
    """What was brought, in our own names of numbers and texts. Raises BadRequest."""
    if what == "text":
        text = sender.wire.text(heard, sender.account)
        return replace(text, destination=sender.account.known(text.destination) or text.destination.lstrip("+"))
    receipt = sender.wire.receipt(heard, sender.account)
    ours = next((one for one in receipt.also if sender.doubts(one)), "")
    return replace(receipt, message_id=ours or receipt.message_id, also=())


async def _read(request: web.Request, public_url: str) -> Received:
    """The request, with the URL that the aggregator called. Raises BadRequest."""
    if request.content_type not in _FORM and request.body_exists:
        raise BadRequest("the content type is not that of a form", 415)
    try:
        body = await body_of(request, MOST_BYTES)
    except Problem as problem:
        raise BadRequest(problem.detail, problem.status) from None
    path = request.raw_path
    url = (public_url or f"{request.scheme}://{request.host}") + path
    return received(url, path.partition("?")[2], body, request.headers.get("X-Twilio-Signature", ""))


def _said(status: int, line: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, text=f"{line}\n", headers=headers)
