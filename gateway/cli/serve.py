"""``chasqui serve``."""

from __future__ import annotations

import argparse
import asyncio

from gateway.app import Gateway, quiet_collector
from gateway.cli.configured import Commands, Words, add_config, load_config
from gateway.cli.until_signal import until_signal
from gateway.config.tree import Config
from gateway.telemetry import log_to_stderr


def add_to(commands: Commands, _words: Words) -> None:
    """Add the command."""
    parser = commands.add_parser("serve", help="run one gateway process", description=_serve.__doc__)
    add_config(parser)
    parser.add_argument("--log-level", default="info", choices=("debug", "info", "warning", "error"))
    parser.set_defaults(run=_serve)


def _serve(arguments: argparse.Namespace) -> int:
    """Run one gateway process until SIGTERM or SIGINT; then finish what runs, unbind, and end.

    It speaks HTTPS with [server] tls_certificate and tls_key, and takes client certificates with tls_client_ca.
    """
    config = load_config(arguments)
    log_to_stderr(arguments.log_level)
    gateway = Gateway(config)
    quiet_collector()
    return asyncio.run(until_signal(gateway.start, gateway.stop, lambda: _greeting(config, gateway)))


def _greeting(config: Config, gateway: Gateway) -> str:
    url = f"{config.server.scheme}://{config.server.host}:{gateway.port}/"
    phone = f"\nchasqui: a phone to try it with on {url}handset/" if gateway.handset else ""
    return f"chasqui: serving market {config.market} on {url}{phone}"
