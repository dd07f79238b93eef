"""USSD hops: a purchase dialogue of four, every hop durable before it is answered; and what a live session weighs."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

from benchmarks import load
from benchmarks.measure import Row, Sample, Stopwatch, interleave, rows
from benchmarks.process import Peer

_DIALOGUE = ("", "2", "2*4", "2*4*1")
"""Dial, list, confirm, result."""
_AT_ONCE = 64
_LIVE = 100_000
_PEOPLE = 1_000
_TARGET = 2.5
"""Times the bare form POST."""


async def run(folder: Path, rounds: int, scale: float) -> list[Row]:
    """Dialogues of people known before, 64 at once, beside a form POST with nothing behind it."""
    sessions, count = itertools.count(), int(500 * scale)

    async with (
        Peer("ocs") as ocs,
        Peer("smsc") as smsc,
        Peer("http") as bare,
        Peer("rows", database=str(folder / "rows.db")) as floor,
        Peer("gateway", database=str(folder / "dry.db"), ocs=ocs.told["url"], smsc=smsc.told["port"], dry=True) as dry,
        Peer("gateway", database=str(folder / "full.db"), ocs=ocs.told["url"], smsc=smsc.told["port"]) as full,
    ):

        async def dialogues(peer: Peer, texts: Sequence[str]) -> Sample:
            numbers = [next(sessions) for _ in range(count)]
            requests = [[_hop(f"b-{number}", number, text) for text in texts] for number in numbers]
            watch = Stopwatch(peer)
            await watch.start()
            await load.converse(peer.told["port"], requests, _AT_ONCE)
            return await watch.stop(count * len(texts))

        cases = {
            "bare aiohttp, the same form POST, nothing behind": lambda: dialogues(bare, _DIALOGUE),
            "the same, and one turn's row committed": lambda: dialogues(floor, _DIALOGUE),
            "hop that buys nothing, durable": lambda: dialogues(dry, _DIALOGUE[:-1]),
            "hop of a purchase dialogue, durable; charging withheld": lambda: dialogues(dry, _DIALOGUE),
            "the same, charged over TM Forum while the person waits": lambda: dialogues(full, _DIALOGUE),
        }
        for peer in (dry, full):  # warm, and everybody is known
            await load.converse(peer.told["port"], [[_hop(f"w-{n}", n, "")] for n in range(_PEOPLE)], _AT_ONCE)
        found = await interleave(cases, rounds)
        baseline = next(iter(rows(found, {}))).cpu_us
        measured = rows(found, {list(cases)[3]: baseline * _TARGET})
        return [*measured, await _weighed(dry, int(_LIVE * scale), measured[0].cpu_us)]


async def _weighed(peer: Peer, count: int, baseline: float) -> Row:
    """Memory of so many sessions that stand on their second screen."""
    before = float((await peer.do("rss"))["rss"])
    watch = Stopwatch(peer)
    await watch.start()
    dialogues = ([_hop(f"l-{number}", number, text) for text in _DIALOGUE[:2]] for number in range(count))
    await load.converse(peer.told["port"], dialogues, _AT_ONCE)
    sample = await watch.stop(2 * count)
    each = (float((await peer.do("rss"))["rss"]) - before) / count
    cpu = sample.cpu / sample.operations * 1e6
    name = f"{count:,} sessions opened, two hops each"
    return Row(name, cpu, sample.operations / sample.seconds, cpu / baseline, note=f"{each:,.0f} bytes a live session")


def _hop(session: str, number: int, text: str) -> bytes:
    form = {
        "sessionId": session,
        "phoneNumber": f"+57300{number % _PEOPLE:07}",
        "networkCode": "73201",
        "serviceCode": "*123#",
        "text": text,
    }
    return load.request(urlencode(form).encode(), "application/x-www-form-urlencoded", "/ussd/africastalking")
