"""What others run for texts, each with an SMSC of its own, measured in the same turns as the gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

from benchmarks import load
from benchmarks.kannel import Kannel, Sink
from benchmarks.measure import Row, Sample, Stopwatch
from benchmarks.npm import Absent, smpp_client
from benchmarks.process import Child, Peer

TEXT: Final = "Te quedan 92 MB de tu paquete. Responde 1 y compra 1 GB por $5.000; 0 si no quieres."
ANSWER: Final = "1"
_CONNECTIONS: Final = 50


class Rival(Protocol):
    """short: for ratios; sends, receives: what is measured, as rows have it."""

    short: str
    sends: str
    receives: str

    async def send(self, first: int, count: int) -> Sample:
        """Texts to ``count`` numbers from ``first`` on, until the last receipt is dealt with."""
        ...

    async def receive(self, first: int, count: int) -> Sample:
        """A text from each of these, until the last is acknowledged and handed on."""
        ...


class NpmClient:
    """A node script on the npm package, which keeps nothing."""

    short = "npm"
    sends = "npm smpp 0.5.1, submit and receipt, nothing stored"
    receives = "npm smpp 0.5.1, deliver_sm, nothing stored"

    def __init__(self, client: Child, smsc: Peer) -> None:
        self._client = client
        self._smsc = smsc
        self._texts = 0

    async def send(self, first: int, count: int) -> Sample:
        watch = Stopwatch(self._client)
        await watch.start()
        await self._client.do("send", first=first, count=count, text=TEXT)
        return await watch.stop(count)

    async def receive(self, first: int, count: int) -> Sample:
        self._texts += count
        watch = Stopwatch(self._client)
        await watch.start()
        await self._smsc.do("deliver", first=first, count=count, text=ANSWER)
        await self._client.do("await_texts", count=self._texts)
        return await watch.stop(count)


class KannelBoxes:
    """bearerbox and smsbox, between HTTP and SMPP."""

    short = "Kannel"
    sends = "Kannel, HTTP → submit, receipt → HTTP, its store on"
    receives = "Kannel, deliver_sm → HTTP, its store on"

    def __init__(self, boxes: Kannel, smsc: Peer, sink: Sink) -> None:
        self._boxes = boxes
        self._smsc = smsc
        self._sink = sink

    async def send(self, first: int, count: int) -> Sample:
        wanted = self._sink.got["/dlr"] + count
        requests = [self._boxes.submission(msisdn, TEXT) for msisdn in range(first, first + count)]
        watch = Stopwatch(self._boxes)
        await watch.start()
        await load.post(self._boxes.port, requests, _CONNECTIONS)
        await self._sink.until("/dlr", wanted)
        return await watch.stop(count)

    async def receive(self, first: int, count: int) -> Sample:
        wanted = self._sink.got["/mo"] + count
        watch = Stopwatch(self._boxes)
        await watch.start()
        await self._smsc.do("deliver", first=first, count=count, text=ANSWER)
        await self._sink.until("/mo", wanted)
        return await watch.stop(count)


async def rivals(stack: AsyncExitStack, folder: Path) -> tuple[Sequence[Rival], str]:
    """Those that can run here, bound until the stack is closed, and why others are left out."""
    found: list[Rival] = []
    absent = []
    for begin in (_npm, _kannel):
        try:
            found.append(await begin(stack, folder))
        except Absent as reason:
            absent.append(str(reason))
    return found, "; ".join(f"left out: {reason}" for reason in absent)


def compared(measured: Sequence[Row], ours: str, others: Sequence[Rival]) -> str:
    """How many times their processor time a text of ours takes."""
    figures = {row.name: row.cpu_us for row in measured}
    by_name = {name: one.short for one in others for name in (one.sends, one.receives) if name in figures}
    return ", ".join(f"{figures[ours] / figures[name]:.1f} × {short}" for name, short in by_name.items())


def noted(measured: Sequence[Row], name: str, note: str) -> list[Row]:
    """The rows, one of them with this note if there is any."""
    return [replace(row, note=note) if row.name == name else row for row in measured]


async def _npm(stack: AsyncExitStack, _: Path) -> Rival:
    smsc = await stack.enter_async_context(Peer("smsc"))
    client = smpp_client(smsc.told["port"])
    _, client = await asyncio.gather(smsc.do("accept"), stack.enter_async_context(client))
    return NpmClient(client, smsc)


async def _kannel(stack: AsyncExitStack, folder: Path) -> Rival:
    sink, smsc = await stack.enter_async_context(Sink()), await stack.enter_async_context(Peer("smsc"))
    boxes = Kannel(folder, smsc.told["port"], sink)
    _, boxes = await asyncio.gather(smsc.do("accept"), stack.enter_async_context(boxes))
    return KannelBoxes(boxes, smsc, sink)
