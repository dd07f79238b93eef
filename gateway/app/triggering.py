"""What works on triggers, from the inbox on."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack

from gateway.app.front import Routes
from gateway.config.tree import Config
from gateway.core.context import Context
from gateway.core.doors import Doors
from gateway.core.gathering import Gathering
from gateway.core.intake import Intake
from gateway.core.pump import Pump
from gateway.core.triggers import TriggerDesk, Triggered, size, subject
from gateway.jobs.bundle_clock import BundleClock
from gateway.jobs.imsi_map import ImsiMap
from gateway.jobs.trigger_folder import TriggerFolder
from gateway.ocs.inbound import TriggerRoutes
from gateway.ocs.trigger_door import TriggerDoor
from gateway.ocs.wire_routes import Meanings, WireRoutes
from gateway.telemetry import around
from store import inbox


class Triggering:
    """Built once. gathering: where what is in the inbox goes."""

    def __init__(self, context: Context, desk: TriggerDesk, config: Config) -> None:
        self._context = context
        self._config = config
        self._pump = Pump("triggers", subject, around(context.traces, "triggers", desk.work), desk.give_up, size=size)
        self.gathering = Gathering(self._pump, config.policy.alert_gap)
        context.metrics.triggers_waiting.set_function(lambda: float(self.gathering.backlog))

    def start(self, stack: AsyncExitStack) -> None:
        """Begin working; ends with ``stack``."""
        self._pump.start()
        stack.push_async_callback(self._pump.stop)
        stack.callback(self.gathering.close)

    def routes(self, intake: Intake, doors: Doors) -> tuple[Routes, ...]:
        """Where triggers come in over HTTP."""
        secret = self._config.webhooks.secret
        door = TriggerDoor(self._context, doors, self._config.server.host, signed=bool(secret))
        return (
            TriggerRoutes(self._context, intake, door, secret),
            WireRoutes(self._context, intake, door, Meanings.of(self._config)),
        )

    def clock(self, intake: Intake) -> BundleClock:
        """What tells the ends of bundles that no trigger tells."""

        async def take_in(batch: Sequence[Triggered]) -> Sequence[bool]:
            return await intake.triggers(batch, [inbox.take_in(one.entry) for one in batch])

        return BundleClock(self._context, take_in, lambda: intake.backlog, self._config.policy.clock_seconds)

    async def watch(self, intake: Intake, stack: AsyncExitStack) -> None:
        """Begin with what comes in files. Raises ConfigError."""
        configured, beside = self._config.triggers, self._config.folder
        if configured.imsi_map:
            known = ImsiMap(self._context, beside / configured.imsi_map)
            await known.start()
            stack.push_async_callback(known.stop)
        if configured.folder:
            dropped = TriggerFolder(self._context, intake, beside / configured.folder)
            dropped.start()
            stack.push_async_callback(dropped.stop)
