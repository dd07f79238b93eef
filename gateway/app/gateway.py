"""One gateway process: what is built, in which order it starts, in which order it stops."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import cast

from sqlalchemy.ext.asyncio import AsyncEngine

from flows.values import Msisdn
from gateway.app import rest
from gateway.app.building import catalogue_of, context_of, market_of, traces_of
from gateway.app.charging import guarded
from gateway.app.dialects import DIALECTS
from gateway.app.front import METRICS_PORT, PORT, Behind, Front, Routes
from gateway.app.listening import ensure_free
from gateway.app.models import model_jobs, models_of, serve_models
from gateway.app.night_apart import run_apart
from gateway.app.numbers import Numbers, offering
from gateway.app.order_desks import order_jobs
from gateway.app.peers import Outside, Peers
from gateway.app.process import QuietHours, utc_now
from gateway.app.pushing import channel_desk, open_wires, restcomm_pushers
from gateway.app.telling import webhook_lane
from gateway.app.texting import Texting
from gateway.app.tls import server_tls
from gateway.app.triggering import Triggering
from gateway.app.written_menus import region, stock, written_menus
from gateway.config.tree import Config
from gateway.console.health import Health
from gateway.core import traced
from gateway.core.accepting import Acceptances
from gateway.core.behaviour_desk import BehaviourDesk
from gateway.core.commit import Committer
from gateway.core.context import Clock, Context
from gateway.core.doors import Doors
from gateway.core.facts import Facts
from gateway.core.grants import Mode
from gateway.core.intake import Intake
from gateway.core.live_sessions import LiveSessions
from gateway.core.menu_compiler import compile_apart
from gateway.core.menu_desk import MenuDesk
from gateway.core.menu_shelf import MenuShelf
from gateway.core.ocs_traits import KeptTraits
from gateway.core.outbox import Lanes
from gateway.core.pump import Pump
from gateway.core.purchase_lane import PurchaseLane
from gateway.core.push_lane import PushLane
from gateway.core.pushers import Pushers
from gateway.core.pushes import Pushes
from gateway.core.receipts import ReceiptDesk
from gateway.core.replies import ReplyDesk
from gateway.core.session_counts import count_over
from gateway.core.settlements import Settlements
from gateway.core.triggers import TriggerDesk, Triggered
from gateway.core.turns import TurnDesk
from gateway.core.webhook_lane import Announcer
from gateway.jobs.behaviour_sweep import BehaviourSweep
from gateway.jobs.control_watch import ControlWatch
from gateway.jobs.menu_watch import MenuWatch
from gateway.jobs.retention import Retention
from gateway.jobs.scheduler import Jobs
from gateway.ocs.cloudevents import NotAnEvent, event, read_json
from gateway.smpp.incoming import join
from gateway.telemetry import Metrics
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


class Gateway:
    """One gateway process. ``start`` returns once it answers; ``stop`` drains and ends it."""

    def __init__(self, config: Config, clock: Clock = utc_now) -> None:
        self._config = config
        self._clock = clock
        self._stack = AsyncExitStack()
        self._front = Front(config, self._stack)

    @property
    def port(self) -> int:
        """Where it answers; 0 until it does."""
        return self._front.port

    @property
    def metrics_port(self) -> int:
        """Where its metrics are."""
        return self._front.metrics_port

    @property
    def handset(self) -> bool:
        """Whether the phone in the browser is there."""
        return self._front.handset

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
        written, metrics, models = written_menus(config), Metrics(), models_of(config)
        self._tls, traces = server_tls(config, metrics), traces_of(config, self._stack)
        await ensure_free(config.server.host, config.server.port, PORT)
        await ensure_free(config.server.host, config.server.metrics_port, METRICS_PORT)
        engine = open_engine(config.store.url, config.folder)
        self._stack.push_async_callback(engine.dispose)
        self._stack.enter_context(sole_user(database_file(config.store.url, config.folder)))
        await upgrade(engine)
        writer, reader = await self._store(engine)
        shelf = MenuShelf(reader, partial(compile_apart, region(config)), metrics, asyncio.get_running_loop().time)
        self._stack.push_async_callback(shelf.close)
        await stock(shelf, MenuDesk(reader, writer, self._clock), written, services)
        traits = partial(KeptTraits, reader=reader, writer=writer, clock=self._clock)
        peers = await Outside(self._stack, traits).open(config, market, catalogue)
        peers.ocs = traced.charging_system(traces, peers.ocs)
        numbers = Numbers(config, peers.binds)
        context = context_of(
            config,
            market,
            catalogue,
            writer=writer,
            reader=reader,
            clock=self._clock,
            metrics=metrics,
            traces=traces,
            models=models,
            number=offering(numbers.sending(peers)),
        )
        hours = QuietHours()
        hours.start()
        self._stack.push_async_callback(hours.stop)
        await serve_models(config, context, self._stack)
        await self._core(context, peers, numbers, services, shelf)

    async def _store(self, engine: AsyncEngine) -> tuple[Writer, Reader]:
        writer, reader = Writer(engine), Reader(engine)
        writer.start()
        self._stack.push_async_callback(writer.stop)
        await reader.start()
        self._stack.push_async_callback(reader.stop)
        return writer, reader

    async def _core(
        self, context: Context, peers: Peers, numbers: Numbers, services: Services, shelf: MenuShelf
    ) -> None:
        config = self._config
        lanes = Lanes(context.metrics)
        committer = traced.committer(
            context.traces,
            context.writer,
            context.reach,
            lanes.put,
            ConsentLedger(context.reader, context.writer),
            tell=Announcer(config.webhooks.endpoints).rows,
        )
        ocs = guarded(config.ocs, peers.ocs, context.metrics)
        facts = Facts(context, ocs, ocs.in_background())
        receipts = ReceiptDesk(context)
        pushers = Pushers()
        channels = channel_desk(context, pushers, shelf, config.policy)
        reply_desk = ReplyDesk(context, facts, committer, services.codes[0])
        triggering = Triggering(
            context,
            TriggerDesk(context, facts, committer, channels, BehaviourDesk.of(context, config.behaviour)),
            config,
        )
        replies = Pump("replies", _sender, reply_desk.work, reply_desk.give_up)
        intake = Intake(context, triggering.gathering, replies, receipts, join, most_waiting=config.triggers.waiting)
        texting = Texting(context, numbers, peers, intake, receipts)
        lanes.sms = texting.lane
        lanes.pushes = PushLane(context, pushers, Pushes(context, facts, shelf), lanes.sms.put)
        settlements = Settlements()
        lanes.purchases = PurchaseLane(
            context,
            committer,
            ocs,
            facts,
            settlements,
            grants=cast("Mode", config.ocs.grants),
            seconds=asyncio.get_running_loop().time,
        )
        sessions = LiveSessions(asyncio.get_running_loop().time, partial(count_over, context.metrics))
        turns = TurnDesk(context, facts, committer, settlements, shelf=shelf, sessions=sessions)
        acceptances = Acceptances(context, committer)
        jobs = Jobs(
            context,
            committer,
            acceptances,
            sessions,
            lanes.purchases.take_up_refunds,
            clock=triggering.clock(intake),
            more=(
                *order_jobs(config, context, committer, ocs),
                *model_jobs(config, context, run_apart),
                BehaviourSweep(context, config.behaviour).job,
                *Retention(context, committer, config.retention).jobs,
            ),
        )
        self._health = Health(context, peers.ocs, texting.up, lanes.up)
        doors = Doors(config.doors, {dialect.name: dialect.septets for dialect in DIALECTS})
        answering = Answering(context, turns, services)
        wires = (
            *texting.binds.carry_ussd(config, doors, answering),
            *restcomm_pushers(config.doors, doors, answering, self._stack),
        )
        if channels is not None:
            open_wires(pushers, wires, services)
        # the last started is the first stopped: doors, jobs, pumps, lanes, bind
        waiting = await intake.recover()  # before the bind: what comes from now on is taken up as it comes
        self._stack.push_async_callback(intake.stop)
        controls = ControlWatch(context)
        await controls.start()  # before anything goes out
        self._stack.push_async_callback(controls.stop)
        await texting.open(self._stack)
        self._stack.push_async_callback(lanes.purchases.stop)
        self._stack.push_async_callback(lanes.pushes.stop)
        lanes.webhooks = webhook_lane(context, config.webhooks.endpoints, self._stack)
        left = await lanes.recover(context)
        triggering.start(self._stack)
        replies.start()
        self._stack.push_async_callback(replies.stop)
        await _resume(context, committer, intake, waiting)
        if left or waiting:
            _LOG.info("took up what the last stop left", extra={"outbox": left, "inbox": len(waiting)})
        await self._tick(jobs, MenuWatch(context, shelf), triggering, intake)
        api = rest.Behind(facts, committer, acceptances, texting, controls, lanes.webhooks)
        routes: tuple[Routes, ...] = (
            *triggering.routes(intake, doors),
            UssdRoutes(context, answering, doors, DIALECTS, config.server.host),
            *rest.rest_routes(config, context, api),
            *texting.routes(doors, config.server.host),
        )
        await texting.binds.open(self._stack)
        self._stack.callback(lanes.pushes.close)  # before the doors: what they drop may have been answered
        behind = Behind(peers, texting.parts, context.service_number.address, services, doors)
        await self._front.open(context, self._health, behind, routes, self._tls)

    async def _tick(self, jobs: Jobs, watch: MenuWatch, triggering: Triggering, intake: Intake) -> None:
        """Begin what the clock starts. Raises ConfigError."""
        jobs.start()
        self._stack.push_async_callback(jobs.stop)
        watch.start()
        self._stack.push_async_callback(watch.stop)
        await triggering.watch(intake, self._stack)


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
            triggers.append(Triggered(entry, event(read_json(entry.body), whole=False, own=True).trigger))
        except NotAnEvent:
            await committer.note(inbox.done(entry.id, "unreadable", context.clock()))
    intake.resume(triggers, replies)
