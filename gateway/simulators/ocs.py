"""A charging system to try Chasqui against: TM Forum, CGRateS and UCIP on one port, control and Diameter on others.

On TM Forum it charges every order that reaches it, also one with a key that it has seen before, because a real one may:
charging once is the gateway's business, and the ledger shows whether it minded it. A subscriber never seen before
starts with 10,000.00 of the market's currency. Nothing survives a restart, and nothing here logs.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aiohttp import web

from flows.catalogue import Catalogue
from gateway.errors import GatewayError, listening
from gateway.simulators.ocs_air import AirRoutes
from gateway.simulators.ocs_cgrates import CgratesRoutes
from gateway.simulators.ocs_control import ControlRoutes
from gateway.simulators.ocs_desk import Desk
from gateway.simulators.ocs_ledger import Ledger, offering_of
from gateway.simulators.ocs_routes import TmfRoutes
from gateway.simulators.ocs_services import ServiceBook
from gateway.simulators.ocs_ucip import offerings_of

if TYPE_CHECKING:  # a second to import, and only for those who want it
    from gateway.simulators.ocs_diameter import DiameterPort


def _utc_now() -> datetime:
    return datetime.now(UTC)


class OcsSimulator:
    """The simulator; ``start`` and ``stop`` it, or use it as an async context manager.

    port, control_port: 0 takes a free one, told by the attribute after ``start``. catalogue: what each TM Forum product
    offering, Diameter service, refill profile and the like grants, and what a CGRateS unit is worth. currency: of all
    accounts. air_credentials: user, password. diameter_port: None = Diameter is not spoken.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        currency: str,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        control_port: int = 0,
        diameter_port: int | None = None,
        air_credentials: tuple[str, str] | None = None,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        bundles = {bundle.id: bundle for bundle in catalogue.bundles}
        offerings = {
            offering: bundles[ident] for ident, offering in catalogue.tmf_offerings().items() if ident in bundles
        }
        services = {offering_of(*told): bundles[ident] for ident, told in catalogue.diameter_services().items()}
        self.port, self.control_port, self.diameter_port = port, control_port, diameter_port
        self.ledger = Ledger(currency, offerings | services | offerings_of(catalogue))
        self._host = host
        self.services = ServiceBook(self.ledger, catalogue)
        self._desk = Desk(self.ledger, self.services, now)
        self._routes = TmfRoutes(self._desk)
        self._cgrates = CgratesRoutes(self._desk, catalogue)
        self._air = AirRoutes(self._desk, catalogue, air_credentials)
        self._diameter = None if diameter_port is None else _diameter(self._desk)
        self._wire: web.AppRunner | None = None
        self._control: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """For ``[ocs] url``."""
        return f"http://{self._host}:{self.port}"

    @property
    def diameter_url(self) -> str:
        """For ``[ocs] url`` with ``kind = "diameter"``."""
        return f"aaa://{self._host}:{self.diameter_port}"

    @property
    def control_url(self) -> str:
        """Where the control API is."""
        return f"http://{self._host}:{self.control_port}"

    @property
    def waiting(self) -> int:
        """How many orders are held or yet to be applied."""
        return self._desk.waiting

    async def start(self) -> None:
        """Listen on all ports. Raises PortInUse, and then listens on none."""
        control = ControlRoutes(self._desk, lambda down: self.set_down(down=down))
        try:
            await self.set_down(down=False)
            # The control API can do anything to the ledger, so it is for this machine only.
            self._control, self.control_port = await _listen(control.app(), "127.0.0.1", self.control_port)
        except GatewayError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close all ports and forget the orders that wait."""
        await self._desk.close()
        await self.set_down(down=True)
        if self._control:
            await self._control.cleanup()
            self._control = None

    async def set_down(self, *, down: bool) -> None:
        """Close the wires' ports with all their connections, or listen on the same ports again."""
        if down and self._wire:
            wire, self._wire = self._wire, None
            await wire.cleanup()
        elif not down and self._wire is None:
            app = self._routes.app()
            self._cgrates.add_to(app)
            self._air.add_to(app)
            self._wire, self.port = await _listen(app, self._host, self.port)
        if self._diameter is None or self.diameter_port is None:
            return
        if down:
            await self._diameter.stop()
        else:
            self.diameter_port = await self._diameter.start(self._host, self.diameter_port)

    async def __aenter__(self) -> OcsSimulator:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


def _diameter(desk: Desk) -> DiameterPort:
    from gateway.simulators.ocs_diameter import DiameterPort  # noqa: PLC0415

    return DiameterPort(desk)


async def _listen(app: web.Application, host: str, port: int) -> tuple[web.AppRunner, int]:
    # No access log: its lines would hold MSISDNs.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        with listening(host, port, "charging system"):
            await web.TCPSite(runner, host, port).start()
    except GatewayError:
        await runner.cleanup()
        raise
    return runner, int(runner.addresses[0][1])
