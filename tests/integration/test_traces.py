"""Traces of a whole purchase dialogue, as a collector gets them: what was done, and nobody it was done for."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from fakes import ANA, House
from gateway.app.building import traces_of
from gateway.config.tree import Config, TelemetryConfig
from gateway.core.traced import committer
from gateway.errors import ConfigError
from running import Town, town
from store.consent_ledger import ConsentLedger

_PATH = "/ussd/africastalking"
_ANSWERS = ("", "2", "2*4", "2*4*1")
"""Dial, list, confirm, buy."""


@dataclass(slots=True)
class Collector:
    """What an OpenTelemetry collector was sent. bodies: as the bytes came."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        return web.Response(content_type="application/x-protobuf")

    @property
    def spans(self) -> Sequence[Span]:
        """All of them."""
        return [
            span
            for body in self.bodies
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    """A collector that answers."""
    collector, app = Collector(), web.Application()
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    collector.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield collector
    finally:
        await runner.cleanup()


async def _buys(it: Town) -> None:
    """Ana buys a bundle by dialling, and gets her text."""
    for text in _ANSWERS:
        hop = {"sessionId": f"s-{ANA}", "phoneNumber": f"+{ANA}", "serviceCode": "*123#", "text": text}
        async with it.http.post(f"{it.url}{_PATH}/sesame", data=hop) as answer:
            assert answer.status == 200
    await it.texts()


async def test_a_purchase_is_told_span_by_span_and_names_nobody(
    tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hops, turns, commits, calls to the charging system, a trigger, a text; no number, no input, no token, no path."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    door = '[[doors]]\nname = "at"\ndialect = "africastalking"\ntoken = "sesame"\nresume_seconds = 0\n'
    async with collecting() as collector:
        more = f'{door}[telemetry]\notlp_endpoint = "{collector.url}"\n'
        async with town(tmp_path, migrated, more=more) as it:
            await _buys(it)
            await it.trigger()
            await it.texts(number=2)
        sent, spans = b"".join(collector.bodies), collector.spans
    names = Counter(span.name for span in spans)
    assert names[f"HTTP {_PATH}/{{token}}"] == names["hop"] == names["turn"] == len(_ANSWERS)
    assert {"commit", "facts", "OCS wallet", "OCS purchase", "triggers", "SMS submit", "HTTP /triggers"} <= set(names)
    outcomes = _outcomes(spans)
    assert (outcomes["SMS submit"], outcomes["OCS purchase"]) == ({"submitted"}, {"activated"})
    for secret in (ANA, ANA[-7:], "sesame", "*123#", "2*4", f"s-{ANA}"):
        assert secret.encode() not in sent, secret


def _outcomes(spans: Sequence[Span]) -> dict[str, set[str]]:
    """How calls to the outside ended, by their name."""
    found: dict[str, set[str]] = {}
    for span in spans:
        for one in span.attributes:
            if one.key == "outcome" and span.name != "hop":
                found.setdefault(span.name, set()).add(one.value.string_value)
    return found


class Spans:
    """Satisfies ``Traces``. names: of the spans that were opened."""

    def __init__(self) -> None:
        self.names: list[str] = []

    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        self.names.append(name)
        yield

    def begin(self, name: str) -> Callable[[str], None]:
        self.names.append(name)
        return lambda _: None

    def note(self, **attributes: str | int) -> None:
        """Nothing is kept of it."""


async def test_a_gateway_that_idles_says_nothing(house: House) -> None:
    """No span for a commit of no steps, as the clock asks for every few seconds."""
    spans, ledger = Spans(), ConsentLedger(house.reader, house.writer)
    committing = committer(spans, house.writer, house.context.reach, house.handed.append, ledger)
    assert await committing.commit_all([]) == []
    assert spans.names == []
    assert await committing.commit_all([((), ())]) == [True]
    assert spans.names == ["commit"]


async def test_the_spans_of_a_hop_hang_together(tmp_path: Path, migrated: Path) -> None:
    """Commit in turn in hop in request, in one trace; the hop says its door, its dialect and what came of it."""
    async with collecting() as collector:
        more = f'[telemetry]\notlp_endpoint = "{collector.url}"\n'
        async with town(tmp_path, migrated, more=more) as it:
            hop = {"sessionId": "s-1", "phoneNumber": f"+{ANA}", "serviceCode": "*123#", "text": ""}
            async with it.http.post(f"{it.url}{_PATH}", data=hop) as answer:
                assert answer.status == 200
        spans = {span.span_id: span for span in collector.spans}
    [commit] = [span for span in spans.values() if span.name == "commit"]
    line = [commit]
    while line[-1].parent_span_id:
        line.append(spans[line[-1].parent_span_id])
    assert [span.name for span in line] == ["commit", "turn", "hop", f"HTTP {_PATH}"]
    assert {one.key: one.value.string_value for one in line[2].attributes} == {
        "door": "loopback",
        "dialect": "africastalking",
        "outcome": "goes_on",
    }


async def test_a_span_ends_once_with_the_first_word(caplog: pytest.LogCaptureFixture) -> None:
    """A second end is nobody's mistake: what hands over may fail after what was handed over came to an end."""
    async with collecting() as collector, AsyncExitStack() as stack:
        traces = traces_of(Config(telemetry=TelemetryConfig(collector.url)), stack)
        assert traces is not None
        end = traces.begin("SMS submit")
        end("submitted")
        end("runtime_error")
        await stack.aclose()
        [span] = collector.spans
    assert [one.value.string_value for one in span.attributes] == ["submitted"]
    assert caplog.records == []


async def test_a_collector_that_is_away_holds_nobody_up(
    tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spans are lost, and nothing else."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    more = '[telemetry]\notlp_endpoint = "http://127.0.0.1:1"\n'
    async with town(tmp_path, migrated, more=more) as it:
        hop = {"sessionId": "s-1", "phoneNumber": f"+{ANA}", "serviceCode": "*123#", "text": ""}
        async with it.http.post(f"{it.url}{_PATH}", data=hop) as answer:
            assert answer.status == 200


async def test_without_the_extra_the_start_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line, that can be pasted."""
    monkeypatch.setitem(sys.modules, "gateway.app.tracing", None)
    config = Config(telemetry=TelemetryConfig("http://127.0.0.1:4318"))
    async with AsyncExitStack() as stack:
        with pytest.raises(ConfigError, match=r"pip install 'chasqui\[otel\]'"):
            traces_of(config, stack)


def test_without_an_endpoint_opentelemetry_is_not_imported() -> None:
    """It is an extra: a gateway without it starts as fast and needs nothing more."""
    code = "import sys, gateway.app, gateway.cli; sys.exit(any('opentelemetry' in name for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
