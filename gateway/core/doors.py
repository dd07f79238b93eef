"""Who may knock: by address and by token. Without a door for a dialect, only this machine may."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from gateway.config.tree import DoorConfig
from menus.values import Budget

_MOST_UCS2 = 80
_USUAL = Budget()
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Door:
    """One peer that may come in. networks: empty = any address; token: empty = none asked.

    network: whose subscribers come through it; budget: what one USSD screen holds there.
    """

    name: str
    dialect: str
    networks: tuple[_Network, ...]
    token: str
    network: str = ""
    budget: Budget = _USUAL


LOOPBACK = Door("loopback", "", (), "")
"""How this machine comes in where no door is configured."""


class Doors:
    """All doors."""

    def __init__(self, configured: Sequence[DoorConfig]) -> None:
        self._doors = [
            Door(
                one.name,
                one.dialect,
                tuple(ipaddress.ip_network(network, strict=False) for network in one.allow),
                one.token,
                one.network,
                _budget(one),
            )
            for one in configured
        ]

    def admit(self, dialect: str, address: str | None, authorization: str) -> Door | None:
        """The door that lets this peer in, or None. authorization: the request's header."""
        peer = _peer(address)
        if peer is None:
            return None
        for door in self._doors:
            if door.dialect == dialect and _fits(door, peer, authorization):
                return door
        if any(door.dialect == dialect for door in self._doors):
            return None
        return LOOPBACK if peer.is_loopback else None


def is_loopback(address: str | None) -> bool:
    """Whether this address is this machine's own."""
    peer = _peer(address)
    return peer is not None and peer.is_loopback


def _budget(door: DoorConfig) -> Budget:
    """What the door's screens hold: septets, or UTF-16 code units, of which 160 octets take 80 (3GPP TS 23.038 §5)."""
    return (
        Budget("ucs2", min(door.max_septets, _MOST_UCS2)) if door.charset == "ucs2" else Budget(size=door.max_septets)
    )


@lru_cache(maxsize=4096)
def _peer(address: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        peer = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    return peer.ipv4_mapped or peer if isinstance(peer, ipaddress.IPv6Address) else peer


def _fits(door: Door, peer: ipaddress.IPv4Address | ipaddress.IPv6Address, authorization: str) -> bool:
    known = not door.networks or any(peer in network for network in door.networks)
    shown = authorization.encode(errors="surrogateescape")  # a header may be any bytes
    return known and (not door.token or hmac.compare_digest(shown, f"Bearer {door.token}".encode()))
