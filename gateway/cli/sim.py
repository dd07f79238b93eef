"""``chasqui sim``: simulated peers, and simulated people."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from pathlib import Path

from flows.catalogue import load_starter, parse_catalogue
from flows.errors import FlowError
from flows.market import load_market, market_codes
from gateway.app.tls import simulated_tls
from gateway.cli import sim_usage
from gateway.cli.configured import Commands, Words
from gateway.cli.until_signal import until_signal
from gateway.errors import ConfigError
from gateway.simulators.aggregator import AggregatorSimulator
from gateway.simulators.aggregator_control import is_address
from gateway.simulators.aggregator_wires import SIDES
from gateway.simulators.ocs import OcsSimulator
from gateway.simulators.smsc import SmscSimulator
from gateway.telemetry import log_to_stderr


def add_to(commands: Commands, _words: Words) -> None:
    """Add the commands."""
    group = commands.add_parser("sim", help="simulated peers and people").add_subparsers(
        title="simulators", required=True, metavar="SIMULATOR"
    )
    smsc = _simulator(group.add_parser("smsc", help="an SMSC (SMPP 3.4)", description=_smsc.__doc__), 2775, _smsc)
    smsc.add_argument("--journal", type=Path, metavar="FILE", help="append a JSON line for each accepted submit")
    smsc.add_argument(
        "--keep", type=int, default=100_000, metavar="N", help="how many texts are remembered (default: %(default)s)"
    )
    smsc.add_argument("--system-id", metavar="ID", help="the only one that may bind (default: any)")
    smsc.add_argument("--password", help="the only one that is right (default: any)")
    smsc.add_argument("--tls-certificate", type=Path, metavar="FILE", help="speak TLS, and show this one (PEM)")
    smsc.add_argument("--tls-key", type=Path, metavar="FILE", help="its key, without a password")
    smsc.add_argument("--tls-ca", type=Path, metavar="FILE", help="whose certificate clients must show (PEM)")
    ocs = _simulator(
        group.add_parser("ocs", help="a charging system: TM Forum, CGRateS, UCIP, Diameter", description=_ocs.__doc__),
        9200,
        _ocs,
    )
    ocs.add_argument("--market", default="co", choices=market_codes(), help="currency and starter catalogue")
    ocs.add_argument("--diameter", type=int, metavar="PORT", help="speak Diameter too, here (0 takes a free one)")
    ocs.add_argument("--catalogue", type=Path, help="a catalogue.yaml instead of the market's starter")
    ocs.add_argument("--air-user", metavar="USER", help="the only one let in at /Air (default: any)")
    ocs.add_argument("--air-password", default="", metavar="PASSWORD", help="theirs")
    texts = group.add_parser("aggregator", help="an SMS aggregator (HTTP)", description=_aggregator.__doc__)
    aggregator = _simulator(texts, 9300, _aggregator)
    aggregator.add_argument("--gateway", default="http://127.0.0.1:8080", metavar="URL", help="whom it calls")
    aggregator.add_argument("--token", default="", help="of the gateway's door")
    aggregator.add_argument("--secret", default="", help="what it signs by, as twilio: the account's auth token")
    aggregator.add_argument("--kind", default="africastalking", choices=SIDES, help="as whom phones text unless told")
    sim_usage.add_to(group)


def _simulator(
    parser: argparse.ArgumentParser, port: int, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    parser.add_argument("--port", type=int, default=port, help="the wire (default: %(default)s; 0 takes a free one)")
    parser.add_argument(
        "--control", type=int, default=port + 1, help="the control API (default: %(default)s; 0 takes a free one)"
    )
    parser.set_defaults(run=run)
    return parser


def _smsc(arguments: argparse.Namespace) -> int:
    """A simulated SMSC. Control: GET /messages, POST /mo {from, to, text}, POST /ussd {from, service} to dial and
    {from, session, text} to answer, GET /ussd for the screens, PUT /faults (docs/reference/smsc-simulator.md has them
    all), GET /binds, GET /counts, POST /outbind {host, port, system_id, password}.
    """
    log_to_stderr("warning")
    if arguments.keep < 1:
        raise ConfigError("--keep must be at least 1")
    tls = simulated_tls(arguments.tls_certificate, arguments.tls_key, arguments.tls_ca)
    simulator = SmscSimulator(
        arguments.port,
        arguments.control,
        system_id=arguments.system_id,
        password=arguments.password,
        keep=arguments.keep,
        journal=arguments.journal,
        ssl_context=tls,
    )

    def greeting() -> str:
        wire = f"port {simulator.port}{' over TLS' if tls else ''}"
        return f"chasqui: SMSC on {wire}, control on http://127.0.0.1:{simulator.control_port}"

    return asyncio.run(until_signal(simulator.start, simulator.stop, greeting))


def _ocs(arguments: argparse.Namespace) -> int:
    """A simulated charging system: TM Forum, and UCIP at /Air.

    Control: PUT /subscribers/{msisdn} {balance, bundles}, GET /ledger, PUT /faults.
    """
    log_to_stderr("warning")
    catalogue = (
        load_starter(arguments.market)
        if arguments.catalogue is None
        else parse_catalogue(_text(arguments.catalogue), str(arguments.catalogue))
    )
    currency = load_market(arguments.market).currency
    if ":" in (arguments.air_user or ""):
        raise ConfigError("--air-user may not have a colon: basic authentication ends the name there")
    let_in = None if arguments.air_user is None else (arguments.air_user, arguments.air_password)
    simulator = OcsSimulator(
        catalogue,
        currency,
        port=arguments.port,
        control_port=arguments.control,
        diameter_port=arguments.diameter,
        air_credentials=let_in,
    )

    def greeting() -> str:
        diameter = "" if simulator.diameter_port is None else f" and {simulator.diameter_url}"
        return f"chasqui: charging system on {simulator.url}{diameter}, control on {simulator.control_url}"

    return asyncio.run(until_signal(simulator.start, simulator.stop, greeting))


def _aggregator(arguments: argparse.Namespace) -> int:
    """Simulated aggregators: Africa's Talking, Twilio and Kannel on one port, which is the url of an account.

    Control: GET /messages, POST /mo {from, to, text} and, if wanted, kind and id, PUT /gateway {url, token, secret},
    PUT /faults.
    """
    log_to_stderr("warning")
    if not is_address(arguments.gateway):
        raise ConfigError("--gateway must be a URL such as http://127.0.0.1:8080")
    simulator = AggregatorSimulator(arguments.port, arguments.control, kind=arguments.kind)
    simulator.call_at(arguments.gateway, arguments.token, arguments.secret)

    def greeting() -> str:
        return f"chasqui: aggregator on {simulator.url}, control on {simulator.control_url}"

    return asyncio.run(until_signal(simulator.start, simulator.stop, greeting))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FlowError(f"{path}: cannot be read: {error}") from None
