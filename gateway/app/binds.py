"""The binds of a gateway: one client each, and the doors behind those that carry USSD."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack

from gateway.app.numbers import Numbers
from gateway.app.peers import Peers, smpp_settings
from gateway.app.tls import bind_tls
from gateway.config.binds import ussd_doors
from gateway.config.tree import Config, SmppConfig
from gateway.config.ussd_profiles import STANDARD, profiles
from gateway.console.status import Part
from gateway.core.doors import Doors
from gateway.core.ports import InboundSms, SmsRecall, UssdPusher
from gateway.smpp.client import SmppClient
from gateway.smpp.metrics import BindCollector
from gateway.telemetry import Metrics
from gateway.ussd.answering import Answering
from gateway.ussd.smpp_door import SmppDoor
from gateway.ussd.smpp_no_door import NoDoor


class Binds:
    """What comes in by any of them and is no USSD is taken for a text."""

    def __init__(self, peers: Peers, numbers: Numbers, inbound: InboundSms, metrics: Metrics) -> None:
        self._peers = peers
        self._clients = {bind.name: _client(bind, numbers, inbound) for bind in peers.binds}
        metrics.registry.register(BindCollector(tuple(self._clients.values())))
        self._doors: tuple[SmppDoor, ...] = ()
        for client in self._clients.values():
            client.ussd = NoDoor(metrics)

    def senders(self) -> Sequence[SmppClient]:
        """Those that texts leave by."""
        return [client for client in self._texts() if client.settings.bind != "receiver"]

    def by_smsc(self) -> Mapping[str, Sequence[tuple[str, SmsRecall]]]:
        """Those that can be asked about texts, by the SMSC that they lead to."""
        found: dict[str, list[tuple[str, SmsRecall]]] = {}
        for client in self.senders():
            found.setdefault(client.settings.smsc_name, []).append((client.name, client))
        return found

    def up(self) -> Mapping[str, bool]:
        """Which is bound now."""
        return {f"smpp {client.name}": client.bound for client in self._clients.values()}

    def parts(self) -> Sequence[Part]:
        """What the status page says of each."""
        return [_part(client) for client in self._clients.values()]

    def carry_ussd(self, config: Config, doors: Doors, answering: Answering) -> Sequence[UssdPusher]:
        """Put doors behind the binds that are named by one; to be called before any bind starts."""
        known = profiles(config.ussd)
        for one in ussd_doors(config):
            client = self._clients[one.bind]
            own = client.settings.own
            address = (own.ton, own.npi, own.address)
            profile = known[one.profile or STANDARD]
            client.ussd = door = SmppDoor(client, answering, doors.named(one.name), profile, address)
            self._doors = (*self._doors, door)
        return [door.pusher for door in self._doors]

    async def open_texts(self, stack: AsyncExitStack) -> None:
        """Bind those that carry texts."""
        for client in self._texts():
            await client.start()
            stack.push_async_callback(client.stop)

    async def open(self, stack: AsyncExitStack) -> None:
        """Bind those that carry no texts, and let hops in; what is behind the doors must run."""
        for client in self._clients.values():
            if client.name not in self._peers.texts:
                await client.start()
                stack.push_async_callback(client.stop)
        for door in self._doors:
            stack.push_async_callback(door.close)
            door.open()

    def _texts(self) -> Iterable[SmppClient]:
        return [self._clients[bind.name] for bind in self._peers.binds if bind.name in self._peers.texts]


def _part(client: SmppClient) -> Part:
    where = f"{client.settings.host}:{client.settings.port}"
    return Part(f"SMPP bind {client.name}", where, client.bound, "" if client.bound else client.detail)


def _client(bind: SmppConfig, numbers: Numbers, inbound: InboundSms) -> SmppClient:
    tls = bind_tls(numbers.config, bind)
    settings = smpp_settings(bind, numbers.of_bind(bind))
    return SmppClient(settings, inbound, ssl_context=tls.client, outbind_ssl=tls.outbind)
