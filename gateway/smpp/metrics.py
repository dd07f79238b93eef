"""Binds for Prometheus: read from their counters when somebody looks, so that a message costs nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.smpp.client import SmppClient
from gateway.smpp.counters import BOUNDS, SILENT, VENDOR, Latency
from gateway.smpp.vocabulary import status_name

_SMSC: Final = "smsc"
_Value = Callable[[SmppClient], float]
_Values = Callable[[SmppClient], Mapping[tuple[str, ...], float]]
"""By the values of the labels beside the bind's name."""


class BindCollector(Collector):
    """Everything that is known of these binds; the label ``smsc`` is a bind's name."""

    def __init__(self, binds: Sequence[SmppClient]) -> None:
        self._binds = binds

    def collect(self) -> Iterable[Metric]:
        """See ``prometheus_client.registry.Collector``."""
        yield self._gauge("chasqui_smpp_window", "Submits that are unanswered", _filled)
        yield self._gauge("chasqui_smpp_window_size", "Submits that may be unanswered", _window)
        yield self._gauge("chasqui_smpp_waiting", "Texts and screens that wait for window or rate", _waiting)
        yield self._gauge("chasqui_smpp_slowed", "1 while the SMSC is given time", _slowed)
        yield self._counter("chasqui_smpp_binds", "Binds that were accepted", lambda one: {(): one.counters.binds})
        yield self._counter(
            "chasqui_smpp_bind_failures", "Attempts to bind that failed", lambda one: {(): one.counters.bind_failures}
        )
        yield self._counter("chasqui_smpp_segments", "Segments written", lambda one: {(): one.counters.segments})
        yield self._counter("chasqui_smpp_answers", "Answers to submits", _answers, ("status",))
        yield self._counter("chasqui_smpp_received", "What the SMSC delivered", _received, ("kind",))
        yield self._counter("chasqui_smpp_errors", "What went wrong on the link", _errors, ("kind",))
        yield self._latencies()

    def _gauge(self, name: str, text: str, value: _Value) -> Metric:
        family = GaugeMetricFamily(name, text, labels=(_SMSC,))
        for one in self._binds:
            family.add_metric((one.name,), value(one))
        return family

    def _counter(self, name: str, text: str, values: _Values, labels: tuple[str, ...] = ()) -> Metric:
        family = CounterMetricFamily(name, text, labels=(_SMSC, *labels))
        for one in self._binds:
            for found, count in values(one).items():
                family.add_metric((one.name, *found), count)
        return family

    def _latencies(self) -> Metric:
        family = HistogramMetricFamily("chasqui_smpp_answer_seconds", "From a request to its answer", labels=(_SMSC,))
        for one in self._binds:
            latency = one.counters.session.latency
            family.add_metric((one.name,), list(_buckets(latency)), latency.seconds)
        return family


def _filled(bind: SmppClient) -> float:
    return bind.queue.filled if bind.queue else 0


def _window(bind: SmppClient) -> float:
    return bind.settings.window


def _waiting(bind: SmppClient) -> float:
    return bind.queue.waiting if bind.queue else 0


def _slowed(bind: SmppClient) -> float:
    return float(bind.queue is not None and bind.queue.slowed)


def _answers(bind: SmppClient) -> Mapping[tuple[str, ...], float]:
    """By the specification's name of the status; a vendor's own together, and those that never came."""
    found: Counter[tuple[str, ...]] = Counter()
    for status, count in bind.counters.statuses.counts.items():
        if count:
            found[({VENDOR: "vendor", SILENT: "none"}.get(status) or status_name(status),)] += count
    return found


def _received(bind: SmppClient) -> Mapping[tuple[str, ...], float]:
    inbound = bind.counters.inbound
    return {
        ("text",): inbound.texts,
        ("part",): inbound.parts,
        ("receipt",): inbound.receipts,
        ("alert",): bind.counters.alerts,
    }


def _errors(bind: SmppClient) -> Mapping[tuple[str, ...], float]:
    session, inbound = bind.counters.session, bind.counters.inbound
    return {
        ("bad_pdu",): session.bad_pdus,
        ("timeout",): session.response_timeouts,
        ("late_answer",): session.late_answers,
        ("deferred",): inbound.deferred,
        ("failed",): inbound.failed,
    }


def _buckets(latency: Latency) -> Iterator[tuple[str, float]]:
    """Each upper end with how many took no longer."""
    yield from zip((*map(str, BOUNDS), "+Inf"), accumulate(latency.counts), strict=True)
