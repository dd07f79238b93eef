"""The three processes of the demonstration, on free ports, in a folder of their own."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from pathlib import Path

from gateway.simulators.demo.processes import NotStarted, Process
from gateway.simulators.demo.waiting import together

SHORT_CODE = "12345"
SETTLE_SECONDS = 2
PUSH_WAIT = 10
TEXTS, USSD = "chasqui", "chasqui-ussd"
"""The system_ids of both binds."""
CIRCLE = "demo-screens"
"""Whoever is in it gets screens."""
_GREETINGS = {
    "smsc": re.compile(r"SMSC on port (?P<port>\d+), control on (?P<control>http://\S+)"),
    "ocs": re.compile(r"charging system on (?P<url>http://\S+), control on (?P<control>http://\S+)"),
    "gateway": re.compile(r"on (?P<url>http://\S+?)/?$"),
}
_CONFIG = """\
market = "co"

[server]
host = "127.0.0.1"
port = 0
metrics_port = 0

[store]
url = "sqlite+aiosqlite:///demo.db"

[ocs]
kind = "tmf"
url = "{ocs}"
timeout = 3.0
settle_seconds = {settle}

[[smpp]]
name = "smsc-demo"
host = "127.0.0.1"
port = {smsc}
system_id = "{texts}"
password = "{password}"
source = "{source}"
reconnect_max = 1

[[smpp]]
name = "smsc-ussd"
host = "127.0.0.1"
port = {smsc}
system_id = "{ussd}"
password = "{password}"
source = "{source}"
reconnect_max = 1

[[doors]]
name = "network"
dialect = "smpp"
bind = "smsc-ussd"

[[doors]]
name = "aggregator"
dialect = "hubtel"
allow = ["127.0.0.1"]
resume_seconds = 60

[[api.tokens]]
name = "demo"
role = "crm"
sha256 = "{digest}"

[policy]
quiet_hours = "off"      # so that it plays the same at any hour
assume_opt_in = "yes"
channels = ["ussd", "sms"]
push_circles = ["{circle}"]
push_hours = ""
push_wait = {push_wait}
"""


class Stage:
    """Starts and stops the processes, and knows where each one listens. ``gateway_url`` changes with every start."""

    def __init__(self, folder: Path) -> None:
        self.token = secrets.token_urlsafe(24)
        self.gateway_url = self.smsc_control = self.ocs_control = ""
        self._folder = folder
        simulator = ("--port", "0", "--control", "0")
        self.smsc = Process("SMSC simulator", ("sim", "smsc", *simulator), folder, folder / "smsc.log")
        self.ocs = Process("OCS simulator", ("sim", "ocs", *simulator, "--market", "co"), folder, folder / "ocs.log")
        self.gateway = Process(
            "gateway", ("serve", "--config", str(folder / "demo.toml")), folder, folder / "gateway.log"
        )

    @property
    def database(self) -> Path:
        """The gateway's."""
        return self._folder / "demo.db"

    @property
    def processes(self) -> tuple[Process, ...]:
        """The gateway first."""
        return self.gateway, self.smsc, self.ocs

    async def start(self) -> None:
        """Start the simulators, then the gateway that is told where they are. Raises NotStarted."""
        smsc, ocs = await together(_met(self.smsc, "smsc"), _met(self.ocs, "ocs"))
        self.smsc_control, self.ocs_control = smsc["control"], ocs["control"]
        config = _CONFIG.format(
            ocs=ocs["url"],
            smsc=smsc["port"],
            settle=SETTLE_SECONDS,
            texts=TEXTS,
            ussd=USSD,
            circle=CIRCLE,
            push_wait=PUSH_WAIT,
            source=SHORT_CODE,
            password=secrets.token_hex(4),
            digest=hashlib.sha256(self.token.encode()).hexdigest(),
        )
        (self._folder / "demo.toml").write_text(config, encoding="utf-8")
        await self.start_gateway()

    async def start_gateway(self) -> None:
        """Start the gateway on the folder's database. Raises NotStarted."""
        self.gateway_url = (await _met(self.gateway, "gateway"))["url"]

    async def stop(self) -> None:
        """Stop everything, the gateway first."""
        try:
            await self.gateway.stop()
        finally:
            await asyncio.gather(self.smsc.stop(), self.ocs.stop())


async def _met(process: Process, kind: str) -> dict[str, str]:
    """Start a process; what its greeting tells."""
    greeting = await process.start()
    found = _GREETINGS[kind].search(greeting)
    if found is None:
        raise NotStarted(f"{process.name} greeted with {greeting!r}")
    return found.groupdict()
