"""The processes that benchmarks run beside themselves: the gateway, and who it talks to."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp import web

from benchmarks.pauses import Pauses
from benchmarks.smpp_peers import BareEsme, Smsc
from flows.catalogue import load_starter
from flows.market import load_market
from flows.values import SubscriptionId
from gateway.app import Gateway, quiet_collector, utc_now
from gateway.config.tree import (
    Config,
    DoorConfig,
    OcsConfig,
    PathConfig,
    PolicyConfig,
    RouteConfig,
    ServerConfig,
    SmppConfig,
    StoreConfig,
    ThroughConfig,
)
from gateway.simulators.ocs import OcsSimulator
from store import turns
from store.engine import open_engine, upgrade
from store.turns import TurnRow
from store.unit import Unit
from store.writer import Writer

MARKET = "co"
Commands = Mapping[str, Callable[..., Awaitable[dict[str, Any]]]]
Role = Callable[[AsyncExitStack, Mapping[str, Any]], Awaitable[tuple[dict[str, Any], Commands]]]


async def gateway(stack: AsyncExitStack, settings: Mapping[str, Any]) -> tuple[dict[str, Any], Commands]:
    """The whole gateway: a real configuration, an SQLite file, an SMSC and a charging system elsewhere."""
    config = Config(
        market=MARKET,
        server=ServerConfig(port=0, metrics_port=0),
        store=StoreConfig(f"sqlite+aiosqlite:///{settings['database']}"),
        ocs=OcsConfig(kind="tmf", url=settings["ocs"]),
        smpp=_binds(settings),
        routes=_routes(settings),
        doors=_doors(settings),
        menus=PathConfig(path=settings.get("menus", "")),
        policy=PolicyConfig(
            quiet_hours="off",
            assume_opt_in="yes",
            dry_run=settings.get("dry", False),
            alert_gap=settings.get("gap", PolicyConfig().alert_gap),
        ),
        folder=Path(settings["database"]).parent,
    )
    running, pauses = Gateway(config), Pauses()
    quiet_collector()
    await running.start()
    stack.push_async_callback(running.stop)
    return {"port": running.port, "metrics_port": running.metrics_port}, {"pauses": pauses.since}


def _binds(settings: Mapping[str, Any]) -> tuple[SmppConfig, ...]:
    """One for each SMSC; texts are shared out evenly. Where they only receive, answers wait for one that is away."""
    ports = settings["smsc"] if isinstance(settings["smsc"], list) else [settings["smsc"]]
    away = SmppConfig(name="away", host="127.0.0.1", port=1, source="12345", bind="transmitter", reconnect_max=30.0)
    binds = tuple(
        SmppConfig(
            name=f"bench-{at}",
            host="127.0.0.1",
            port=port,
            system_id="chasqui",
            source="12345",
            bind=settings.get("bind", "transceiver"),
            window=settings.get("window", 50),
            tps=0,
            reconnect_max=settings.get("reconnect_max", 30.0),  # whom the SMSC refuses tries again and again
        )
        for at, port in enumerate(ports)
    )
    return (*binds, away) if settings.get("bind") == "receiver" else binds


def _routes(settings: Mapping[str, Any]) -> tuple[RouteConfig, ...]:
    """None for one bind."""
    through = tuple(ThroughConfig(bind.name) for bind in _binds(settings) if bind.bind == "transceiver")
    return (RouteConfig("all", through, order="weight"),) if len(through) > 1 else ()


def _doors(settings: Mapping[str, Any]) -> tuple[DoorConfig, ...]:
    """None, or one where a session lives for ``idle_seconds`` and nobody is asked whether to go on."""
    if "idle_seconds" not in settings:
        return ()
    seconds = settings["idle_seconds"]
    return (DoorConfig("bench", "africastalking", idle_seconds=seconds, total_seconds=seconds, resume_seconds=0),)


async def ocs(stack: AsyncExitStack, settings: Mapping[str, Any]) -> tuple[dict[str, Any], Commands]:
    """The simulated charging system."""
    simulator = await stack.enter_async_context(OcsSimulator(load_starter(MARKET), load_market(MARKET).currency))
    return {"url": simulator.url}, {}


async def smsc(stack: AsyncExitStack, settings: Mapping[str, Any]) -> tuple[dict[str, Any], Commands]:
    """An SMSC that answers, sends receipts and delivers texts, and refuses to bind until it is told."""
    server = Smsc()
    await server.start()
    stack.push_async_callback(server.stop)
    return {"port": server.port}, {"accept": server.accept, "refuse": server.refuse, "deliver": server.deliver}


async def esme(stack: AsyncExitStack, settings: Mapping[str, Any]) -> tuple[dict[str, Any], Commands]:
    """Our SMPP client with nothing behind it."""
    bare = BareEsme(settings["smsc"])
    await bare.start()
    stack.push_async_callback(bare.stop)
    return {}, {"send": bare.send, "await_texts": bare.await_texts}


async def http(stack: AsyncExitStack, settings: Mapping[str, Any]) -> tuple[dict[str, Any], Commands]:
    """An aiohttp server that reads a body or a form, answers, and does nothing else."""

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.json_response({"accepted": 1, "known": 0}, status=202)

    app = web.Application()

    async def answer_form(request: web.Request) -> web.Response:
        await request.post()
        return web.Response(text="CON 1 Yes")

    app.router.add_post("/triggers", answer)
    app.router.add_post("/ussd/africastalking", answer_form)
    return {"port": await _served(stack, app)}, {}


async def rows(stack: AsyncExitStack, settings: Mapping[str, Any]) -> tuple[dict[str, Any], Commands]:
    """The least that a durable hop can be: a form, one turn's row committed by our writer, an answer."""
    engine = open_engine(f"sqlite+aiosqlite:///{settings['database']}", Path(settings["database"]).parent)
    stack.push_async_callback(engine.dispose)
    await upgrade(engine)
    writer = Writer(engine)
    writer.start()
    stack.push_async_callback(writer.stop)
    at, positions = utc_now(), itertools.count()
    turn = TurnRow("bench", "s", 0, SubscriptionId("01"), "0" * 32, "1", '["main","v",["home"]]', "1 Yes", False, at)

    async def answer(request: web.Request) -> web.Response:
        await request.post()
        await writer.commit(Unit(ops=(turns.put(replace(turn, position=next(positions))),)))
        return web.Response(text="CON 1 Yes")

    app = web.Application()
    app.router.add_post("/ussd/africastalking", answer)
    return {"port": await _served(stack, app)}, {}


async def _served(stack: AsyncExitStack, app: web.Application) -> int:
    """The port that an application answers on."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return int(runner.addresses[0][1])


ROLES: Mapping[str, Role] = {"gateway": gateway, "ocs": ocs, "smsc": smsc, "esme": esme, "http": http, "rows": rows}


async def _cpu() -> dict[str, Any]:
    return {"cpu": time.process_time()}


async def _rss() -> dict[str, Any]:
    """Bytes of memory that are resident."""
    return {"rss": _resident_pages() * os.sysconf("SC_PAGE_SIZE")}


def _resident_pages() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])


async def main(role: str, settings: Mapping[str, Any]) -> None:
    """Be one role until the standard input ends."""
    async with AsyncExitStack() as stack:
        told, commands = await ROLES[role](stack, settings)
        known: Commands = {"cpu": _cpu, "rss": _rss, **commands}
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        print(json.dumps(told), flush=True)
        while line := await reader.readline():
            command = json.loads(line)
            print(json.dumps(await known[command.pop("do")](**command)), flush=True)


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
