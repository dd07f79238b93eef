"""The ``chasqui`` command. Errors are one line on standard error, with exit status 2."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from flows.catalogue import load_starter, parse_catalogue
from flows.errors import FlowError
from flows.market import load_market, market_codes
from gateway.app import Gateway, quiet_collector
from gateway.config.loading import load
from gateway.config.tree import Config
from gateway.errors import GatewayError
from gateway.simulators.demo.play import play
from gateway.simulators.ocs import OcsSimulator
from gateway.simulators.smsc import SmscSimulator
from gateway.telemetry import log_to_stderr
from store.engine import head, open_engine, upgrade
from store.errors import StoreError

_DEFAULT_CONFIG = "chasqui.toml"
USAGE_ERROR = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    parsed = _parser().parse_args(arguments)
    try:
        return int(parsed.run(parsed))
    except (GatewayError, StoreError, FlowError) as error:
        print(f"chasqui: {error}", file=sys.stderr)
        return USAGE_ERROR
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="chasqui", description="USSD/SMS channel gateway for prepaid mobile operators."
    )
    parser.add_argument("--version", action="version", version=f"chasqui {version('chasqui')}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="run one gateway process", description=_serve.__doc__)
    _config_argument(serve)
    serve.add_argument("--log-level", default="info", choices=("debug", "info", "warning", "error"))
    serve.set_defaults(run=_serve)

    db = commands.add_parser("db", help="the store").add_subparsers(title="commands", required=True, metavar="COMMAND")
    up = db.add_parser("upgrade", help="bring the schema to this version", description=_db_upgrade.__doc__)
    _config_argument(up)
    up.set_defaults(run=_db_upgrade)

    sims = commands.add_parser("sim", help="simulated peers").add_subparsers(
        title="simulators", required=True, metavar="SIMULATOR"
    )
    _simulator(sims.add_parser("smsc", help="an SMSC (SMPP 3.4)", description=_sim_smsc.__doc__), 2775, _sim_smsc)
    ocs = _simulator(
        sims.add_parser("ocs", help="a charging system (TM Forum)", description=_sim_ocs.__doc__), 9200, _sim_ocs
    )
    ocs.add_argument("--market", default="co", choices=market_codes(), help="currency and starter catalogue")
    ocs.add_argument("--catalogue", type=Path, help="a catalogue.yaml instead of the market's starter")

    demo = commands.add_parser("demo", help="play the whole micro-moment over real wires", description=_demo.__doc__)
    demo.add_argument("--keep", action="store_true", help="leave the folder with database, logs and configuration")
    demo.set_defaults(run=_demo)
    return parser


def _config_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        type=Path,
        help=f"the configuration file (default: {_DEFAULT_CONFIG} if there is one, else all defaults)",
    )


def _simulator(
    parser: argparse.ArgumentParser, port: int, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    parser.add_argument("--port", type=int, default=port, help="the wire (default: %(default)s; 0 takes a free one)")
    parser.add_argument(
        "--control", type=int, default=port + 1, help="the control API (default: %(default)s; 0 takes a free one)"
    )
    parser.set_defaults(run=run)
    return parser


def _load(arguments: argparse.Namespace) -> Config:
    path: Path | None = arguments.config
    if path is None and Path(_DEFAULT_CONFIG).exists():
        path = Path(_DEFAULT_CONFIG)
    return load(path, os.environ)


def _serve(arguments: argparse.Namespace) -> int:
    """Run one gateway process until SIGTERM or SIGINT; then finish what runs, unbind, and end."""
    config = _load(arguments)
    log_to_stderr(arguments.log_level)
    gateway = Gateway(config)
    quiet_collector()
    return asyncio.run(_until_signal(gateway.start, gateway.stop, lambda: _greeting(config, gateway)))


def _greeting(config: Config, gateway: Gateway) -> str:
    url = f"http://{config.server.host}:{gateway.port}/"
    phone = f"\nchasqui: a phone to try it with on {url}handset/" if gateway.handset else ""
    return f"chasqui: serving market {config.market} on {url}{phone}"


def _db_upgrade(arguments: argparse.Namespace) -> int:
    """Create the database or bring its schema to this version."""
    config = _load(arguments)

    async def run() -> None:
        engine = open_engine(config.store.url, config.folder)
        try:
            await upgrade(engine)
        finally:
            await engine.dispose()

    asyncio.run(run())
    print(f"{config.store.url} is at revision {head()}")
    return 0


def _sim_smsc(arguments: argparse.Namespace) -> int:
    """A simulated SMSC. Control: GET /messages, POST /mo {from, to, text}, PUT /faults, GET /binds."""
    log_to_stderr("warning")
    simulator = SmscSimulator(arguments.port, arguments.control)

    def greeting() -> str:
        return f"chasqui: SMSC on port {simulator.port}, control on http://127.0.0.1:{simulator.control_port}"

    return asyncio.run(_until_signal(simulator.start, simulator.stop, greeting))


def _sim_ocs(arguments: argparse.Namespace) -> int:
    """A simulated charging system. Control: PUT /subscribers/{msisdn} {balance, bundles}, GET /ledger, PUT /faults."""
    log_to_stderr("warning")
    catalogue = (
        load_starter(arguments.market)
        if arguments.catalogue is None
        else parse_catalogue(_text(arguments.catalogue), str(arguments.catalogue))
    )
    currency = load_market(arguments.market).currency
    simulator = OcsSimulator(catalogue, currency, port=arguments.port, control_port=arguments.control)

    def greeting() -> str:
        return f"chasqui: charging system on {simulator.url}, control on {simulator.control_url}"

    return asyncio.run(_until_signal(simulator.start, simulator.stop, greeting))


def _demo(arguments: argparse.Namespace) -> int:
    """Start the gateway and both simulators, play every scene, print it; exit status 1 when a check fails."""
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return asyncio.run(play(sys.stdout, keep=arguments.keep, colour=colour))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FlowError(f"{path}: cannot be read: {error}") from None


async def _until_signal(
    start: Callable[[], Awaitable[None]], stop: Callable[[], Awaitable[None]], greeting: Callable[[], str]
) -> int:
    """Start, say so, wait for SIGTERM or SIGINT, stop."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    await start()
    print(greeting(), flush=True)
    await ended.wait()
    await stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
