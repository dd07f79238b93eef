"""The gateway dies and rises again, as scenes need it."""

from __future__ import annotations

from time import monotonic

from gateway.simulators.demo.person import Show
from gateway.simulators.demo.waiting import until


async def killed(show: Show) -> None:
    """SIGKILL."""
    await show.stage.gateway.kill()
    show.transcript.behind("kill -9: the gateway is gone")


async def risen(show: Show) -> None:
    """The gateway starts again on the same database, and is bound."""
    began = monotonic()
    await show.stage.start_gateway()

    async def ready() -> bool | None:
        return await show.wires.ready() or None

    await until(ready, "/readyz")
    show.transcript.behind(f"the gateway is up again, same database, {monotonic() - began:.1f} s later")
