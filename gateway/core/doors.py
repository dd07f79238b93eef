"""Who may knock: by address, token and client certificate. Without a door for a dialect, only this machine may."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping, Sequence
from functools import lru_cache

from flows.frozen import dataclass
from gateway.config.tree import DoorConfig
from menus.values import Budget

_MOST_UCS2 = 80
_USUAL = Budget()
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_ASKED = ("", "address", "token", "certificate")
"""In the order in which a door looks."""


@dataclass(frozen=True, slots=True)
class Door:
    """One peer that may come in.

    networks: empty = any address; token, certificate (SHA-256 of the client's, in hex): empty = none asked.
    network: whose subscribers come through it; service: what is dialled there where the wire does not say;
    budget: what one USSD screen holds. idle_seconds, total_seconds: after which its network ends a session.
    resume_seconds: for how long a person who dials again is asked whether to go on; 0 never asks.
    repeat_seconds: within which, on a wire that counts nothing, the same answer again is taken for a repetition.
    """

    name: str
    dialect: str
    networks: tuple[_Network, ...] = ()
    token: str = ""
    certificate: str = ""
    network: str = ""
    service: str = ""
    budget: Budget = _USUAL
    idle_seconds: float = 60
    total_seconds: float = 180
    resume_seconds: float = 0
    repeat_seconds: float = 2

    def session_key(self, session: str) -> str:
        """What a session is kept under: ids of one network say nothing of those of another."""
        return f"{self.network or self.name}/{session}"


class Doors:
    """All doors. usual: what a screen holds by dialect, where the door does not say."""

    def __init__(self, configured: Sequence[DoorConfig], usual: Mapping[str, int] | None = None) -> None:
        self._usual = usual or {}
        self._doors = [self._door(one) for one in configured]
        self._guarded = {door.dialect for door in self._doors}

    def admit(self, dialect: str, address: str | None, authorization: str, certificate: str = "") -> Door | None:
        """The door that lets this peer in, or None.

        authorization: the request's header; certificate: SHA-256 of the peer's, in hex, empty if it showed none.
        """
        peer = _peer(address)
        if peer is None:
            return None
        for door in self._doors:
            if door.dialect == dialect and _fits(door, peer, authorization, certificate):
                return door
        if dialect in self._guarded:
            return None
        return self._loopback(dialect) if peer.is_loopback else None

    def why_not(self, dialect: str, address: str | None, authorization: str, certificate: str = "") -> str:
        """In one word, what a peer that was not admitted lacks at the door that it came nearest to."""
        peer = _peer(address)
        lacking = [_lacking(door, peer, authorization, certificate) for door in self._doors if door.dialect == dialect]
        return max(lacking, key=_ASKED.index, default="door")

    def named(self, name: str) -> Door:
        """The door of this name, for a wire that nobody knocks at. Raises KeyError."""
        return {door.name: door for door in self._doors}[name]

    def _door(self, one: DoorConfig) -> Door:
        return Door(
            name=one.name,
            dialect=one.dialect,
            networks=tuple(ipaddress.ip_network(network, strict=False) for network in one.allow),
            token=one.token,
            certificate=one.certificate.replace(":", "").lower(),
            network=one.network,
            service=one.service,
            budget=_budget(one.charset, one.max_septets or self._usual.get(one.dialect, _USUAL.size)),
            idle_seconds=one.idle_seconds,
            total_seconds=one.total_seconds,
            resume_seconds=one.resume_seconds,
            repeat_seconds=one.repeat_seconds,
        )

    def _loopback(self, dialect: str) -> Door:
        """How this machine comes in where no door is configured."""
        return _loopback(dialect, self._usual.get(dialect, _USUAL.size))


@lru_cache(maxsize=64)
def _loopback(dialect: str, size: int) -> Door:
    return Door("loopback", dialect, budget=_budget("gsm7", size))


def is_loopback(address: str | None) -> bool:
    """Whether this address is this machine's own."""
    peer = _peer(address)
    return peer is not None and peer.is_loopback


def _budget(charset: str, size: int) -> Budget:
    """What a door's screens hold: septets, or UTF-16 code units, of which 160 octets take 80 (3GPP TS 23.038 §5)."""
    return Budget("ucs2", min(size, _MOST_UCS2)) if charset == "ucs2" else Budget(size=size)


@lru_cache(maxsize=4096)
def _peer(address: str | None) -> _Address | None:
    try:
        peer = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    return peer.ipv4_mapped or peer if isinstance(peer, ipaddress.IPv6Address) else peer


def _fits(door: Door, peer: _Address, authorization: str, certificate: str) -> bool:
    return not _lacking(door, peer, authorization, certificate)


def _lacking(door: Door, peer: _Address | None, authorization: str, certificate: str) -> str:
    """What a door asks and this peer has not: a word of `_ASKED`, or nothing."""
    if peer is None or (door.networks and not any(peer in network for network in door.networks)):
        return "address"
    shown = authorization.encode(errors="surrogateescape")  # a header may be any bytes
    if door.token and not hmac.compare_digest(shown, f"Bearer {door.token}".encode()):
        return "token"
    if door.certificate and not hmac.compare_digest(certificate, door.certificate):
        return "certificate"
    return ""
