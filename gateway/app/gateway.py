"""One gateway process: what is built, in which order it starts, in which order it stops."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, Protocol

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from flows.values import Msisdn
from gateway.api.access import Access
from gateway.api.routes import ApiRoutes
from gateway.app.binds import Binds
from gateway.app.building import catalogue_of, context_of, market_of, traces_of
from gateway.app.connections import MOST_TO_METRICS, Connections, Serve, most_connections
from gateway.app.dialects import DIALECTS
from gateway.app.listening import ensure_free, listen, port_of
from gateway.app.peers import Outside, Peers
from gateway.app.process import QuietHours, utc_now
from gateway.app.pushing import channel_desk, open_wires, restcomm_pushers
from gateway.app.tls import server_tls
from gateway.app.written_menus import region, stock, written_menus
from gateway.config.tree import Config
from gateway.console.first_steps import first_steps
from gateway.console.health import Health
from gateway.console.listed_doors import listed
from gateway.console.status import Part, StatusPage
from gateway.core import traced
from gateway.core.accepting import Acceptances
from gateway.core.commit import Committer
from gateway.core.context import Clock, Context
from gateway.core.doors import Doors
from gateway.core.facts import Facts
from gateway.core.intake import Intake
from gateway.core.live_sessions import LiveSessions
from gateway.core.menu_compiler import compile_apart
from gateway.core.menu_desk import MenuDesk
from gateway.core.menu_shelf import MenuShelf
from gateway.core.outbox import Lanes
from gateway.core.problems import middleware
from gateway.core.pump import Pump
from gateway.core.purchase_lane import PurchaseLane
from gateway.core.push_lane import PushLane
from gateway.core.pushers import Pushers
from gateway.core.pushes import Pushes
from gateway.core.receipts import ReceiptDesk
from gateway.core.replies import ReplyDesk
from gateway.core.session_counts import count_over
from gateway.core.settlements import Settlements
from gateway.core.sms_lane import SmsLane
from gateway.core.triggers import TriggerDesk, Triggered, subject
from gateway.core.turns import TurnDesk
from gateway.jobs.menu_watch import MenuWatch
from gateway.jobs.scheduler import Jobs
from gateway.ocs.cloudevents import NotAnEvent, event
from gateway.ocs.inbound import MOST_BYTES, TriggerRoutes
from gateway.simulators.handset import HandsetPage
from gateway.smpp.client import SmppClient
from gateway.telemetry import Metrics, around
from gateway.ussd.africastalking import AfricasTalking
from gateway.ussd.answering import Answering
from gateway.ussd.routes import UssdRoutes
from gateway.ussd.services import Services
from store import inbox
from store.consent_ledger import ConsentLedger
from store.engine import database_file, open_engine, upgrade
from store.inbox import Entry
from store.reader import Reader
from store.sole import sole_user
from store.writer import Writer

_LOG = logging.getLogger(__name__)
_DRAIN_SECONDS = 20.0
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
_PORT, _METRICS_PORT = "server.port", "server.metrics_port"


class Routes(Protocol):
    """Something that answers over HTTP."""

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        ...


class Gateway:
    """One gateway process. ``start`` returns once it answers; ``stop`` drains and ends it."""

    def __init__(self, config: Config, clock: Clock = utc_now) -> None:
        self._config = config
        self._clock = clock
        self._stack = AsyncExitStack()
        self.port = 0
        self.metrics_port = 0
        self.handset = False

    async def start(self) -> None:
        """Start everything, in the order in which each needs the other.

        Raises ConfigError, PortInUse, StoreError; what had started is stopped again.
        """
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise

    async def stop(self) -> None:
        """Stop taking work, finish what runs (at most 20 seconds), unbind, close the store."""
        self._health.stopping = True
        await self._stack.aclose()

    async def _start(self) -> None:
        config = self._config
        market, catalogue, services = market_of(config), catalogue_of(config), Services(config.ussd.services)
        written, metrics = written_menus(config), Metrics()
        self._tls, traces = server_tls(config, metrics), traces_of(config, self._stack)
        await ensure_free(config.server.host, config.server.port, _PORT)
        await ensure_free(config.server.host, config.server.metrics_port, _METRICS_PORT)
        engine = open_engine(config.store.url, config.folder)
        self._stack.push_async_callback(engine.dispose)
        self._stack.enter_context(sole_user(database_file(config.store.url, config.folder)))
        await upgrade(engine)
        writer, reader = await self._store(engine)
        shelf = MenuShelf(reader, partial(compile_apart, region(config)), metrics, asyncio.get_running_loop().time)
        self._stack.push_async_callback(shelf.close)
        await stock(shelf, MenuDesk(reader, writer, self._clock), written, services)
        peers = await Outside(self._stack).open(config, market, catalogue)
        peers.ocs = traced.charging_system(traces, peers.ocs)
        context = context_of(
            config,
            market,
            catalogue,
            writer=writer,
            reader=reader,
            clock=self._clock,
            metrics=metrics,
            traces=traces,
            smpp=peers.smpp,
        )
        hours = QuietHours()
        hours.start()
        self._stack.push_async_callback(hours.stop)
        await self._core(context, peers, services, shelf)

    async def _store(self, engine: AsyncEngine) -> tuple[Writer, Reader]:
        writer, reader = Writer(engine), Reader(engine)
        writer.start()
        self._stack.push_async_callback(writer.stop)
        await reader.start()
        self._stack.push_async_callback(reader.stop)
        return writer, reader

    async def _core(self, context: Context, peers: Peers, services: Services, shelf: MenuShelf) -> None:
        config = self._config
        lanes = Lanes()
        committer = traced.committer(
            context.traces,
            context.writer,
            context.reach,
            lanes.put,
            ConsentLedger(context.reader, context.writer),
        )
        facts = Facts(context, peers.ocs)
        receipts = ReceiptDesk(context)
        pushers = Pushers()
        channels = channel_desk(context, pushers, shelf, config.policy)
        trigger_desk = TriggerDesk(context, facts, committer, channels)
        reply_desk = ReplyDesk(context, facts, committer)
        triggers = Pump(
            "triggers", subject, around(context.traces, "triggers", trigger_desk.work), trigger_desk.give_up
        )
        replies = Pump("replies", _sender, reply_desk.work, reply_desk.give_up)
        intake = Intake(context, triggers, replies, receipts)
        binds = Binds(peers, intake, context.metrics)
        client = binds.sms
        lanes.sms = SmsLane(context, traced.sms_sender(context.traces, client), receipts, slots=4 * peers.smpp.window)
        lanes.pushes = PushLane(context, pushers, Pushes(context, facts, shelf), lanes.sms.put)
        settlements = Settlements()
        lanes.purchases = PurchaseLane(context, committer, peers.ocs, facts, settlements)
        sessions = LiveSessions(asyncio.get_running_loop().time, partial(count_over, context.metrics))
        turns = TurnDesk(context, facts, committer, settlements, shelf=shelf, sessions=sessions)
        acceptances = Acceptances(context, committer)
        jobs = Jobs(context, committer, acceptances, sessions)
        self._health = Health(context, peers.ocs, binds.up, lanes.up)
        doors = Doors(config.doors, {dialect.name: dialect.septets for dialect in DIALECTS})
        answering = Answering(context, turns, services)
        wires = (
            *binds.carry_ussd(config, doors, answering),
            *restcomm_pushers(config.doors, doors, answering, self._stack),
        )
        if channels is not None:
            open_wires(pushers, wires, services)
        # the last started is the first stopped: doors, jobs, pumps, lanes, bind
        await receipts.recover()
        waiting = await inbox.waiting(context.reader)  # before the bind: what comes from now on is taken up as it comes
        await self._carry(lanes.sms, client)
        self._stack.push_async_callback(lanes.purchases.stop)
        self._stack.push_async_callback(lanes.pushes.stop)
        left = await lanes.recover(context)
        for pump in (triggers, replies):
            pump.start()
            self._stack.push_async_callback(pump.stop)
        await _resume(context, committer, intake, waiting)
        if left or waiting:
            _LOG.info("took up what the last stop left", extra={"outbox": left, "inbox": len(waiting)})
        jobs.start()
        self._stack.callback(jobs.stop)
        watch = MenuWatch(context, shelf)
        watch.start()
        self._stack.push_async_callback(watch.stop)
        access = Access(config.api.tokens, config.api.requests_per_second)
        routes = (
            TriggerRoutes(context, intake, doors, config.webhooks.secret, config.server.host),
            UssdRoutes(context, answering, doors, DIALECTS, config.server.host),
            ApiRoutes(context, facts, committer, acceptances, access),
            self._health,
        )
        await binds.open(self._stack)
        self._stack.callback(lanes.pushes.close)  # before the doors: what they drop may have been answered
        await self._answer(context, peers, binds, services, routes, doors=doors)

    async def _carry(self, texts: SmsLane, client: SmppClient) -> None:
        """Bind, and let texts go."""
        self._stack.push_async_callback(texts.drain)
        await client.start()
        self._stack.push_async_callback(client.stop)
        texts.start()
        self._stack.push_async_callback(texts.stop)

    async def _answer(
        self,
        context: Context,
        peers: Peers,
        binds: Binds,
        services: Services,
        routes: Sequence[Routes],
        *,
        doors: Doors,
    ) -> None:
        """Open the ports: last of all, when everything behind them runs."""
        server = self._config.server
        metrics_app = web.Application(middlewares=[middleware(context.metrics)])
        self._health.add_metrics_to(metrics_app)
        few = partial(Connections, metrics=context.metrics, most=MOST_TO_METRICS)
        self.metrics_port = await self._listen(metrics_app, server.metrics_port, _METRICS_PORT, few)
        app = web.Application(middlewares=_middlewares(context), client_max_size=MOST_BYTES + 1)
        for one in routes:
            one.add_to(app)
        local = server.host in _LOCAL
        page = StatusPage(
            context,
            lambda: self._parts(peers, binds),
            lambda: _first_steps(server.scheme, self.port, peers, _dialled(doors, services)),
            listed(self._config.doors),
            local=local,
        )
        page.add_to(app)
        if peers.smsc is not None and local:
            self.handset = True
            HandsetPage(peers.smsc, services.codes, peers.smpp.source).add_to(app)
        many = partial(Connections, metrics=context.metrics, tls=self._tls, most=most_connections())
        self.port = await self._listen(app, server.port, _PORT, many)

    async def _listen(self, app: web.Application, port: int, key: str, open_to: Callable[[Serve], Connections]) -> int:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_DRAIN_SECONDS, auto_decompress=False)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        assert runner.server is not None, "it is set up"
        connections = open_to(runner.server)
        self._stack.push_async_callback(connections.close)
        server = await listen(connections, self._config.server.host, port, key)
        self._stack.callback(server.close)
        return port_of(server)

    async def _parts(self, peers: Peers, binds: Binds) -> list[Part]:
        host, scheme = self._config.server.host, self._config.server.scheme
        parts = [
            Part("Gateway", f"{scheme}://{host}:{self.port}", True),
            Part("Metrics", f"http://{host}:{self.metrics_port}/metrics", True),
            Part("Store", self._config.store.url, True),
            *binds.parts(),
            Part("Charging system", peers.ocs_url, await self._health.ocs_answers()),
        ]
        if peers.smsc is not None:
            parts.append(Part("SMSC simulator (control)", f"http://127.0.0.1:{peers.smsc.control_port}", True))
        if self.handset:
            parts.append(Part("Handset", f"{scheme}://{host}:{self.port}/handset/", True))
        if peers.ocs_simulator is not None:
            parts.append(Part("OCS simulator (control)", peers.ocs_simulator.control_url, True))
        return parts


def _middlewares(context: Context) -> Sequence[Any]:
    answering = middleware(context.metrics)
    return [answering] if context.traces is None else [traced.traced_requests(context.traces), answering]


def _sender(entry: Entry) -> Msisdn:
    return entry.subject


async def _resume(context: Context, committer: Committer, intake: Intake, waiting: Sequence[Entry]) -> None:
    """Work on what was acknowledged before the last stop; what this version cannot read is put aside, marked."""
    triggers, replies = [], []
    for entry in waiting:
        if entry.kind == "mo":
            replies.append(entry)
            continue
        try:
            triggers.append(Triggered(entry, event(json.loads(entry.body)).trigger))
        except NotAnEvent:
            await committer.note(inbox.done(entry.id, "unreadable", context.clock()))
    intake.resume(triggers, replies)


def _dialled(doors: Doors, services: Services) -> str | None:
    """The first code, if this machine may dial it with no more than its address."""
    return services.codes[0] if doors.admit(AfricasTalking.name, "127.0.0.1", "") else None


def _first_steps(scheme: str, port: int, peers: Peers, code: str | None) -> list[tuple[str, str]]:
    smsc, ocs = peers.smsc, peers.ocs_simulator
    return first_steps(
        f"{scheme}://127.0.0.1:{port}",
        f"http://127.0.0.1:{smsc.control_port}" if smsc else None,
        peers.smpp.source,
        ocs.control_url if ocs else None,
        code,
    )
