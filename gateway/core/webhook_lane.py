"""Events for the operator's own systems: written with the step that they tell of, posted by each endpoint's line."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from flows.announcements import EVENTS, announcements
from flows.effects import Effect
from gateway.config.tree import WebhookEndpointConfig
from gateway.core.webhook_line import WebhookLine
from store.webhook_rows import WebhookRow, webhook_row

_STOP_SECONDS = 5.0


class Announcer:
    """What is told of a step, and to whom."""

    def __init__(self, endpoints: Sequence[WebhookEndpointConfig]) -> None:
        self._by_event: dict[str, list[str]] = {}
        for one in endpoints:
            for event in dict.fromkeys(chain.from_iterable(EVENTS.get(name, (name,)) for name in one.events)):
                self._by_event.setdefault(event, []).append(one.name)

    def rows(self, effects: Iterable[Effect]) -> Sequence[WebhookRow]:
        """A row for each event and endpoint that wants it."""
        if not self._by_event:
            return ()
        told = chain.from_iterable(map(announcements, effects))
        return [webhook_row(one, name) for one in told for name in self._by_event.get(one.event, ())]


class WebhookLane:
    """The lines of all endpoints, by name."""

    def __init__(self, lines: Mapping[str, WebhookLine]) -> None:
        self.lines = lines

    def start(self) -> None:
        """Begin, with what a stopped process left."""
        for line in self.lines.values():
            line.start()

    def put(self, row: WebhookRow) -> None:
        """A committed row is there; its line reads it when it has room."""
        line = self.lines.get(row.endpoint)
        if line is not None:
            line.wake()

    async def stop(self, seconds: float = _STOP_SECONDS) -> None:
        """Begin nothing more; what is under way has so many seconds."""
        await asyncio.gather(*(line.stop(seconds) for line in self.lines.values()))
