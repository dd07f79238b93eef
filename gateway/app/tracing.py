"""Traces by OpenTelemetry over OTLP/HTTP. Imported only where they are wanted: ``pip install chasqui[otel]``.

The provider is ours and not the process's: no library is instrumented, nothing is kept globally. Sampling, headers
and the service's name are OpenTelemetry's own variables (``OTEL_TRACES_SAMPLER``, ``OTEL_EXPORTER_OTLP_HEADERS``,
``OTEL_SERVICE_NAME``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import get_current_span

_PATH = "/v1/traces"


class OpenTelemetryTraces:
    """Satisfies ``Traces``. endpoint: the collector's base URL, such as http://127.0.0.1:4318."""

    def __init__(self, endpoint: str) -> None:
        ours = Resource({SERVICE_NAME: "chasqui", SERVICE_VERSION: version("chasqui")})
        self._provider = TracerProvider(resource=ours.merge(OTELResourceDetector().detect()), shutdown_on_exit=False)
        url = endpoint if endpoint.endswith(_PATH) else endpoint.rstrip("/") + _PATH
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(url)))
        self._tracer = self._provider.get_tracer("chasqui")

    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        """A child of the span that is open here. An error leaves its kind: its words may hold what somebody sent."""
        with self._tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False) as span:
            try:
                yield
            except BaseException as error:
                span.set_attribute("error.type", type(error).__name__)
                raise

    def begin(self, name: str) -> Callable[[str], None]:
        span = self._tracer.start_span(name)

        def end(outcome: str) -> None:
            if span.is_recording():
                span.set_attribute("outcome", outcome)
                span.end()

        return end

    def note(self, **attributes: str | int) -> None:
        get_current_span().set_attributes(attributes)

    async def close(self) -> None:
        """Send what waits, without holding up the loop."""
        await asyncio.to_thread(self._provider.shutdown)
