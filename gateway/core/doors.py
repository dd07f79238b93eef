"""Who may knock: by address and by token. Without a door for a dialect, only this machine may."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.config.tree import DoorConfig

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Door:
    """One peer that may come in. networks: empty = any address; token: empty = none asked."""

    name: str
    dialect: str
    networks: tuple[_Network, ...]
    token: str


class Doors:
    """All doors."""

    def __init__(self, configured: Sequence[DoorConfig]) -> None:
        self._doors = [
            Door(
                one.name,
                one.dialect,
                tuple(ipaddress.ip_network(network, strict=False) for network in one.allow),
                one.token,
            )
            for one in configured
        ]

    def admit(self, dialect: str, address: str | None, authorization: str) -> str | None:
        """The name of the door that lets this peer in, or None. authorization: the request's header."""
        try:
            peer = ipaddress.ip_address(address or "")
        except ValueError:
            return None
        if isinstance(peer, ipaddress.IPv6Address) and peer.ipv4_mapped:
            peer = peer.ipv4_mapped
        for door in self._doors:
            if door.dialect == dialect and _fits(door, peer, authorization):
                return door.name
        if any(door.dialect == dialect for door in self._doors):
            return None
        return "loopback" if peer.is_loopback else None


def _fits(door: Door, peer: ipaddress.IPv4Address | ipaddress.IPv6Address, authorization: str) -> bool:
    known = not door.networks or any(peer in network for network in door.networks)
    shown = authorization.encode(errors="surrogateescape")  # a header may be any bytes
    return known and (not door.token or hmac.compare_digest(shown, f"Bearer {door.token}".encode()))
