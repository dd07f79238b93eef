"""From the configuration to service numbers, routes, and the number that offers leave from."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from flows.values import Purpose
from gateway.app.peers import Peers
from gateway.config.doubts import doubts
from gateway.config.tree import Config, NumberConfig, RouteConfig, SmppConfig, TlvConfig
from gateway.core.ports import SmsSender
from gateway.core.service_numbers import MoTariff, NumberKind, ServiceNumber, Template
from gateway.core.sms_routes import Order, Route, Routes, Through

_LOG = logging.getLogger(__name__)
_USUAL: Mapping[str, tuple[int, int]] = {"short": (3, 0), "long": (1, 1), "alphanumeric": (5, 0)}
"""TON and NPI of each kind of number (SMPP 3.4 §5.2.5, §5.2.6)."""
_VARIABLE = re.compile(r"\{#\w+#\}")
_RECEIVES = ("receiver", "transceiver")


class Numbers:
    """The service numbers of a configuration, as each SMSC and aggregator has them. binds: those there are."""

    def __init__(self, config: Config, binds: Sequence[SmppConfig]) -> None:
        self._known = {one.address: service_number(one) for one in config.numbers}
        self.config = config
        self._two_way = {bind.source: bind.two_way for bind in reversed(binds)}
        self._two_way.update((one.address, one.two_way) for one in config.numbers)
        receiving = [bind for bind in binds if bind.bind in _RECEIVES]
        self._received = {address for bind in receiving for address in (bind.source, *bind.numbers)}

    def of_bind(self, bind: SmppConfig) -> tuple[ServiceNumber, ...]:
        """What texts may leave from by this bind, its own number first."""
        kind: NumberKind = "alphanumeric" if any(map(str.isalpha, bind.source)) else "short"
        own = ServiceNumber(bind.source, two_way=bind.two_way, kind=kind, ton=bind.source_ton, npi=bind.source_npi)
        named = [self._known.get(address) for address in bind.numbers]
        first = self._known.get(bind.source, own) if bind.source or not named else None
        found = [one for one in (first, *named) if one is not None]
        return tuple(dict.fromkeys(self._as_received(bind, one) for one in found))

    def sending(self, peers: Peers) -> list[ServiceNumber]:
        """Everything that texts may leave from, in the order of the senders."""
        sending = [bind for bind in peers.binds if bind.name in peers.texts and bind.bind != "receiver"]
        of_binds = [number for bind in sending for number in self.of_bind(bind)]
        return of_binds + [number for account in self.config.aggregators for number in self.of_account(account.numbers)]

    def warn(self, peers: Peers) -> None:
        """Log what will silently cost the operator texts, offers or money."""
        sending = self.sending(peers)
        if sending and not any(one.answerable for one in sending):
            reasons = "; ".join(f"{one.address or 'the bind'}: {self._why_mute(one)}" for one in dict.fromkeys(sending))
            _LOG.warning("no number can be answered for nothing, so alerts go without offers: %s", reasons)
        for sentence in doubts(self.config):
            _LOG.warning("%s", sentence)

    def _why_mute(self, number: ServiceNumber) -> str:
        if number.kind == "alphanumeric":
            return "a name cannot be answered"
        if number.mo_tariff != "free":
            return f"mo_tariff is {number.mo_tariff!r}, not 'free'"
        if self._two_way[number.address]:
            return "no receiver or transceiver has it as its source or in numbers"
        return "two_way is false"

    def of_account(self, addresses: Iterable[str]) -> tuple[ServiceNumber, ...]:
        """What texts may leave from by an account; the addresses were checked."""
        return tuple(self._known[address] for address in addresses)

    def _as_received(self, bind: SmppConfig, number: ServiceNumber) -> ServiceNumber:
        """A transmitter's number can be answered if another bind receives what is sent to it."""
        if bind.bind in _RECEIVES or number.address in self._received:
            return number
        return replace(number, two_way=False)


def service_number(one: NumberConfig) -> ServiceNumber:
    """One ``[[numbers]]``."""
    ton, npi = _USUAL[one.type]
    return ServiceNumber(
        address=one.address,
        two_way=one.two_way,
        kind=cast("NumberKind", one.type),
        ton=ton if one.ton < 0 else one.ton,
        npi=npi if one.npi < 0 else one.npi,
        mo_tariff=cast("MoTariff", one.mo_tariff),
        code=one.regulator_code,
        tlvs=tuple(map(_tlv, one.tlvs)),
        templates=tuple(Template(template.id, tuple(_VARIABLE.split(template.text))) for template in one.templates),
        template_tag=int(one.template_tag, 16),
    )


def routes_of(config: Config, senders: Sequence[SmsSender]) -> Routes:
    """The configured routes over these senders."""
    prefixes = {network.name: network.prefixes for network in config.networks}
    routes = [_route(one, prefixes) for one in config.routes]
    if not senders:
        _LOG.warning(
            "no bind or aggregator sends texts: all of them fail; add a transmitter, a transceiver or an account"
        )
    if routes and not any(not route.prefixes and not route.purposes for route in routes):
        _LOG.warning("no route takes every text: what none takes fails; add one without prefixes and purposes")
    return Routes({sender.name: sender.numbers for sender in senders}, routes)


def offering(numbers: Sequence[ServiceNumber]) -> ServiceNumber:
    """The one of these that alerts and offers leave from: the first that can be answered, else the first."""
    if not numbers:
        return ServiceNumber("", two_way=False)
    return next((number for number in numbers if number.answerable), numbers[0])


def _route(one: RouteConfig, networks: Mapping[str, Sequence[str]]) -> Route:
    named = [prefix for network in one.networks for prefix in networks[network]]
    return Route(
        name=one.name,
        through=tuple(Through(through.smsc, through.weight, through.cost) for through in one.through),
        prefixes=(*one.prefixes, *named),
        purposes=frozenset(map(Purpose, one.purposes)),
        order=cast("Order", one.order),
    )


def _tlv(one: TlvConfig) -> tuple[int, bytes]:
    return int(one.tag, 16), bytes.fromhex(one.hex) if one.hex else one.text.encode("latin-1")
