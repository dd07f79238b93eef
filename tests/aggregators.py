"""Accounts at a simulated aggregator, and the doors that it calls at."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from aiohttp import web

from fakes import ANA, NUMBER, FakeInbox
from flows.values import Purpose
from gateway.config.tree import DoorConfig
from gateway.core.doors import Doors
from gateway.core.ports import ShortMessage
from gateway.core.problems import middleware
from gateway.core.service_numbers import ServiceNumber
from gateway.simulators.aggregator import AggregatorSimulator
from gateway.sms.account import Account
from gateway.sms.africastalking import AfricasTalking
from gateway.sms.kannel import Kannel
from gateway.sms.routes import SmsRoutes
from gateway.sms.sender import AggregatorSender
from gateway.sms.twilio import Twilio
from gateway.sms.wire import Wire
from gateway.telemetry import Metrics

WIRES: dict[str, Wire] = {wire.kind: wire for wire in (AfricasTalking(), Twilio(), Kannel())}
KINDS = tuple(WIRES)
SID = "AC" + "0" * 32


def account(kind: str, **changes: object) -> Account:
    """An account of this kind, with a short code."""
    made = Account(
        name=f"{kind}-1",
        kind=kind,
        user=SID if kind == "twilio" else "chasqui",
        secret="s3cr3t",
        numbers=(ServiceNumber(NUMBER), ServiceNumber("573110000000", kind="long"), ServiceNumber("Claro", False)),
        tps=1000,
        timeout=5,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def text(body: str = "Hola", **changes: object) -> ShortMessage:
    """A text to Ana."""
    made = ShortMessage(id="01MT", source="", destination=ANA, text=body, purpose=Purpose.ALERT)
    return replace(made, **changes)  # type: ignore[arg-type]


@dataclass(slots=True)
class Sms:
    """What runs: the aggregator, our senders by kind, and what came in."""

    aggregator: AggregatorSimulator
    senders: dict[str, AggregatorSender]
    inbox: FakeInbox
    metrics: Metrics
    url: str

    def counted(self, **labels: str) -> float:
        """How often this came in."""
        return self.metrics.registry.get_sample_value("chasqui_aggregator_in_total", labels) or 0.0


async def serve(stack: AsyncExitStack, app: web.Application) -> str:
    """Where this app answers from now on, as the gateway would let it."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, auto_decompress=False)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}"


@asynccontextmanager
async def running(
    doors: Sequence[DoorConfig] = (), token: str = "", more: Sequence[Account] = (), **changes: object
) -> AsyncIterator[Sms]:
    """One account of each kind, and more. token: in the URLs that the aggregator calls; changes: of the accounts."""
    async with AsyncExitStack() as stack:
        aggregator, kept, metrics = AggregatorSimulator(), FakeInbox(), Metrics()
        await aggregator.start()
        stack.push_async_callback(aggregator.stop)
        senders: list[AggregatorSender] = []
        app = web.Application(middlewares=[middleware(metrics)], client_max_size=1024 * 1024)
        # the routes know the accounts, and these the port that only then is known
        for kind in KINDS:
            made = account(kind, url=aggregator.url, **changes)
            senders.append(AggregatorSender(made, WIRES[kind], metrics))
        others = [AggregatorSender(one, WIRES[one.kind], metrics) for one in more]
        SmsRoutes([*senders, *others], kept, Doors(doors), metrics, "127.0.0.1").add_to(app)
        url = await serve(stack, app)
        for sender in senders:
            below = f"{url}/sms/{sender.wire.kind}" + (f"/{token}" if token else "")
            if sender.wire.kind != "africastalking":
                sender.account = replace(sender.account, receipts=f"{below}/receipts")
            calls = aggregator.callbacks[sender.wire.kind]
            calls.texts, calls.receipts, calls.secret = below, f"{below}/receipts", sender.account.secret
            await sender.start()
            stack.push_async_callback(sender.stop)
        yield Sms(aggregator, {one.wire.kind: one for one in senders}, kept, metrics, url)
