"""An AIR to test against: the simulator's, or one that answers as it is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from flows.catalogue import Catalogue, load_starter
from flows.values import BundleId, Money, Msisdn, OrderKey
from gateway.config.ocs_sections import UcipConfig
from gateway.core.ports import PurchaseRequest, RefundRequest
from gateway.ocs.ucip import UcipChargingSystem
from gateway.ocs.ucip_sales import sales_of
from gateway.ocs.xml_rpc import Members, read_call, write_answer

ANA, BEN = Msisdn("573001112233"), Msisdn("573009998877")
GIGABYTE, HALF = BundleId("data-1gb-7d"), BundleId("data-500mb-3d")
OFFER = 501
PRICE = Money(300_000, "COP")
OPENING = 1_000_000
KEY = OrderKey("k-1")
START = datetime(2026, 11, 24, 10, tzinfo=UTC)
PATIENCE = 5
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        """Go on by so many seconds."""
        self.now += timedelta(seconds=seconds)


def catalogue(entry: dict[str, object] | None = None) -> Catalogue:
    """Colombia's starter; entry: what the gigabyte is over UCIP, if something else."""
    starter = load_starter("co")
    if entry is None:
        return starter
    return Catalogue(
        tuple(
            replace(bundle, ocs={**bundle.ocs, "ucip": entry}) if bundle.id == GIGABYTE else bundle
            for bundle in starter.bundles
        )
    )


def order(
    key: str = KEY,
    price: Money = PRICE,
    bundle: BundleId = GIGABYTE,
    beneficiary: Msisdn = ANA,
    created_at: datetime | None = START,
) -> PurchaseRequest:
    """Ana buys a gigabyte."""
    return PurchaseRequest(OrderKey(key), ANA, beneficiary, bundle, price, "sms", created_at)


def refund(key: str = "ref-1") -> RefundRequest:
    """Ana's money back."""
    return RefundRequest(OrderKey(key), order())


def adapter(
    url: str,
    config: UcipConfig | None = None,
    *,
    entry: dict[str, object] | None = None,
    timeout: float = 0.4,
    settle_seconds: float = 1,
    clock: Clock | None = None,
) -> UcipChargingSystem:
    """The adapter as a gateway in Colombia has it."""
    return UcipChargingSystem(
        url,
        config or UcipConfig(),
        timeout=timeout,
        settle_seconds=settle_seconds,
        currency="COP",
        sales=sales_of(catalogue(entry)),
        now=clock or Clock(),
    )


@asynccontextmanager
async def server(handler: Handler, **settings: Any) -> AsyncIterator[UcipChargingSystem]:
    """An adapter that speaks to a server of one handler. settings: of ``adapter``."""
    app = web.Application()
    app.add_routes([web.route("*", "/{anything:.*}", handler)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    charging = adapter(f"http://127.0.0.1:{runner.addresses[0][1]}", **settings)
    try:
        yield charging
    finally:
        await charging.close()
        await runner.cleanup()


def saying(body: bytes | str, status: int = 200, **headers: str) -> Handler:
    """A handler that always says the same. headers: with ``_`` for ``-``."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}

    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=body if isinstance(body, bytes) else body.encode(), headers=told)

    return handler


def answering(by_method: Callable[[str, Members], dict[str, object]], seen: list[Members] | None = None) -> Handler:
    """A handler that answers by method and members. seen: gets the members of every call."""

    async def handler(request: web.Request) -> web.StreamResponse:
        method, members = read_call(await request.read())
        if seen is not None:
            seen.append({"method": method, **members})
        return web.Response(body=write_answer(by_method(method, members)), content_type="text/xml")

    return handler
