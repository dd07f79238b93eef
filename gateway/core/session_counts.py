"""How dialogues end, by door; and on which page those stood that did not come to an end."""

from __future__ import annotations

from gateway.core.live_session import LiveSession
from gateway.telemetry import Metrics


def count_over(metrics: Metrics, live: LiveSession) -> None:
    """One more dialogue is over: ``completed``, ``released`` by the network, ``timed_out`` or ``gave_way``."""
    door = live.door.name if live.door else ""
    metrics.sessions_over.labels(door, live.outcome).inc()
    if live.outcome != "completed" and live.session is not None:
        metrics.left.labels(door, live.session.menu, live.session.place.page).inc()
