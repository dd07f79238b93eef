"""The TM Forum port of the simulated charging system: TMF622 orders, TMF654 buckets and adjustments."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from aiohttp import web

from flows.values import parse_msisdn
from gateway.ocs.tmf_services_wire import TOP_UPS, TRANSFERS
from gateway.ocs.tmf_wire import ACTIONS, ADJUSTMENTS, BUCKETS, CONTENT_TYPE, PRODUCT_ORDERS
from gateway.simulators import ocs_tmf as tmf
from gateway.simulators import ocs_tmf_actions as actions
from gateway.simulators.ocs_desk import Desk, NoAnswer
from gateway.simulators.ocs_ledger import LedgerItem
from gateway.simulators.ocs_tmf_body import BadBody, parse_body

_LARGEST_BODY = 64 * 1024
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class TmfRoutes:
    """Answers on the TM Forum port; what it decides is the desk's."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._ids = itertools.count(1)

    def app(self) -> web.Application:
        """A fresh application: one for every time the port is opened."""
        app = web.Application(middlewares=[self._guard], client_max_size=_LARGEST_BODY)
        app.add_routes(
            [
                web.post(PRODUCT_ORDERS, self._create_order),
                web.get(PRODUCT_ORDERS, self._list_orders),
                web.get(PRODUCT_ORDERS + "/{id}", self._read_order),
                web.get(BUCKETS, self._list_buckets),
                web.post(ADJUSTMENTS, self._adjust),
                web.get(ACTIONS, self._list_actions),
                web.post(TOP_UPS, self._top_up),
                web.post(TRANSFERS, self._transfer),
            ]
        )
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Turn faults and bad bodies into what the wire says."""
        if status := self._desk.faults.status:
            return _error("fault", "made to fail", status)
        try:
            return await handler(request)
        except NoAnswer:
            if request.transport:
                request.transport.abort()
            return web.Response()
        except BadBody as error:
            return _error("badBody", str(error), 400)
        except web.HTTPException as error:
            return _error("http", error.reason, error.status)

    async def _create_order(self, request: web.Request) -> web.Response:
        desk = self._desk
        order = tmf.parse_order(await _body(request), f"po-{next(self._ids)}", desk.now(), desk.ledger.currency)
        if desk.faults.unknown_subscriber:
            return _error("notFound", "unknown subscriber", 404)
        delay = desk.faults.delay
        settled = await desk.submit(order)
        await asyncio.sleep(delay)
        return _json(tmf.format_order(settled), 201)

    async def _list_orders(self, request: web.Request) -> web.Response:
        key = request.query.get("externalId")
        known = () if self._desk.faults.hide_keys else self._desk.ledger.orders.values()
        orders = [tmf.format_order(order) for order in known if key is None or order.key == key]
        return _page(request, orders)

    async def _read_order(self, request: web.Request) -> web.Response:
        order = self._desk.ledger.orders.get(request.match_info["id"])
        return _json(tmf.format_order(order)) if order else _error("notFound", "unknown product order", 404)

    async def _list_buckets(self, request: web.Request) -> web.Response:
        desk = self._desk
        msisdn = parse_msisdn(request.query.get("logicalResource.id"))
        if msisdn is None:
            return _error("badQuery", "logicalResource.id must be an MSISDN", 400)
        await asyncio.sleep(desk.faults.balance_delay)
        if desk.faults.unknown_subscriber:
            return _error("notFound", "unknown subscriber", 404)
        account, now = desk.ledger.account(msisdn), desk.now()
        running = [bucket for bucket in account.buckets if bucket.expires_at is None or bucket.expires_at > now]
        return _page(request, tmf.format_buckets(msisdn, account.balance, desk.ledger.currency, running, account.debt))

    async def _list_actions(self, request: web.Request) -> web.Response:
        msisdn = parse_msisdn(request.query.get("logicalResource.id"))
        if msisdn is None:
            return _error("badQuery", "logicalResource.id must be an MSISDN", 400)
        items = self._desk.ledger.items_of(msisdn)
        if self._desk.faults.hide_keys:
            items = [replace(item, key=f"{item.kind} in one go") for item in items]
        return _page(request, [tmf.format_action(item, f"ba-{msisdn}-{at}") for at, item in enumerate(items)])

    async def _adjust(self, request: web.Request) -> web.Response:
        desk = self._desk
        wanted = tmf.parse_adjustment(await _body(request), desk.ledger.currency)
        item = desk.ledger.refund(wanted.msisdn, wanted.amount, wanted.key, desk.now())
        desk.moved()
        return _json(tmf.format_adjustment(wanted, item, f"ab-{next(self._ids)}"), 201)

    async def _top_up(self, request: web.Request) -> web.Response:
        wanted, desk = actions.parse_top_up(await _body(request)), self._desk
        done = await self._moved(lambda: desk.services.top_up(wanted.msisdn, wanted.pin, wanted.key, desk.now()))
        if isinstance(done, str):
            return _error("refused", done, 400)
        return _json(actions.format_top_up(wanted, done, f"tb-{next(self._ids)}"), 201)

    async def _transfer(self, request: web.Request) -> web.Response:
        desk = self._desk
        one = actions.parse_transfer(await _body(request), desk.ledger.currency)
        done = await self._moved(
            lambda: desk.services.transfer(one.sender, one.receiver, one.amount, one.key, desk.now(), cost=one.cost)
        )
        if isinstance(done, str):
            return _error("refused", done, 400)
        return _json(actions.format_transfer(one, done, f"tr-{next(self._ids)}"), 201)

    async def _moved(self, work: Callable[[], LedgerItem | str]) -> LedgerItem | str:
        delay = self._desk.faults.delay
        done = await self._desk.move(work)
        await asyncio.sleep(delay)
        return done


async def _body(request: web.Request) -> dict[str, object]:
    if request.content_type != "application/json":
        raise BadBody("the content type must be application/json")
    return dict(parse_body(await request.read()))


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(body=json.dumps(value).encode(), status=status, headers={"Content-Type": CONTENT_TYPE})


def _error(code: str, reason: str, status: int) -> web.Response:
    return _json(tmf.format_error(code, reason, status), status)


def _page(request: web.Request, items: Sequence[object]) -> web.Response:
    """The part of a list that ``offset`` and ``limit`` ask for, counted in headers (TMF630)."""
    texts = request.query.get("offset", "0"), request.query.get("limit", str(len(items)))
    if not all(text.isdecimal() for text in texts):
        return _error("badQuery", "offset and limit must be whole numbers", 400)
    offset, limit = int(texts[0]), int(texts[1])
    page = items[offset : offset + limit]
    answer = _json(page)
    answer.headers["X-Total-Count"] = str(len(items))
    answer.headers["X-Result-Count"] = str(len(page))
    return answer
