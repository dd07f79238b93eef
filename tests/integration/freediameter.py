"""freeDiameter as a relay between our client and our simulated server, in a network namespace of its own.

It will not listen on a loopback address, so it gets a pair of virtual interfaces: we are at one end, it at the other.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from certificates import signed

from fakes import eventually
from flows.catalogue import load_starter
from flows.values import Msisdn
from gateway.errors import OcsError
from gateway.ocs.diameter import DiameterChargingSystem
from gateway.ocs.diameter_wire import ChargedService, Sender
from gateway.simulators.ocs import OcsSimulator
from gateway.simulators.ocs_credit_control import HOST, REALM
from smpp_peers import absent

SECONDS = 20
_EXTENSIONS = Path("/usr/lib/freeDiameter")
_PORT = 3868
_NOBODY = Msisdn("573000000000")
_NAME = f"chq{os.getpid()}"
_NETWORK = f"198.18.{os.getpid() % 256}"  # RFC 2544: for benchmarks, so nobody's
_OURS, _RELAYS = f"{_NETWORK}.1", f"{_NETWORK}.2"
_CONF = """
Identity = "relay.example";
Realm = "example";
Port = {port};
SecPort = 0;
No_SCTP;
No_IPv6;
ListenOn = "{relay}";
TwTimer = 6;
TcTimer = 1;
TLS_Cred = "{certificate}", "{key}";
TLS_CA = "{certificate}";
TLS_DH_Bits = 1024;
LoadExtension = "{extensions}/acl_wl.fdx" : "{allowed}";
LoadExtension = "{extensions}/dict_nasreq.fdx";
LoadExtension = "{extensions}/dict_dcca.fdx";
ConnectPeer = "{host}" {{ No_TLS; ConnectTo = "{ours}"; Port = {server}; }};
"""


@dataclass(frozen=True, slots=True)
class Relayed:
    """A server behind the relay, and a client before it."""

    simulator: OcsSimulator
    ocs: DiameterChargingSystem


@asynccontextmanager
async def freediameter(folder: Path, **settings: Any) -> AsyncIterator[Relayed]:
    """Everything up and connected until the end of the block. settings: of the client."""
    daemon, ip = shutil.which("freeDiameterd"), shutil.which("ip", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if not (daemon and _EXTENSIONS.is_dir()):
        absent("freeDiameter (freediameterd and freediameter-extensions) is absent")
    if not ip:
        absent("iproute2 is absent, so there is no network namespace for freeDiameter")
    async with AsyncExitStack() as stack:
        _namespace(stack, ip)
        simulator = OcsSimulator(load_starter("co"), "COP", host=_OURS, diameter_port=0)
        await stack.enter_async_context(simulator)
        conf = _configured(folder, simulator)
        await _relay(stack, [ip, "netns", "exec", _NAME, daemon, "-c", str(conf)], folder / "freediameter.log")
        ocs = _client(**settings)
        stack.push_async_callback(ocs.close)

        async def through() -> bool:
            try:
                await ocs.wallet(_NOBODY)
            except OcsError:
                return False
            return True

        await eventually(through, SECONDS)
        yield Relayed(simulator, ocs)


def _client(**settings: Any) -> DiameterChargingSystem:
    services = {bundle: ChargedService(*told) for bundle, told in load_starter("co").diameter_services().items()}
    usual: dict[str, Any] = {"timeout": 2, "duplicates_detected": True, "reconnect_max": 0.2, **settings}
    return DiameterChargingSystem(
        (_RELAYS, _PORT),
        Sender("chasqui.example", "example"),
        to_realm=REALM,
        settle_seconds=0,
        currency="COP",
        services=services,
        balance=ChargedService("balance@operator"),
        **usual,
    )


def _configured(folder: Path, simulator: OcsSimulator) -> Path:
    """It asks for a certificate even where no connection uses TLS."""
    pair = signed(folder, "relay.example", None)
    allowed = folder / "allowed.conf"
    allowed.write_text("ALLOW_IPSEC *.example\n")  # its word for: may come without TLS
    conf = folder / "freediameter.conf"
    text = _CONF.format(
        port=_PORT,
        relay=_RELAYS,
        ours=_OURS,
        host=HOST,
        server=simulator.diameter_port,
        certificate=pair.certificate_file,
        key=pair.key_file,
        extensions=_EXTENSIONS,
        allowed=allowed,
    )
    conf.write_text(text)
    return conf


def _namespace(stack: AsyncExitStack, ip: str) -> None:
    """The namespace and a pair of interfaces into it."""

    def run(*words: str) -> None:
        done = subprocess.run([ip, *words], capture_output=True, text=True, check=False)
        if done.returncode:
            absent(f"no network namespace for freeDiameter: ip {' '.join(words)}: {done.stderr.strip()}")

    def at_the_end(*words: str) -> None:
        stack.callback(subprocess.run, [ip, *words], capture_output=True, check=False)

    run("netns", "add", _NAME)
    at_the_end("netns", "del", _NAME)
    at_the_end("link", "del", f"{_NAME}a")  # the namespace alone would take it along some time later
    run("link", "add", f"{_NAME}a", "type", "veth", "peer", "name", f"{_NAME}b", "netns", _NAME)
    run("addr", "add", f"{_OURS}/30", "dev", f"{_NAME}a")
    run("link", "set", f"{_NAME}a", "up")
    run("-n", _NAME, "addr", "add", f"{_RELAYS}/30", "dev", f"{_NAME}b")
    run("-n", _NAME, "link", "set", f"{_NAME}b", "up")


async def _relay(stack: AsyncExitStack, command: list[str], log: Path) -> None:
    """Start it; it is killed at the end."""
    output = stack.enter_context(log.open("wb"))
    process = await asyncio.create_subprocess_exec(*command, stdout=output, stderr=output)

    async def end() -> None:
        if process.returncode is None:
            process.kill()
        await process.wait()

    stack.push_async_callback(end)
