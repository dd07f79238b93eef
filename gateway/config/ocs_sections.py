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
class DedicatedAccountConfig:
    """What one dedicated account of an AIR counts. unit: byte, second or message; factor: how many one of it is."""

    id: int
    unit: str
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class UcipConfig:
    """Ericsson AIR. node_type, host_name: as whom we call; user, password: HTTP basic authentication.

    units_per_minor: what one minor unit of money is in the smallest unit of an account. user_agent: name, protocol
    version and our own version. repeats_are_recognised: the AIR answers a message that it has had with what it answered
    then, and does nothing again; repeat_seconds: for how long it is relied on.
    """

    node_type: str = "EXT"
    host_name: str = "chasqui"
    user: str = ""
    password: Secret = field(default="", repr=False)
    units_per_minor: float = 1.0
    user_agent: str = "chasqui/5.0/1.0"
    repeats_are_recognised: bool = False
    repeat_seconds: float = 300
    dedicated_accounts: tuple[DedicatedAccountConfig, ...] = ()


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
class BreakerConfig:
    """When the charging system is left alone: after so many failures in a row, for these seconds, doubling."""

    failures: int = 5
    pause: float = 1.0
    longest_pause: float = 30.0


@dataclass(frozen=True, slots=True)
class OcsConfig:
    """The charging system. timeout: seconds for one call; settle_seconds: until "not found" is final.

    grants: what becomes of an order that is said to be done while its bundle is not to be seen: ``trust`` the charging
    system, leave it to a ``person``, or ``refund`` what was charged; only where its wallets show every bundle.
    at_once: calls in flight; background_at_once: of these, for triggers; waiting: calls that may wait for their turn.
    """

    kind: str = "simulator"
    url: str = ""
    tenant: str = "cgrates.org"
    money_balance: str = "main"
    timeout: float = 3.0
    settle_seconds: float = 10
    grants: str = "trust"
    at_once: int = 100
    background_at_once: int = 60
    waiting: int = 1_000
    breaker: BreakerConfig = field(default_factory=BreakerConfig)
    cgrates: CgratesConfig = field(default_factory=CgratesConfig)
    ucip: UcipConfig = field(default_factory=UcipConfig)
    diameter: DiameterConfig = field(default_factory=DiameterConfig)
