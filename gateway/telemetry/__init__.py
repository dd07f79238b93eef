"""Logs, metrics and traces. None ever holds an MSISDN: people appear as subscription ids, in traces not at all."""

from __future__ import annotations

from gateway.telemetry.logs import AtMost, JsonLines, NoRawRequests, log_to_stderr, mask
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.traces import Traces, around

__all__ = ["AtMost", "JsonLines", "Metrics", "NoRawRequests", "Traces", "around", "log_to_stderr", "mask"]
