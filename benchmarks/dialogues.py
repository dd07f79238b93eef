"""Dialogues of the starter menu over Africa's Talking's form, all at once or evenly, each session a new one."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Iterator, Sequence
from urllib.parse import urlencode

from benchmarks import load
from benchmarks.measure import Sample, Stopwatch
from benchmarks.paced import Paced
from benchmarks.process import Child

PURCHASE = ("", "2", "2*4", "2*4*1")
"""Dial, list, confirm, result."""
PEOPLE = 1_000
AT_ONCE = 64
_PAUSE = 0.05
"""Seconds between the hops of one dialogue that comes evenly."""
Meanwhile = Callable[[], Coroutine[None, None, None]]


def hop(session: str, number: int, text: str) -> bytes:
    """One hop of the person with this number."""
    form = {
        "sessionId": session,
        "phoneNumber": f"+57300{number:07}",
        "networkCode": "73201",
        "serviceCode": "*123#",
        "text": text,
    }
    return load.request(urlencode(form).encode(), "application/x-www-form-urlencoded", "/ussd/africastalking")


class Dialogues:
    """Dialogues of a thousand people with one server."""

    def __init__(self, peer: Child, texts: Sequence[str], name: str) -> None:
        self._peer = peer
        self._port: int = peer.told["port"]
        self._texts = texts
        self._waiting = self._without_end(name)

    def _without_end(self, name: str) -> Iterator[list[bytes]]:
        for number in itertools.count():
            yield [hop(f"{name}-{number}", number % PEOPLE, text) for text in self._texts]

    async def at_once(self, count: int) -> Sample:
        """As fast as the server can, 64 in flight. The requests are ready before the watch starts."""
        requests, watch = list(itertools.islice(self._waiting, count)), Stopwatch(self._peer)
        await watch.start()
        await load.converse(self._port, requests, AT_ONCE)
        return await watch.stop(count * len(self._texts))

    async def evenly(self, per_second: float, meanwhile: Meanwhile) -> tuple[Sample, list[float]]:
        """So many hops a second until ``meanwhile`` is done; with the latencies, in seconds."""
        watch, doing = Stopwatch(self._peer), asyncio.ensure_future(meanwhile())
        await watch.start()
        waiting = itertools.takewhile(lambda _: not doing.done(), self._waiting)
        latencies = await Paced(self._port, _PAUSE).talk(waiting, per_second / len(self._texts))
        await doing
        return await watch.stop(len(latencies)), latencies


async def everybody_known(peer: Child) -> None:
    """Let each of the thousand dial once: what is measured later is not a first meeting."""
    dials = [[hop(f"w-{number}", number, "")] for number in range(PEOPLE)]
    await load.converse(peer.told["port"], dials, AT_ONCE)
