"""The configuration: one frozen tree, loaded once, passed down.

Every key of ``chasqui.toml`` is also an environment variable ``CHASQUI_SECTION__KEY`` (top-level keys:
``CHASQUI_KEY``; entries of a list: ``CHASQUI_SMPP__0__HOST``). An unknown key stops the start with its name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

Secret = str
"""Shown as dots wherever the tree is printed."""


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """Where HTTP is answered. A port of 0 picks a free one; metrics_port is a server of its own."""

    host: str = "127.0.0.1"
    port: int = 8080
    metrics_port: int = 9090


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """url: relative SQLite paths start at the config file."""

    url: str = "sqlite+aiosqlite:///chasqui.db"


@dataclass(frozen=True, slots=True)
class SessionsConfig:
    """Where USSD sessions live."""

    url: str = "memory://"


@dataclass(frozen=True, slots=True)
class TriggersConfig:
    """What carries triggers from the inbox to the work."""

    url: str = "inline://"


@dataclass(frozen=True, slots=True)
class UssdServiceConfig:
    """A service code and the menu behind it."""

    code: str
    menu: str
    network: str = ""


@dataclass(frozen=True, slots=True)
class UssdConfig:
    """The USSD services."""

    services: tuple[UssdServiceConfig, ...] = ()


@dataclass(frozen=True, slots=True)
class DoorConfig:
    """Who may knock: addresses, a token and a client certificate (its SHA-256 in hex), each if set.

    service: what is dialled there where the wire does not say. max_septets: of one screen; 0 = what is usual for the
    dialect. idle_seconds, total_seconds: of a USSD session; resume_seconds: for how long whoever dials again may go on
    where they left; repeat_seconds: within which a wire that counts nothing repeats a hop.
    """

    name: str
    dialect: str
    network: str = ""
    allow: tuple[str, ...] = ()
    token: Secret = field(default="", repr=False)
    certificate: str = ""
    service: str = ""
    charset: str = "gsm7"
    max_septets: int = 0
    idle_seconds: float = 60
    total_seconds: float = 180
    resume_seconds: float = 60
    repeat_seconds: float = 2


@dataclass(frozen=True, slots=True)
class PathConfig:
    """A file or folder; empty means what comes with the package."""

    path: str = ""


@dataclass(frozen=True, slots=True)
class OcsConfig:
    """The charging system. timeout: seconds for one call; settle_seconds: until "not found" is final."""

    kind: str = "simulator"
    url: str = ""
    tenant: str = "cgrates.org"
    money_balance: str = "main"
    timeout: float = 3.0
    settle_seconds: float = 10


@dataclass(frozen=True, slots=True)
class SmppConfig:
    """One bind. tps: segments in any one second; the rest are seconds."""

    name: str
    host: str
    port: int = 2775
    system_id: str = ""
    password: Secret = field(default="", repr=False)
    bind: str = "transceiver"
    window: int = 50
    tps: float = 100
    source: str = ""
    source_ton: int = 3
    source_npi: int = 0
    two_way: bool = True
    system_type: str = ""
    response_timeout: float = 30
    enquire_interval: float = 30
    reconnect_max: float = 15
    tls: bool = False


@dataclass(frozen=True, slots=True)
class ApiTokenConfig:
    """A caller of the REST interface. sha256: of the bearer token, in hex."""

    name: str
    role: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ApiConfig:
    """requests_per_second: of one token."""

    tokens: tuple[ApiTokenConfig, ...] = ()
    requests_per_second: float = 500


@dataclass(frozen=True, slots=True)
class PolicyConfig:
    """What a staging system may switch off; the defaults are the law's."""

    quiet_hours: str = "market"
    assume_opt_in: str = "market"
    dry_run: bool = False
    test_msisdns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WebhooksConfig:
    """secret: ``whsec_`` and base64 (Standard Webhooks); empty = unsigned events, from loopback only."""

    secret: Secret = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Config:
    """Everything. folder: where relative paths start."""

    market: str = "co"
    server: ServerConfig = ServerConfig()
    store: StoreConfig = StoreConfig()
    sessions: SessionsConfig = SessionsConfig()
    triggers: TriggersConfig = TriggersConfig()
    ussd: UssdConfig = UssdConfig()
    doors: tuple[DoorConfig, ...] = ()
    menus: PathConfig = PathConfig()
    catalogue: PathConfig = PathConfig()
    ocs: OcsConfig = OcsConfig()
    smpp: tuple[SmppConfig, ...] = ()
    api: ApiConfig = ApiConfig()
    policy: PolicyConfig = PolicyConfig()
    webhooks: WebhooksConfig = WebhooksConfig()
    folder: Path = Path()
