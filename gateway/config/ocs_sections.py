"""The section about the charging system, and what only one kind of it needs."""

from __future__ import annotations

from dataclasses import field

from flows.frozen import dataclass
from gateway.config.secret import Secret


@dataclass(frozen=True, slots=True)
class CgratesConfig:
    """CGRateS. units_per_minor: what one minor unit of money is in the account's own unit.

    marker_hours: how long the marker of an order stays in the account; longer than anybody may ask about an order.
    """

    units_per_minor: float = 1.0
    marker_hours: int = 2_160


@dataclass(frozen=True, slots=True)
class UcipConfig:
    """Ericsson AIR. node_type, host_name: as whom we call; user, password: HTTP basic authentication.

    units_per_minor: what one minor unit of money is in the smallest unit of an account.
    """

    node_type: str = "EXT"
    host_name: str = "chasqui"
    user: str = ""
    password: Secret = ""
    units_per_minor: float = 1.0


@dataclass(frozen=True, slots=True)
class DiameterConfig:
    """Diameter credit control (RFC 8506). url of ``[ocs]`` names the peer: ``aaa://host:3868``.

    host, realm: our identity; host is part of every order's Session-Id. to_host: Destination-Host, not sent where
    empty; to_realm: Destination-Realm, the peer's own where empty. duplicates_detected: the server answers a repeated
    Session-Id as it did the first time, and charges once; remembers_hours: for how long. balance_context,
    balance_service_id: what a balance is asked by; none is asked where the context is empty, and 0 sends no service id.
    workers: calls at once. watchdog: seconds of silence until the peer is asked whether it is there; reconnect_max:
    longest pause between connections.
    """

    host: str = "chasqui.localdomain"
    realm: str = "localdomain"
    to_host: str = ""
    to_realm: str = ""
    duplicates_detected: bool = False
    remembers_hours: float = 24
    balance_context: str = ""
    balance_service_id: int = 0
    workers: int = 8
    watchdog: float = 30.0
    reconnect_max: float = 15.0


@dataclass(frozen=True, slots=True)
class OcsConfig:
    """The charging system. timeout: seconds for one call; settle_seconds: until "not found" is final."""

    kind: str = "simulator"
    url: str = ""
    tenant: str = "cgrates.org"
    money_balance: str = "main"
    timeout: float = 3.0
    settle_seconds: float = 10
    cgrates: CgratesConfig = field(default_factory=CgratesConfig)
    ucip: UcipConfig = field(default_factory=UcipConfig)
    diameter: DiameterConfig = field(default_factory=DiameterConfig)
