"""The processes of a run: the gateway on its file, two SMSCs with journals, a charging system. Each can be killed."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import aiohttp

from benchmarks.chaos.plan import SMSCS
from benchmarks.ports import free_ports

NUMBER: Final = "12345"
_ROOT: Final = Path(__file__).parents[2]
_PATIENCE: Final = 60.0
_POLL: Final = 0.05
_CONFIG: Final = """
market = "co"
[server]
port = {port}
metrics_port = 0
[ocs]
kind = "tmf"
url = "{ocs}"
settle_seconds = 1
[policy]
quiet_hours = "off"
assume_opt_in = "yes"
[[routes]]
name = "all"
through = [{through}]
"""
_BIND: Final = """
[[smpp]]
name = "{name}"
host = "127.0.0.1"
port = {port}
system_id = "chasqui"
source = "{number}"
tps = 2000
response_timeout = 2
enquire_interval = 2
reconnect_max = 0.3
"""


class Process:
    """One command of ``chasqui``, ready as soon as ``url`` answers. starts: how often it was started."""

    def __init__(self, url: str, log: Path, *arguments: str) -> None:
        self.url = url
        self.starts = 0
        self._log = log
        self._arguments = arguments
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, ready: Callable[[aiohttp.ClientResponse], bool] = lambda _: True) -> None:
        """Start it; returns once it answers."""
        self.starts += 1
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "gateway.cli", *self._arguments, cwd=_ROOT, stdout=log, stderr=log
            )
        async with aiohttp.ClientSession() as http, asyncio.timeout(_PATIENCE):
            while not await _answers(http, self.url, ready):
                if self._process.returncode is not None:
                    raise RuntimeError(f"{self._arguments[0]} ended by itself: see {self._log}")
                await asyncio.sleep(_POLL)

    async def end(self, how: signal.Signals) -> None:
        """Send the signal and wait for the end."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(how)
        if self._process is not None:
            await self._process.wait()
            self._process = None


async def _answers(http: aiohttp.ClientSession, url: str, ready: Callable[[aiohttp.ClientResponse], bool]) -> bool:
    with suppress(aiohttp.ClientError):
        async with http.get(url) as answer:
            return ready(answer)
    return False


class Town:
    """All of them. As an async context manager: up and bound, and ended at the end of the block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "chasqui.db"
        self.journals = {name: folder / f"{name}.journal" for name in SMSCS}
        ports = free_ports(3 + 2 * len(SMSCS))
        self._gateway_port, ocs_port, ocs_control = ports[:3]
        wires = dict(zip(SMSCS, zip(ports[3::2], ports[4::2], strict=True), strict=True))
        self.controls = {name: f"http://127.0.0.1:{control}" for name, (_, control) in wires.items()}
        self.ocs_control = f"http://127.0.0.1:{ocs_control}"
        self.smscs = {name: self._smsc(name, *pair) for name, pair in wires.items()}
        self.ocs = Process(
            f"{self.ocs_control}/orders",
            folder / "ocs.log",
            *("sim", "ocs", "--port", str(ocs_port), "--control", str(ocs_control)),
        )
        file = folder / "chasqui.toml"
        file.write_text(_configuration(self._gateway_port, ocs_port, wires), encoding="utf-8")
        self.gateway = Process(
            f"{self.url}/readyz", folder / "gateway.log", "serve", "--config", str(file), "--log-level", "warning"
        )
        self.http: aiohttp.ClientSession

    @property
    def url(self) -> str:
        """Where the gateway answers."""
        return f"http://127.0.0.1:{self._gateway_port}"

    async def __aenter__(self) -> Town:
        self.http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))
        try:
            await asyncio.gather(self.ocs.start(), *(one.start() for one in self.smscs.values()))
            await self.gateway.start(lambda answer: answer.status == 200)
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.close()
        await self.gateway.end(signal.SIGTERM)
        await asyncio.gather(*(one.end(signal.SIGKILL) for one in (self.ocs, *self.smscs.values())))

    async def put_faults(self, smsc: str, faults: Mapping[str, Any]) -> None:
        """How an SMSC misbehaves from now on; one that is not there has no need of it."""
        with suppress(aiohttp.ClientError):
            async with self.http.put(f"{self.controls[smsc]}/faults", json=faults) as answer:
                if answer.status != 200:
                    raise RuntimeError(f"{smsc} does not take {faults}: {await answer.text()}")

    async def counts(self, smsc: str) -> Mapping[str, int]:
        """What an SMSC has counted since it was last started."""
        async with self.http.get(f"{self.controls[smsc]}/counts") as answer:
            found: dict[str, int] = await answer.json()
            return found

    async def charges(self) -> Sequence[tuple[str, str]]:
        """Order key and payer of every charge."""
        async with self.http.get(f"{self.ocs_control}/ledger") as answer:
            items = (await answer.json())["items"]
        return [(item["key"], item["msisdn"]) for item in items if item["kind"] == "charge"]

    def _smsc(self, name: str, port: int, control: int) -> Process:
        return Process(
            f"{self.controls[name]}/binds",
            self.folder / f"{name}.log",
            *("sim", "smsc", "--port", str(port), "--control", str(control)),
            *("--journal", str(self.journals[name]), "--keep", "10000"),
        )


async def until(true: Callable[[], Awaitable[bool]], seconds: float, what: str) -> None:
    """Wait for it. Raises TimeoutError, with ``what`` is missing."""
    try:
        async with asyncio.timeout(seconds):
            while not await true():  # noqa: ASYNC110 - what is waited for is in other processes
                await asyncio.sleep(5 * _POLL)
    except TimeoutError:
        raise TimeoutError(what) from None


def _configuration(port: int, ocs: int, wires: Mapping[str, tuple[int, int]]) -> str:
    through = ", ".join(f'{{smsc = "{name}"}}' for name in wires)
    text = _CONFIG.format(port=port, ocs=f"http://127.0.0.1:{ocs}", through=through)
    return text + "".join(_BIND.format(name=name, port=wire, number=NUMBER) for name, (wire, _) in wires.items())
