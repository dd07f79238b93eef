"""The control port of the simulated charging system: set the scene, cause faults, read the ledger."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from flows.values import Bucket, Msisdn, Unit, parse_msisdn
from gateway.simulators.ocs_desk import Desk
from gateway.simulators.ocs_faults import BadFault, parse_faults
from gateway.simulators.ocs_ledger import Account, LedgerItem, Order
from gateway.simulators.ocs_services import Voucher

_LONGEST_POLL = 60.0
_PROBLEM = "application/problem+json"
_MOST = 10**18
_TRAITS = (
    "product",
    "zone",
    "window",
    "service",
    "shared",
    "bonus",
    "roaming",
    "renews",
    "throttled_after",
    "priority",
)
SetDown = Callable[[bool], Awaitable[None]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class BadControl(ValueError):
    """A control request that cannot be carried out; one line."""


class ControlRoutes:
    """Answers on the control port. set_down: closes or opens the TM Forum port."""

    def __init__(self, desk: Desk, set_down: SetDown) -> None:
        self._desk, self._set_down = desk, set_down

    def app(self) -> web.Application:
        """The application of the control port."""
        app = web.Application(middlewares=[_problems])
        app.add_routes(
            [
                web.put("/subscribers/{msisdn}", self._put_subscriber),
                web.get("/subscribers/{msisdn}", self._get_subscriber),
                web.post("/subscribers/{msisdn}/recharge", self._recharge),
                web.put("/vouchers/{pin}", self._put_voucher),
                web.get("/ledger", self._ledger),
                web.get("/orders", self._orders),
                web.put("/faults", self._put_faults),
                web.put("/down", self._put_down),
            ]
        )
        return app

    async def _put_subscriber(self, request: web.Request) -> web.Response:
        msisdn, body = _msisdn(request), await _object(request)
        if unknown := body.keys() - {"balance", "bundles", "debt"}:
            raise BadControl(f"unknown key {min(map(str, unknown))}")
        balance = _balance(body["balance"], self._desk.ledger.currency) if "balance" in body else None
        buckets = [_bucket(entry) for entry in _list(body["bundles"])] if "bundles" in body else None
        debt = _whole(body, "debt") if "debt" in body else None
        return web.json_response(self._subscriber(msisdn, self._desk.ledger.put(msisdn, balance, buckets, debt)))

    async def _get_subscriber(self, request: web.Request) -> web.Response:
        msisdn = _msisdn(request)
        return web.json_response(self._subscriber(msisdn, self._desk.ledger.account(msisdn)))

    async def _recharge(self, request: web.Request) -> web.Response:
        """Money is paid in elsewhere: what is owed is taken back from it."""
        msisdn, amount = _msisdn(request), _whole(await _object(request), "amount")
        self._desk.services.recharge(msisdn, amount, "recharge", self._desk.now())
        self._desk.moved()
        return web.json_response(self._subscriber(msisdn, self._desk.ledger.account(msisdn)))

    async def _put_voucher(self, request: web.Request) -> web.Response:
        """A voucher that nobody has used."""
        pin, amount = request.match_info["pin"], _whole(await _object(request), "amount")
        self._desk.services.vouchers[pin] = Voucher(amount)
        return web.json_response({"amount": amount})

    async def _ledger(self, request: web.Request) -> web.Response:
        wanted = request.query.get("msisdn")
        msisdn = parse_msisdn(wanted.strip()) if wanted else None
        if wanted and msisdn is None:
            raise BadControl("msisdn must be an MSISDN")
        count, patience = _number(request, "count", 0), _number(request, "timeout", 0)
        items = await self._desk.items(msisdn, int(count), min(patience, _LONGEST_POLL))
        return web.json_response({"items": [_item(item) for item in items]})

    async def _orders(self, _request: web.Request) -> web.Response:
        """All orders that were taken; ``waiting``: how many more are held or yet to be applied."""
        items = [_order(order) for order in self._desk.ledger.orders.values()]
        return web.json_response({"items": items, "waiting": self._desk.waiting})

    async def _put_faults(self, request: web.Request) -> web.Response:
        """``down`` opens and closes the port and leaves the other faults alone when it stands by itself."""
        body = await _object(request)
        down = body.pop("down", None)
        if down is not None and not isinstance(down, bool):
            raise BadControl("down must be true or false")
        faults = parse_faults(body)
        if body or down is None:
            self._desk.set_faults(faults)
        if down is not None or not body:
            await self._set_down(bool(down))
        return web.json_response({})

    async def _put_down(self, request: web.Request) -> web.Response:
        down = (await _object(request)).get("down")
        if not isinstance(down, bool):
            raise BadControl("down must be true or false")
        await self._set_down(down)
        return web.json_response({})

    def _subscriber(self, msisdn: Msisdn, account: Account) -> dict[str, object]:
        balance = {"amount": account.balance, "currency": self._desk.ledger.currency}
        bundles = [_bundle(bucket) for bucket in account.buckets]
        owed = {"debt": account.debt} if account.debt else {}
        switched = {"out_of_bundle": True} if account.out_of_bundle else {}
        return {"msisdn": msisdn, "balance": balance, "bundles": bundles, **owed, **switched}


@web.middleware
async def _problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except (BadControl, BadFault) as error:
        problem = {"title": "Bad request", "status": 400, "code": "bad-request", "detail": str(error)}
        return web.json_response(problem, status=400, content_type=_PROBLEM)


async def _object(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise BadControl("the body is not JSON") from error
    if not isinstance(body, dict):
        raise BadControl("the body must be a JSON object")
    return body


def _msisdn(request: web.Request) -> Msisdn:
    msisdn = parse_msisdn(request.match_info["msisdn"])
    if msisdn is None:
        raise BadControl("the path must end in an MSISDN")
    return msisdn


def _number(request: web.Request, name: str, default: float) -> float:
    text = request.query.get(name, str(default))
    try:
        value = float(text)
    except ValueError as error:
        raise BadControl(f"{name} must be a number") from error
    if not 0 <= value <= 10**9:
        raise BadControl(f"{name} must be a number from 0")
    return value


def _balance(value: object, currency: str) -> int:
    if isinstance(value, dict):
        if value.get("currency", currency) != currency:
            raise BadControl(f"balance.currency must be {currency}")
        return _whole(value, "amount", "balance.")
    return _whole({"balance": value}, "balance")


def _whole(value: Mapping[str, object], key: str, prefix: str = "") -> int:
    found = value.get(key)
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= _MOST:
        raise BadControl(f"{prefix}{key} must be a whole number from 0")
    return found


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise BadControl("bundles must be a list")
    return value


def _bucket(entry: object) -> Bucket:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        raise BadControl("a bundle must be an object with an id")
    unit = entry.get("unit")
    if unit not in {known.value for known in Unit}:
        raise BadControl(f"bundles.unit must be one of {', '.join(known.value for known in Unit)}")
    remaining = _whole(entry, "remaining", "bundles.")
    return Bucket(
        id=entry["id"],
        unit=Unit(unit),
        remaining=remaining,
        initial=remaining if entry.get("initial") is None else _whole(entry, "initial", "bundles."),
        expires_at=_moment(entry.get("expires_at")),
        name=str(entry.get("name") or ""),
        activated_at=_moment(entry.get("activated_at"), "bundles.activated_at"),
        priority=None if entry.get("priority") is None else _whole(entry, "priority", "bundles."),
        product=str(entry.get("product") or ""),
        zone=str(entry.get("zone") or ""),
        window=str(entry.get("window") or ""),
        service=str(entry.get("service") or ""),
        shared=_mark(entry, "shared"),
        bonus=_mark(entry, "bonus"),
        roaming=_mark(entry, "roaming"),
        renews=_mark(entry, "renews"),
        throttled_after=_mark(entry, "throttled_after"),
    )


def _mark(entry: Mapping[str, object], key: str) -> bool:
    found = entry.get(key, False)
    if not isinstance(found, bool):
        raise BadControl(f"bundles.{key} must be true or false")
    return found


def _moment(text: object, key: str = "bundles.expires_at") -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise BadControl(f"{key} must be an ISO 8601 date and time") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _bundle(bucket: Bucket) -> dict[str, object]:
    return {
        "id": bucket.id,
        "unit": bucket.unit.value,
        "initial": bucket.initial,
        "remaining": bucket.remaining,
        "expires_at": bucket.expires_at.isoformat() if bucket.expires_at else None,
        "name": bucket.name,
        **{key: value for key in _TRAITS if (value := getattr(bucket, key))},
    }


def _item(item: LedgerItem) -> dict[str, object]:
    return {
        "key": item.key,
        "msisdn": item.msisdn,
        "beneficiary": item.beneficiary,
        "offering": item.offering,
        "amount": item.amount,
        "currency": item.currency,
        "at": item.at.isoformat(),
        "kind": item.kind,
        "balance_after": item.balance_after,
    }


def _order(order: Order) -> dict[str, object]:
    return {
        "id": order.id,
        "key": order.key,
        "msisdn": order.payer,
        "beneficiary": order.beneficiary,
        "offering": order.offering,
        "amount": order.price.amount,
        "currency": order.price.currency,
        "state": order.state,
        "note": order.note,
        "ordered_at": order.ordered_at.isoformat(),
    }
