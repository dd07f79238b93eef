"""Adapter and simulator against the official files of the TM Forum: Prism stands between them and reads along."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web

from fakes import ANA, BEN, GIGABYTE, PRICE, FakeTraits
from flows.catalogue import load_starter
from flows.catalogue_services import OUT_OF_BUNDLE_OFF, OUT_OF_BUNDLE_ON
from flows.values import Money, OrderKey, OrderKind
from gateway.core.ports import (
    Activated,
    NotFound,
    OutcomeUnknown,
    PurchaseRequest,
    Refunded,
    RefundRequest,
    Refused,
    ServiceRequest,
)
from gateway.ocs.tmf import TmfChargingSystem
from gateway.ocs.tmf_wire import BUCKETS, CONTENT_TYPE, PRODUCT_ORDERS
from gateway.simulators.ocs import OcsSimulator
from gateway.simulators.ocs_services import Voucher
from running import free_port
from smpp_peers import installed

FILES = Path(__file__).parent / "tmf-contract"
BASES = {
    PRODUCT_ORDERS.rpartition("/")[0]: "TMF622-ProductOrder-v4.0.0.swagger.json",
    BUCKETS.rpartition("/")[0]: "TMF654-PrepayBalance-v4.0.0.swagger.json",
}
STARTS_WITHIN = 60
_PASSED_ON = ("Content-Type", "X-Total-Count", "X-Result-Count")
ORDER = PurchaseRequest(OrderKey("ord-1"), ANA, BEN, GIGABYTE, PRICE, "sms")


@dataclass(slots=True)
class Contract:
    """What stands between the adapter and the simulator. ports: of Prism, by base path; broken: what it has found."""

    ports: Mapping[str, int]
    http: aiohttp.ClientSession
    calls: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    async def pass_on(self, request: web.Request) -> web.Response:
        """One call, by the file that its base path belongs to, which knows paths without it."""
        base = next(base for base in self.ports if request.path.startswith(base))
        url = f"http://127.0.0.1:{self.ports[base]}{request.path_qs.removeprefix(base)}"
        headers = {name: request.headers[name] for name in ("Accept", "Content-Type") if name in request.headers}
        async with self.http.request(request.method, url, data=await request.read(), headers=headers) as answer:
            body = await answer.read()
        self.calls.append(f"{request.method} {urlsplit(url).path}")
        if "sl-violations" in answer.headers or b"stoplight.io/prism/errors" in body:
            self.broken.append(f"{self.calls[-1]}: {answer.headers.get('sl-violations', '')} {body.decode()}")
        kept = {name: answer.headers[name] for name in _PASSED_ON if name in answer.headers}
        return web.Response(status=answer.status, body=body, headers=kept)


@pytest.fixture(scope="module")
def prism(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program."""
    return installed(tmp_path_factory.mktemp("contract"), FILES) / "node_modules" / ".bin" / "prism"


@asynccontextmanager
async def proxy(prism: Path, file: str, upstream: str) -> AsyncIterator[int]:
    """Prism before a server, with an error for whatever is not as the file says."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(str(prism), "proxy", "--errors", "-h", "127.0.0.1", "-p", str(port), str(FILES / file), upstream),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(STARTS_WITHIN):
            while b"listening" not in (line := await process.stdout.readline()):
                assert line, "Prism ended"
        draining = asyncio.create_task(process.stdout.read())
        yield port
    finally:
        process.terminate()
        await process.wait()
    await draining


@pytest.fixture
async def simulator() -> AsyncIterator[OcsSimulator]:
    """The charging system behind it."""
    async with OcsSimulator(load_starter("co"), "COP") as running:
        yield running


@pytest.fixture
async def contract(prism: Path, simulator: OcsSimulator) -> AsyncIterator[Contract]:
    """Both files, side by side."""
    async with AsyncExitStack() as stack:
        opened = await asyncio.gather(
            *(stack.enter_async_context(proxy(prism, file, simulator.url + base)) for base, file in BASES.items())
        )
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield Contract(dict(zip(BASES, opened, strict=True)), http)


@pytest.fixture
async def charging(contract: Contract) -> AsyncIterator[TmfChargingSystem]:
    """The adapter, which knows nothing of it."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", contract.pass_on)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    adapter = TmfChargingSystem(
        f"http://127.0.0.1:{runner.addresses[0][1]}",
        timeout=20,
        settle_seconds=1,
        currency="COP",
        offerings=load_starter("co").tmf_offerings(),
        traits=FakeTraits(),
        services=load_starter("co").services,
    )
    yield adapter
    await adapter.close()
    await runner.cleanup()


async def test_every_call_and_every_answer_is_as_the_files_say(
    contract: Contract, charging: TmfChargingSystem, simulator: OcsSimulator
) -> None:
    """Wallet, purchase, refusal, questions, refund, readiness."""
    poor = PurchaseRequest(OrderKey("ord-2"), ANA, BEN, GIGABYTE, PRICE, "ussd")
    refund = RefundRequest(OrderKey("ref-1"), ORDER)
    assert isinstance(await charging.purchase(ORDER), Activated)
    assert isinstance(await charging.find(ORDER), Activated)
    assert len((await charging.wallet(BEN)).buckets) == 1
    assert await charging.find(poor) == NotFound()
    simulator.ledger.account(ANA).balance = 0
    assert isinstance(await charging.purchase(poor), Refused)
    assert isinstance(await charging.find(poor), Refused)
    assert isinstance(await charging.find_refund(refund), OutcomeUnknown)  # no refund was ever seen there
    assert isinstance(await charging.refund(refund), Refunded)
    assert isinstance(await charging.find_refund(refund), Refunded)
    assert await charging.find_refund(replace(refund, key=OrderKey("ref-2"))) == NotFound()
    assert await charging.answers()
    assert contract.broken == []
    assert set(contract.calls) == {
        "GET /bucket",
        "GET /productOrder",
        "POST /productOrder",
        "POST /adjustBalance",
        "GET /balanceActionHistory",
    }


async def test_so_is_what_is_offered_beside_bundles(
    contract: Contract, charging: TmfChargingSystem, simulator: OcsSimulator
) -> None:
    """An advance, a voucher, a transfer, a switch both ways; each done, refused and asked about."""
    advance = load_starter("co").services.advances[0]
    base = ServiceRequest(OrderKind.ADVANCE, OrderKey("srv-1"), ANA, ANA, advance.id, advance.debt, "app")
    simulator.services.vouchers["12345678"] = Voucher(500_000)
    asked = [
        replace(base, credit=advance.amount),
        replace(base, kind=OrderKind.TOP_UP, key=OrderKey("srv-2"), price=Money(0, "COP"), pin="12345678"),
        replace(base, kind=OrderKind.TRANSFER, key=OrderKey("srv-3"), beneficiary=BEN, credit=advance.amount),
        replace(base, kind=OrderKind.OUT_OF_BUNDLE, key=OrderKey("srv-4"), product=OUT_OF_BUNDLE_ON),
        replace(base, kind=OrderKind.OUT_OF_BUNDLE, key=OrderKey("srv-5"), product=OUT_OF_BUNDLE_OFF),
    ]
    for one in asked:
        assert isinstance(await charging.serve(one), Activated), one.kind
        assert isinstance(await charging.find_service(one), Activated), one.kind
        assert (await charging.wallet(ANA)).balance is not None
    simulator.ledger.account(ANA).balance = 0
    for one in asked[1:3]:
        refused = await charging.serve(replace(one, key=OrderKey(f"{one.key}-again")))
        assert isinstance(refused, Refused), one.kind
    assert contract.broken == []
    assert {"POST /topupBalance", "POST /transferBalance"} <= set(contract.calls)


async def test_what_is_not_as_the_files_say_is_found(contract: Contract) -> None:
    """Otherwise the test above would say nothing."""
    port = contract.ports[PRODUCT_ORDERS.rpartition("/")[0]]
    wrong = {"externalId": "ord-9", "productOrderItem": [{"quantity": 1}]}
    headers = {"Content-Type": CONTENT_TYPE}
    url = f"http://127.0.0.1:{port}/productOrder"
    async with contract.http.post(url, data=json.dumps(wrong), headers=headers) as answer:
        assert answer.status >= 400
        assert "stoplight.io/prism/errors" in await answer.text()
