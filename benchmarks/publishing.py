"""Publishing a menu of 500 pages while hops come at seventy percent of what the gateway can take."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median, quantiles
from urllib.request import urlopen

from benchmarks.dialogues import Dialogues, everybody_known
from benchmarks.measure import Goal, Row, Sample
from benchmarks.peer import MARKET
from benchmarks.process import Peer
from flows.menu_vocabulary import LANGUAGES, starter_vocabulary
from gateway.app import utc_now
from gateway.core.menu_desk import MenuDesk, Signature
from menus.loader import load_source
from menus.sources import Source
from store.engine import open_engine
from store.menu_revisions import Revision
from store.reader import Reader
from store.writer import Writer

_PAGES = 500
_LOAD = 0.7
"""Of one core, which is what a gateway process has: hops that come evenly are committed in smaller groups than those
that wait for each other, and cost more."""
_PROBE = 0.5
"""Of what it takes at once: where the cost of a hop is measured."""
_TARGET_P99_MS = 50.0
_DIALOGUE = ("", "1", "1*2", "1*2*0")
_SECONDS = 3.0
_LONGEST_WAIT = 120.0
_POLL = 0.5
_OPERATOR = Signature("bench")


async def run(folder: Path, rounds: int, scale: float) -> list[Row]:
    """Latency of a hop, in turns: without a publication, and while one is checked, compiled and taken up."""
    (folder / "menus").mkdir()
    (folder / "menus" / "main.yaml").write_text(_source(0).text, encoding="utf-8")
    database = folder / "publish.db"
    async with (
        Peer("ocs") as ocs,
        Peer("smsc") as smsc,
        Peer("gateway", database=str(database), menus="menus", ocs=ocs.told["url"], smsc=smsc.told["port"]) as peer,
        _desk(database) as desk,
    ):
        hops, versions = Dialogues(peer, _DIALOGUE, "p"), [await _drafted(desk, number + 1) for number in range(rounds)]

        async def nothing() -> None:
            await asyncio.sleep(_SECONDS * scale)

        async def publish() -> None:
            published = await desk.publish(versions.pop(), _OPERATOR)
            await _served(peer, published.publication.number)

        await everybody_known(peer)
        full = await hops.at_once(int(2_000 * scale))
        probe, _ = await hops.evenly(_PROBE * full.operations / full.seconds, nothing)
        rate = _LOAD * probe.operations / probe.cpu
        quiet, busy = [], []
        for _ in range(rounds):
            quiet.append(await hops.evenly(rate, nothing))
            busy.append(await hops.evenly(rate, publish))
        base = full.cpu / full.operations * 1e6
        return [
            Row(f"hops, 64 at once, a menu of {_PAGES} pages", base, full.operations / full.seconds, 1.0),
            _row("hops that come evenly", base, quiet),
            _row("the same while such a menu is published", base, busy),
        ]


def _row(name: str, base: float, measured: Sequence[tuple[Sample, list[float]]]) -> Row:
    cuts = [quantiles((one * 1e3 for one in latencies), n=100) for _, latencies in measured]
    p50, p99 = median(cut[49] for cut in cuts), median(cut[98] for cut in cuts)
    cpu = median(sample.cpu / sample.operations for sample, _ in measured) * 1e6
    busy = median(sample.cpu / sample.seconds for sample, _ in measured)
    return Row(
        name,
        cpu,
        median(sample.operations / sample.seconds for sample, _ in measured),
        cpu / base,
        note=f"{busy:.0%} of a core; p50 {p50:.1f} ms, p99 {p99:.1f} ms",
        goals=(Goal(p99, _TARGET_P99_MS, "p99", "ms"),),
    )


@asynccontextmanager
async def _desk(database: Path) -> AsyncIterator[MenuDesk]:
    """An operator in another process than the gateway."""
    engine = open_engine(f"sqlite+aiosqlite:///{database}", database.parent)
    reader, writer = Reader(engine), Writer(engine)
    await reader.start()
    writer.start()
    try:
        yield MenuDesk(reader, writer, utc_now)
    finally:
        await writer.stop()
        await reader.stop()
        await engine.dispose()


async def _drafted(desk: MenuDesk, number: int) -> Revision:
    source = _source(number)
    menu = load_source(source, starter_vocabulary(MARKET.upper()))
    revision, _ = await desk.draft(menu, source, _OPERATOR)
    return revision


async def _served(peer: Peer, publication: int) -> None:
    """Wait until new sessions begin in this publication. Raises TimeoutError."""
    line = f'chasqui_menu_publication{{menu="main"}} {publication:.1f}'
    async with asyncio.timeout(_LONGEST_WAIT):
        while line not in await asyncio.to_thread(_metrics, peer.told["metrics_port"]):  # noqa: ASYNC110 - elsewhere
            await asyncio.sleep(_POLL)


def _metrics(port: int) -> str:
    with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        return str(answer.read(), "utf-8")


def _source(number: int) -> Source:
    """Version ``number``: pages in a ring, each with a way seven pages on."""
    pages = "".join(
        f"  p{at}: {{text: {_text(f'Page {at} of version {number}')}, options: [{{text: {_text('Next')},"
        f" goto: p{(at + 1) % _PAGES}}}, {{text: {_text('Far')}, goto: p{(at + 7) % _PAGES}}}]}}\n"
        for at in range(_PAGES)
    )
    words = {name: _text(name) for name in ("back", "home", "more", "wrong", "goodbye", "sorry")}
    head = (
        "menu: main\nstart: p0\nunavailable: sorry\n"
        f"navigation: {{back: {words['back']}, home: {words['home']}, more: {words['more']}}}\n"
        f"texts: {{wrong: {words['wrong']}, goodbye: {words['goodbye']}}}\n"
        f"pages:\n  sorry: {{text: {words['sorry']}}}\n"
    )
    return Source("main.yaml", {"main.yaml": head + pages})


def _text(words: str) -> str:
    return "{" + ", ".join(f"{language}: {words}" for language in LANGUAGES) + "}"
