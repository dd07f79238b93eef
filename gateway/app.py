"""The one place that builds concretes: from a configuration to a running gateway."""

from __future__ import annotations

import errno
import gc
import json
import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from flows.catalogue import Catalogue, load_starter, parse_catalogue
from flows.contact_policy import ContactSwitches
from flows.errors import FlowError
from flows.market import Market, load_market
from flows.values import Msisdn, parse_msisdn
from gateway.api.access import Access
from gateway.api.routes import ApiRoutes
from gateway.config.tree import Config, OcsConfig, PolicyConfig, SmppConfig
from gateway.console.first_steps import first_steps
from gateway.console.health import Health
from gateway.console.status import Part, StatusPage
from gateway.core.accepting import Acceptances
from gateway.core.commit import Committer
from gateway.core.context import Clock, Context, Machines, Reach, ServiceNumber
from gateway.core.doors import Doors
from gateway.core.facts import Facts
from gateway.core.intake import Intake
from gateway.core.outbox import Lanes
from gateway.core.ports import ChargingSystem
from gateway.core.problems import middleware
from gateway.core.pump import Pump
from gateway.core.purchase_lane import PurchaseLane
from gateway.core.receipts import ReceiptDesk
from gateway.core.replies import ReplyDesk
from gateway.core.sms_lane import SmsLane
from gateway.core.triggers import TriggerDesk, Triggered, subject
from gateway.errors import ConfigError, PortInUse
from gateway.jobs.scheduler import Jobs
from gateway.ocs.cloudevents import NotAnEvent, event
from gateway.ocs.inbound import MOST_BYTES, TriggerRoutes
from gateway.ocs.tmf import TmfChargingSystem
from gateway.simulators.handset import HandsetPage
from gateway.simulators.ocs import OcsSimulator
from gateway.simulators.smsc import SmscSimulator
from gateway.smpp.client import SmppClient, SmppSettings
from gateway.telemetry import Metrics
from locales.catalogues import load_catalogues
from store import inbox
from store.engine import open_engine, upgrade
from store.inbox import Entry
from store.reader import Reader
from store.writer import Writer

_LOG = logging.getLogger(__name__)
_SIMULATED_NUMBER = "12345"
_SIMULATOR_PORTS = {"smsc": (2775, 2776), "ocs": (9200, 9201)}
_DRAIN_SECONDS = 20.0
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


def quiet_collector() -> None:
    """Keep the garbage collector off what lives as long as the process, and let it look less often.

    Most of what a request makes dies by reference count; full collections over the loaded modules cost 6 to 20 percent
    of a trigger (``make bench``).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


@dataclass(slots=True)
class _Peers:
    """The outside: what was configured, or simulators inside the process."""

    ocs: ChargingSystem
    ocs_url: str
    smpp: SmppConfig
    smsc: SmscSimulator | None
    ocs_simulator: OcsSimulator | None


class Gateway:
    """One gateway process. ``start`` returns once it answers; ``stop`` drains and ends it."""

    def __init__(self, config: Config, clock: Clock = utc_now) -> None:
        self._config = config
        self._clock = clock
        self._stack = AsyncExitStack()
        self.port = 0
        self.metrics_port = 0
        self.status: list[Part] = []
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
        market, catalogue = _market(config), _catalogue(config)
        engine = open_engine(config.store.url, config.folder)
        self._stack.push_async_callback(engine.dispose)
        await upgrade(engine)
        writer, reader = await self._store(engine)
        peers = await self._peers(config, market, catalogue)
        context = _context(config, market, catalogue, writer=writer, reader=reader, clock=self._clock, smpp=peers.smpp)
        await self._core(context, peers)

    async def _store(self, engine: AsyncEngine) -> tuple[Writer, Reader]:
        writer, reader = Writer(engine), Reader(engine)
        writer.start()
        self._stack.push_async_callback(writer.stop)
        await reader.start()
        self._stack.push_async_callback(reader.stop)
        return writer, reader

    async def _peers(self, config: Config, market: Market, catalogue: Catalogue) -> _Peers:
        smsc = None
        smpp = config.smpp[0] if config.smpp else None
        if smpp is None:
            smsc = await self._smsc_simulator()
            smpp = SmppConfig(
                name="simulator",
                host="127.0.0.1",
                port=smsc.port,
                system_id="chasqui",
                source=_SIMULATED_NUMBER,
                tps=1000,
            )
        ocs_simulator, url = None, config.ocs.url
        if not url:
            ocs_simulator = await self._ocs_simulator(catalogue, market.currency)
            url = ocs_simulator.url
        ocs = _charging_system(config.ocs, url, market, catalogue)
        self._stack.push_async_callback(ocs.close)
        return _Peers(ocs, url, smpp, smsc, ocs_simulator)

    async def _smsc_simulator(self) -> SmscSimulator:
        port, control = _SIMULATOR_PORTS["smsc"]
        try:
            simulator = SmscSimulator(port, control)
            await simulator.start()
        except PortInUse:  # nobody chose these ports, so any will do
            simulator = SmscSimulator(0, 0)
            await simulator.start()
        self._stack.push_async_callback(simulator.stop)
        return simulator

    async def _ocs_simulator(self, catalogue: Catalogue, currency: str) -> OcsSimulator:
        port, control = _SIMULATOR_PORTS["ocs"]
        try:
            simulator = OcsSimulator(catalogue, currency, port=port, control_port=control)
            await simulator.start()
        except PortInUse:
            simulator = OcsSimulator(catalogue, currency)
            await simulator.start()
        self._stack.push_async_callback(simulator.stop)
        return simulator

    async def _core(self, context: Context, peers: _Peers) -> None:
        config = self._config
        lanes = Lanes()
        committer = Committer(context.writer, context.reach, lanes.put)
        facts = Facts(context, peers.ocs)
        receipts = ReceiptDesk(context)
        trigger_desk, reply_desk = TriggerDesk(context, facts, committer), ReplyDesk(context, facts, committer)
        triggers = Pump("triggers", subject, trigger_desk.work, trigger_desk.give_up)
        replies = Pump("replies", _sender, reply_desk.work, reply_desk.give_up)
        intake = Intake(context, triggers, replies, receipts)
        client = SmppClient(_smpp_settings(peers.smpp), intake)
        lanes.sms = SmsLane(context, client, receipts, slots=4 * peers.smpp.window)
        lanes.purchases = PurchaseLane(context, committer, peers.ocs, facts)
        acceptances = Acceptances(context, committer)
        jobs = Jobs(context, committer, acceptances)
        self._health = Health(context, peers.ocs, lambda: {f"smpp {client.name}": client.bound})
        # the last started is the first stopped: doors, jobs, pumps, lanes, bind
        await receipts.recover()
        waiting = await inbox.waiting(context.reader)  # before the bind: what comes from now on is taken up as it comes
        self._stack.push_async_callback(lanes.sms.drain)
        await client.start()
        self._stack.push_async_callback(client.stop)
        lanes.sms.start()
        self._stack.push_async_callback(lanes.sms.stop)
        self._stack.push_async_callback(lanes.purchases.stop)
        left = await lanes.recover(context)
        for pump in (triggers, replies):
            pump.start()
            self._stack.push_async_callback(pump.stop)
        await _resume(context, committer, intake, waiting)
        if left or waiting:
            _LOG.info("took up what the last stop left", extra={"outbox": left, "inbox": len(waiting)})
        jobs.start()
        self._stack.callback(jobs.stop)
        app = web.Application(middlewares=[middleware(context.metrics)], client_max_size=MOST_BYTES + 1)
        TriggerRoutes(context, intake, Doors(config.doors), config.webhooks.secret).add_to(app)
        access = Access(config.api.tokens, config.api.requests_per_second)
        ApiRoutes(context, facts, committer, acceptances, access).add_to(app)
        self._health.add_to(app)
        metrics_app = web.Application(middlewares=[middleware(context.metrics)])
        self._health.add_metrics_to(metrics_app)
        host = config.server.host
        self.metrics_port = await self._listen(metrics_app, host, config.server.metrics_port, "server.metrics_port")
        local = host in _LOCAL
        page = StatusPage(
            context, lambda: self._parts(peers, client), lambda: _first_steps(self.port, peers), local=local
        )
        page.add_to(app)
        if peers.smsc is not None and local:
            self.handset = True
            services = [service.code for service in config.ussd.services]
            HandsetPage(peers.smsc, services, peers.smpp.source).add_to(app)
        self.port = await self._listen(app, host, config.server.port, "server.port")

    async def _listen(self, app: web.Application, host: str, port: int, key: str) -> int:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_DRAIN_SECONDS)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortInUse(f"{key}: port {port} on {host} is taken") from None
            raise ConfigError(f"{key}: cannot listen on {host}:{port}: {error.strerror or error}") from None
        return int(runner.addresses[0][1])

    def _parts(self, peers: _Peers, client: SmppClient) -> list[Part]:
        host = self._config.server.host
        parts = [
            Part("Gateway", f"http://{host}:{self.port}", True),
            Part("Metrics", f"http://{host}:{self.metrics_port}/metrics", True),
            Part("Store", self._config.store.url, True),
            Part(f"SMPP bind {client.name}", f"{peers.smpp.host}:{peers.smpp.port}", client.bound),
            Part("Charging system", peers.ocs_url, None),
        ]
        if peers.smsc is not None:
            parts.append(Part("SMSC simulator (control)", f"http://127.0.0.1:{peers.smsc.control_port}", True))
        if self.handset:
            parts.append(Part("Handset", f"http://{host}:{self.port}/handset/", True))
        if peers.ocs_simulator is not None:
            parts.append(Part("OCS simulator (control)", peers.ocs_simulator.control_url, True))
        return parts


def _market(config: Config) -> Market:
    try:
        return load_market(config.market)
    except FlowError as error:
        raise ConfigError(f"market: {error}") from None


def _catalogue(config: Config) -> Catalogue:
    try:
        if not config.catalogue.path:
            return load_starter(config.market)
        file = config.folder / config.catalogue.path
        return parse_catalogue(file.read_text(encoding="utf-8"), str(Path(config.catalogue.path)))
    except FlowError as error:
        raise ConfigError(str(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"catalogue.path: cannot be read: {error}") from None


def _context(
    config: Config,
    market: Market,
    catalogue: Catalogue,
    *,
    writer: Writer,
    reader: Reader,
    clock: Clock,
    smpp: SmppConfig,
) -> Context:
    return Context(
        market=market,
        catalogue=catalogue,
        catalogues=load_catalogues(),
        switches=_switches(config.policy),
        reach=Reach(config.policy.dry_run, frozenset(_numbers(config.policy.test_msisdns))),
        service_number=ServiceNumber(smpp.source, smpp.two_way and smpp.bind == "transceiver"),
        machines=Machines(),
        reader=reader,
        writer=writer,
        clock=clock,
        metrics=Metrics(),
    )


def _switches(policy: PolicyConfig) -> ContactSwitches:
    return ContactSwitches(
        quiet_hours="off" if policy.quiet_hours == "off" else "market",
        assume_opt_in="yes" if policy.assume_opt_in == "yes" else "market",
    )


def _numbers(texts: tuple[str, ...]) -> list[Msisdn]:
    return [msisdn for text in texts if (msisdn := parse_msisdn(text)) is not None]


def _charging_system(ocs: OcsConfig, url: str, market: Market, catalogue: Catalogue) -> ChargingSystem:
    """The adapter of each kind; the simulator speaks the TM Forum wire."""
    adapters = {"simulator": TmfChargingSystem, "tmf": TmfChargingSystem}
    return adapters[ocs.kind](
        url,
        timeout=ocs.timeout,
        settle_seconds=ocs.settle_seconds,
        currency=market.currency,
        offerings=catalogue.tmf_offerings(),
    )


def _smpp_settings(smpp: SmppConfig) -> SmppSettings:
    return SmppSettings(
        name=smpp.name,
        host=smpp.host,
        port=smpp.port,
        system_id=smpp.system_id,
        password=smpp.password,
        bind=smpp.bind,
        window=smpp.window,
        tps=int(smpp.tps),
        source=smpp.source,
        source_ton=smpp.source_ton,
        source_npi=smpp.source_npi,
        two_way=smpp.two_way,
        system_type=smpp.system_type,
        response_timeout=smpp.response_timeout,
        enquire_interval=smpp.enquire_interval,
        reconnect_max=smpp.reconnect_max,
        tls=smpp.tls,
    )


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


def _first_steps(port: int, peers: _Peers) -> list[tuple[str, str]]:
    smsc, ocs = peers.smsc, peers.ocs_simulator
    return first_steps(
        f"http://127.0.0.1:{port}",
        f"http://127.0.0.1:{smsc.control_port}" if smsc else None,
        peers.smpp.source,
        ocs.control_url if ocs else None,
    )
