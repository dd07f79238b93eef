"""The outside: what was configured, or simulators inside the process."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import cast

from flows.catalogue import Catalogue
from flows.market import Market
from gateway.app.charging import charging_system
from gateway.config.binds import SIMULATED, sms_binds
from gateway.config.tree import Config, SmppConfig
from gateway.core.ocs_traits import name_of
from gateway.core.ports import ChargingSystem, OcsTraits, Refusal
from gateway.core.service_numbers import ServiceNumber
from gateway.errors import PortInUse
from gateway.simulators.ocs import OcsSimulator
from gateway.simulators.smsc import SmscSimulator
from gateway.smpp.outcomes import REFUSALS
from gateway.smpp.settings import Alphabet, Segments, SmppSettings

_VERSIONS = {"3.4": 0x34, "5.0": 0x50}
_SIMULATED_NUMBER = "12345"
_SIMULATOR_PORTS = {"smsc": (2775, 2776), "ocs": (9200, 9201)}


@dataclass(slots=True)
class Peers:
    """The charging system, the binds, and the simulators behind them, if there are any. texts: binds that carry SMS."""

    ocs: ChargingSystem
    ocs_url: str
    binds: tuple[SmppConfig, ...]
    texts: frozenset[str]
    smsc: SmscSimulator | None
    ocs_simulator: OcsSimulator | None


class Outside:
    """Opens the peers; what it opens is closed with ``stack``. traits: what was found out about whoever has a name."""

    def __init__(self, stack: AsyncExitStack, traits: Callable[[str], OcsTraits]) -> None:
        self._stack = stack
        self._traits = traits

    async def open(self, config: Config, market: Market, catalogue: Catalogue) -> Peers:
        """Everything that the gateway talks to. Raises PortInUse."""
        smsc, binds = None, config.smpp
        if not binds and not config.aggregators:
            smsc = await self._smsc_simulator()
            simulated = SmppConfig(
                name=SIMULATED,
                host="127.0.0.1",
                port=smsc.port,
                system_id="chasqui",
                source=_SIMULATED_NUMBER,
                tps=1000,
            )
            binds = (simulated,)
        ocs_simulator, url = None, config.ocs.url
        if not url:
            ocs_simulator = await self._ocs_simulator(catalogue, market.currency)
            url = ocs_simulator.url
        ocs = charging_system(config.ocs, url, market, catalogue, self._traits(name_of(config.ocs.kind, url)))
        self._stack.push_async_callback(ocs.close)
        texts = frozenset(bind.name for bind in sms_binds(replace(config, smpp=binds)))
        return Peers(ocs, url, binds, texts, smsc, ocs_simulator)

    async def _smsc_simulator(self) -> SmscSimulator:
        port, control = _SIMULATOR_PORTS["smsc"]
        try:
            simulator = SmscSimulator(port, control)
            await simulator.start()
        except PortInUse:  # nobody chose these ports, so any will do
            simulator = SmscSimulator(0, 0)
            await simulator.start()
        self._stack.push_async_callback(simulator.stop)
        return simulator

    async def _ocs_simulator(self, catalogue: Catalogue, currency: str) -> OcsSimulator:
        port, control = _SIMULATOR_PORTS["ocs"]
        try:
            simulator = OcsSimulator(catalogue, currency, port=port, control_port=control)
            await simulator.start()
        except PortInUse:
            simulator = OcsSimulator(catalogue, currency)
            await simulator.start()
        self._stack.push_async_callback(simulator.stop)
        return simulator


def smpp_settings(smpp: SmppConfig, numbers: tuple[ServiceNumber, ...]) -> SmppSettings:
    """One ``[[smpp]]`` as the client takes it; what is a word of few was checked."""
    return SmppSettings(
        name=smpp.name,
        host=smpp.host,
        port=smpp.port,
        system_id=smpp.system_id,
        password=smpp.password,
        bind=smpp.bind,
        window=smpp.window,
        tps=int(smpp.tps),
        numbers=numbers,
        alphabet=cast("Alphabet", smpp.alphabet),
        segments=cast("Segments", smpp.segments),
        smsc=smpp.smsc,
        system_type=smpp.system_type,
        response_timeout=smpp.response_timeout,
        enquire_interval=smpp.enquire_interval,
        reconnect_max=smpp.reconnect_max,
        tls=smpp.tls,
        outbind_host=smpp.outbind_host,
        outbind_port=smpp.outbind_port or None,
        interface_version=_VERSIONS[smpp.interface_version],
        refusals={**REFUSALS, **_refusals(smpp)},
    )


def _refusals(smpp: SmppConfig) -> dict[int, Refusal]:
    """What the operator says of statuses; the words were checked."""
    return {one.status: cast("Refusal", one.means) for one in smpp.statuses}
