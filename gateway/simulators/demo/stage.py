"""The processes of the demonstration, on free ports, in a folder of their own."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from pathlib import Path

from gateway.simulators.demo.configuration import configuration
from gateway.simulators.demo.processes import NotStarted, Process
from gateway.simulators.demo.waiting import together

_GREETINGS = {
    "smsc": re.compile(r"SMSC on port (?P<port>\d+), control on (?P<control>http://\S+)"),
    "ocs": re.compile(r"charging system on (?P<url>http://\S+), control on (?P<control>http://\S+)"),
    "aggregator": re.compile(r"aggregator on (?P<url>http://\S+), control on (?P<control>http://\S+)"),
    "gateway": re.compile(r"on (?P<url>http://\S+?)/?$"),
}


class Stage:
    """Starts and stops the processes, and knows where each one listens. ``gateway_url`` changes with every start.

    controls: control ports by network: ``smsc``, ``second``, ``aggregator``.
    """

    def __init__(self, folder: Path) -> None:
        self.token = secrets.token_urlsafe(24)
        self.gateway_url = self.ocs_control = ""
        self.controls: dict[str, str] = {}
        self._folder = folder
        simulator = ("--port", "0", "--control", "0")
        self.smsc = Process("SMSC simulator", ("sim", "smsc", *simulator), folder, folder / "smsc.log")
        self.second = Process("second SMSC simulator", ("sim", "smsc", *simulator), folder, folder / "second.log")
        self.aggregator = Process(
            "aggregator simulator", ("sim", "aggregator", *simulator), folder, folder / "aggregator.log"
        )
        self.ocs = Process("OCS simulator", ("sim", "ocs", *simulator, "--market", "co"), folder, folder / "ocs.log")
        self.gateway = Process("gateway", ("serve", "--config", str(self.config)), folder, folder / "gateway.log")

    @property
    def database(self) -> Path:
        """The gateway's."""
        return self._folder / "demo.db"

    @property
    def config(self) -> Path:
        """The gateway's file."""
        return self._folder / "demo.toml"

    @property
    def processes(self) -> tuple[Process, ...]:
        """The gateway first."""
        return self.gateway, *self._simulators

    async def start(self) -> None:
        """Start the simulators, then the gateway that is told where they are. Raises NotStarted."""
        smsc, second, aggregator, ocs = await together(
            _met(self.smsc, "smsc"),
            _met(self.second, "smsc"),
            _met(self.aggregator, "aggregator"),
            _met(self.ocs, "ocs"),
        )
        self.controls = {"smsc": smsc["control"], "second": second["control"], "aggregator": aggregator["control"]}
        self.ocs_control = ocs["control"]
        config = configuration(
            ocs=ocs["url"],
            smsc=smsc["port"],
            second=second["port"],
            aggregator=aggregator["url"],
            password=secrets.token_hex(4),
            digest=hashlib.sha256(self.token.encode()).hexdigest(),
        )
        self.config.write_text(config, encoding="utf-8")
        await self.start_gateway()

    async def start_gateway(self) -> None:
        """Start the gateway on the folder's database. Raises NotStarted."""
        self.gateway_url = (await _met(self.gateway, "gateway"))["url"]

    async def stop(self) -> None:
        """Stop everything, the gateway first."""
        try:
            await self.gateway.stop()
        finally:
            await asyncio.gather(*(one.stop() for one in self._simulators))

    @property
    def _simulators(self) -> tuple[Process, ...]:
        return self.smsc, self.second, self.aggregator, self.ocs


async def _met(process: Process, kind: str) -> dict[str, str]:
    """Start a process; what its greeting tells."""
    greeting = await process.start()
    found = _GREETINGS[kind].search(greeting)
    if found is None:
        raise NotStarted(f"{process.name} greeted with {greeting!r}")
    return found.groupdict()
