"""python -m benchmarks.mutations: mutated PDUs against a live client and a live SMSC side.

Half of them go from an SMSC gone mad to a client, half from an ESME gone mad to the SMSC side, each back again whenever
a mutation has cost it the connection; what was on the line then is not counted. Meanwhile another bind sends and gets
texts. What must hold: every text of that bind is answered, both targets can be used afterwards, and the process has
not grown.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import random
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from struct import Struct
from typing import Any

from flows.values import Msisdn, Purpose
from gateway.core.ports import Delivery, MobileOriginated, ShortMessage, SubmitOutcome, Submitted
from gateway.core.service_numbers import ServiceNumber
from gateway.simulators.mutations import mutated
from gateway.smpp.client import SmppClient
from gateway.smpp.counters import SessionCounters
from gateway.smpp.pdu import Message, Response, format_pdu, response_to
from gateway.smpp.server import Esme, SmppServer, SubmitReply
from gateway.smpp.session import Timing
from gateway.smpp.settings import SmppSettings
from gateway.smpp.vocabulary import Command, Status

_HEADER = Struct(">IIII")
_BATCH = 100
_BINDS = (Command.BIND_RECEIVER, Command.BIND_TRANSMITTER, Command.BIND_TRANSCEIVER)
_PAUSE = 0.01
_MOST_GROWN = 50.0
_TIMING = Timing(response_timeout=5.0, enquire_interval=5.0)


class Keeper:
    """Takes every delivery, and counts the texts."""

    def __init__(self) -> None:
        self.texts = 0

    async def take(self, deliveries: Sequence[Delivery]) -> Sequence[Exception | None]:
        self.texts += sum(isinstance(one, MobileOriginated) for one in deliveries)
        return [None] * len(deliveries)


class Taking:
    """An SMSC that takes everything."""

    def __init__(self) -> None:
        self.submits = 0

    def submit(self, esme: Esme, message: Message) -> SubmitReply:
        self.submits += 1
        return Status.OK, f"{self.submits:08x}"


@dataclass(slots=True)
class Report:
    """What happened. Times in seconds, memory in megabytes; grown: from after the first twentieth to the end."""

    handled: int = 0
    refused: int = 0
    connections: int = 0
    texts: int = 0
    answered: int = 0
    delivered: int = 0
    slowest: float = 0.0
    seconds: float = 0.0
    started_with: float = 0.0
    grown: float = 0.0
    alive: list[str] = field(default_factory=list)

    @property
    def held(self) -> bool:
        """Whether everything that must hold did."""
        return (
            self.texts == self.answered > 0
            and self.delivered > 0
            and self.alive == ["client", "server"]
            and self.grown <= _MOST_GROWN
        )


class Attack:
    """Mutated PDUs of one seed, until ``count`` of them were handled. target: where that is counted."""

    def __init__(self, seed: int, count: int, target: SessionCounters) -> None:
        self._chance = random.Random(seed)
        self._count = count
        self._target = target
        self.over = asyncio.Event()

    async def write(self, writer: asyncio.StreamWriter) -> None:
        """Until all were handled, or the connection is gone. Raises OSError."""
        while self._target.pdus_in < self._count:
            writer.write(b"".join(mutated(self._chance) for _ in range(_BATCH)))
            await writer.drain()
            await asyncio.sleep(0)  # whoever is attacked has a turn
        self.over.set()


class MadSmsc:
    """Accepts a bind, and then sends nothing that is right."""

    attack: Attack

    def __init__(self, report: Report) -> None:
        self.port = 0
        self._report = report
        self._listener: asyncio.Server
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._listener.close()
        for writer in self._writers:
            writer.close()
        await self._listener.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._report.connections += 1
        self._writers.add(writer)
        with suppress(OSError, asyncio.IncompleteReadError):
            length, command, _, sequence = _HEADER.unpack(await reader.readexactly(16))
            await reader.readexactly(length - 16)
            assert command in _BINDS
            writer.write(format_pdu(response_to(command), 0, sequence, b"mad\0"))
            await _while_read(reader, self.attack.write(writer))
        self._writers.discard(writer)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _mad_esme(port: int, attack: Attack, report: Report) -> None:
    """Connects, and never stops to say what is wrong; comes back as often as it is cut off."""
    while not attack.over.is_set():
        report.connections += 1
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with suppress(OSError):
            writer.write(format_pdu(Command.BIND_TRANSCEIVER, 0, 1, b"mad\0\0\0\x34\0\0\0"))
            await _while_read(reader, attack.write(writer))
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _while_read(reader: asyncio.StreamReader, writing: Coroutine[Any, Any, None]) -> None:
    """Write while the answers are read away; ends with the connection, or when all is written and was answered."""
    task = asyncio.create_task(writing)
    try:
        while True:
            read = await asyncio.wait_for(reader.read(65_536), 0.5 if task.done() else None)
            if not read:
                break
    except (OSError, TimeoutError):
        pass
    finally:
        task.cancel()
        with suppress(OSError, asyncio.CancelledError):
            await task


class OtherBind:
    """Sends a text and gets one, again and again, on the server that is attacked."""

    def __init__(self, client: SmppClient, server: SmppServer, report: Report) -> None:
        self._client = client
        self._server = server
        self._report = report

    async def work(self, over: asyncio.Event) -> None:
        """Until it is over."""
        while not over.is_set():
            began = time.monotonic()
            self._report.texts += 1
            self._report.answered += isinstance(await _sent(self._client), Submitted)
            self._report.delivered += await self._given()
            self._report.slowest = max(self._report.slowest, time.monotonic() - began)
            with suppress(TimeoutError):
                async with asyncio.timeout(_PAUSE):
                    await over.wait()

    async def _given(self) -> bool:
        """A text from a phone, to the bind itself: those gone mad are bound as well."""
        mine = next(one for one in self._server.esmes if one.system_id == self._client.settings.system_id)
        message = Message(Command.DELIVER_SM, 0, 1, 1, "573001112233", 3, 0, "12345", b"1")
        answer = await self._server.deliver(message, esme=mine)
        return isinstance(answer, Response) and answer.status == Status.OK


async def attacked(count: int, seed: int = 1) -> Report:
    """``count`` mutated PDUs, half of them each way."""
    report = Report()
    server = SmppServer("127.0.0.1", 0, Taking(), timing=_TIMING)
    await server.start()
    mad = MadSmsc(report)
    await mad.start()
    target, other = _client("target", mad.port), _client("other", server.port)
    mad.attack = Attack(seed, count // 2, target.counters.session)
    to_server = Attack(seed + 1, count - count // 2, server.counters)
    await target.start()
    await other.start()
    await other.wait_ready()
    over, began = asyncio.Event(), time.monotonic()
    working = asyncio.create_task(OtherBind(other, server, report).work(over))
    esmes = asyncio.create_task(_mad_esme(server.port, to_server, report))
    watching = asyncio.create_task(_watch_memory(report, lambda: server.counters.pdus_in >= count // 20))
    await mad.attack.over.wait()
    await esmes
    over.set()
    await working
    watching.cancel()
    report.seconds = time.monotonic() - began
    report.grown = max(report.grown, _memory() - report.started_with)
    await mad.stop()
    sessions = (target.counters.session, server.counters)
    report.handled = sum(one.pdus_in for one in sessions)
    report.refused = sum(one.bad_pdus for one in sessions)
    sane = SmppServer("127.0.0.1", mad.port, Taking())
    await sane.start()
    newcomer = _client("newcomer", server.port)
    await newcomer.start()
    report.alive = [name for name, one in (("client", target), ("server", newcomer)) if await _usable(one)]
    for client in (target, other, newcomer):
        await client.stop(1.0)
    for smsc in (sane, server):
        await smsc.stop(1.0)
    return report


def _client(name: str, port: int) -> SmppClient:
    settings = SmppSettings(
        name,
        "127.0.0.1",
        port,
        name,
        "secret",
        tps=0,
        numbers=(ServiceNumber("12345"),),
        reconnect_max=0.01,
        response_timeout=5.0,
    )
    return SmppClient(settings, Keeper())


async def _usable(client: SmppClient) -> bool:
    """Whether it binds and sends, however often it has to."""
    try:
        async with asyncio.timeout(10):
            while True:
                await client.wait_ready()
                if isinstance(await _sent(client), Submitted):
                    return True
    except TimeoutError:
        return False


async def _sent(client: SmppClient) -> SubmitOutcome:
    settled: asyncio.Future[SubmitOutcome] = asyncio.get_running_loop().create_future()
    client.submit(ShortMessage("m", "", Msisdn("573001112233"), "hola", Purpose.REPLY), settled.set_result)
    return await settled


async def _watch_memory(report: Report, warm: Callable[[], bool]) -> None:
    """From the moment on at which everything has been used."""
    while True:
        await asyncio.sleep(0.2)
        if report.started_with:
            report.grown = max(report.grown, _memory() - report.started_with)
        elif warm():
            report.started_with = _memory()


def _memory() -> float:
    gc.collect()
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise LookupError("VmRSS")


def main(arguments: Sequence[str]) -> int:
    """1 when something did not hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutations", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, help="PDUs (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same PDUs (default: %(default)s)")
    options = parser.parse_args(arguments)
    logging.disable(logging.ERROR)  # a line for each would measure the log
    report = asyncio.run(attacked(options.count, options.seed))
    print(
        f"{report.handled:,} mutated PDUs in {report.seconds:,.0f} s over {report.connections:,} connections, "
        f"{report.refused:,} of them refused"
    )
    print(
        f"the other bind: {report.answered:,} of {report.texts:,} texts answered, {report.delivered:,} delivered, "
        f"slowest round {report.slowest * 1000:,.0f} ms"
    )
    print(
        f"memory: {report.started_with:,.1f} MB, grown by {report.grown:,.1f} MB at most (target ≤ {_MOST_GROWN:.0f})"
    )
    print(f"alive afterwards: {', '.join(report.alive) or 'nobody'}")
    print("held" if report.held else "DID NOT HOLD")
    return 0 if report.held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
