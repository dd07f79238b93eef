"""The configuration: one frozen tree, loaded once, passed down.

Every key of ``chasqui.toml`` is also an environment variable ``CHASQUI_SECTION__KEY`` (top-level keys:
``CHASQUI_KEY``; entries of a list: ``CHASQUI_SMPP__0__HOST``). An unknown key stops the start with its name.
"""

from __future__ import annotations

from dataclasses import field
from pathlib import Path

from flows.frozen import dataclass
from gateway.config.behaviour_sections import BehaviourConfig
from gateway.config.ocs_sections import BreakerConfig, CgratesConfig, DiameterConfig, OcsConfig, UcipConfig
from gateway.config.order_sections import ReconciliationConfig, StoryConfig
from gateway.config.retention import RetentionConfig
from gateway.config.scoring_sections import (
    BatchConfig,
    ChallengersConfig,
    PricingConfig,
    ScoringConfig,
    WinBackConfig,
)
from gateway.config.secret import Secret
from gateway.config.sms_sections import (
    AggregatorConfig,
    NetworkConfig,
    NumberConfig,
    RouteConfig,
    SmppConfig,
    StatusConfig,
    TemplateConfig,
    ThroughConfig,
    TlvConfig,
)
from gateway.config.trigger_sections import CgratesTriggerConfig, NchfConfig, Tmf688Config, TriggersConfig
from gateway.config.ussd_sections import (
    DEFAULT_SERVICES,
    DoorConfig,
    UssdConfig,
    UssdProfileConfig,
    UssdServiceConfig,
)

__all__ = [
    "DEFAULT_SERVICES",
    "AggregatorConfig",
    "ApiConfig",
    "ApiTokenConfig",
    "BatchConfig",
    "BehaviourConfig",
    "BreakerConfig",
    "CatalogueConfig",
    "CgratesConfig",
    "CgratesTriggerConfig",
    "ChallengersConfig",
    "Config",
    "DiameterConfig",
    "DoorConfig",
    "NchfConfig",
    "NetworkConfig",
    "NumberConfig",
    "OcsConfig",
    "PathConfig",
    "PolicyConfig",
    "PricingConfig",
    "ReconciliationConfig",
    "RouteConfig",
    "ScoringConfig",
    "Secret",
    "ServerConfig",
    "SessionsConfig",
    "SmppConfig",
    "StatusConfig",
    "StoreConfig",
    "StoryConfig",
    "TelemetryConfig",
    "TemplateConfig",
    "ThroughConfig",
    "TlvConfig",
    "Tmf688Config",
    "TriggersConfig",
    "UcipConfig",
    "UssdConfig",
    "UssdProfileConfig",
    "UssdServiceConfig",
    "WebhookEndpointConfig",
    "WebhooksConfig",
    "WinBackConfig",
]


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """Where HTTP is answered. A port of 0 picks a free one; metrics_port is a server of its own.

    tls_certificate, tls_key: PEM files; with them it is HTTPS, but for the metrics. tls_client_ca: whose certificates
    clients may show.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    metrics_port: int = 9090
    tls_certificate: str = ""
    tls_key: str = ""
    tls_client_ca: str = ""

    @property
    def scheme(self) -> str:
        """How its addresses begin."""
        return "https" if self.tls_certificate else "http"


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """url: relative SQLite paths start at the config file."""

    url: str = "sqlite+aiosqlite:///chasqui.db"


@dataclass(frozen=True, slots=True)
class SessionsConfig:
    """Where USSD sessions live."""

    url: str = "memory://"


@dataclass(frozen=True, slots=True)
class PathConfig:
    """A file or folder; empty means what comes with the package."""

    path: str = ""


@dataclass(frozen=True, slots=True)
class CatalogueConfig:
    """path: a file; empty means what comes with the package.

    approved: a file of bundles that were approved from drafts, which need not be there; empty for none.
    """

    path: str = ""
    approved: str = "approved-bundles.yaml"


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
    """What a staging system may switch off; the defaults are the law's. And which way offers go.

    channels: ``sms`` and ``ussd``, the preferred one first. push_wait: seconds until the text behind a screen goes.
    push_hours: local time in which phones may light up, empty = always; push_circles, push_handsets: if not empty,
    nobody else gets screens; push_present: seconds after an answer in a session that a person holds their phone.
    confirm_above: minor units above which a purchase by text needs a second yes, 0 = always; -1 = as the market pack
    says, whose own bound holds where it is lower. alert_gap: seconds in which what is told of one person's
    bundles becomes one message; 0 = each its own.
    expiry_lead_hours: so long before its end by the clock, or a quarter of its validity, a bundle's end is told that no
    trigger tells; forecast_lead_hours: the same of its end by use, as the pace of use has it; 0 = only what triggers
    tell. clock_seconds: between two looks for such ends.
    """

    quiet_hours: str = "market"
    assume_opt_in: str = "market"
    dry_run: bool = False
    test_msisdns: tuple[str, ...] = ()
    channels: tuple[str, ...] = ("sms",)
    push_wait: float = 90
    push_hours: str = "08:00-20:00"
    push_circles: tuple[str, ...] = ()
    push_handsets: tuple[str, ...] = ()
    push_present: float = 600
    confirm_above: int = -1
    expiry_lead_hours: float = 24
    forecast_lead_hours: float = 3
    clock_seconds: float = 60
    alert_gap: float = 1.0


@dataclass(frozen=True, slots=True)
class WebhookEndpointConfig:
    """A system of the operator's that hears what happens. name: in metrics and logs. secret: ``whsec_`` and base64.

    events: ``offers``, ``orders``, ``consents``, or single ones such as ``order.confirmed``.
    """

    name: str
    url: str
    secret: Secret = field(repr=False)
    events: tuple[str, ...] = ("offers", "orders", "consents")


@dataclass(frozen=True, slots=True)
class WebhooksConfig:
    """secret: of triggers, ``whsec_`` and base64 (Standard Webhooks); empty = unsigned events, from loopback only.

    endpoints: where events go out to.
    """

    secret: Secret = field(default="", repr=False)
    endpoints: tuple[WebhookEndpointConfig, ...] = ()


@dataclass(frozen=True, slots=True)
class TelemetryConfig:
    """otlp_endpoint: base URL of the collector that traces go to (OTLP over HTTP); empty = no traces."""

    otlp_endpoint: str = ""


@dataclass(frozen=True, slots=True)
class Config:
    """Everything. folder: where relative paths start. operator: the name that people know, empty for none."""

    market: str = "co"
    operator: str = ""
    server: ServerConfig = ServerConfig()
    store: StoreConfig = StoreConfig()
    sessions: SessionsConfig = SessionsConfig()
    triggers: TriggersConfig = TriggersConfig()
    ussd: UssdConfig = field(default_factory=UssdConfig)
    doors: tuple[DoorConfig, ...] = ()
    menus: PathConfig = PathConfig()
    catalogue: CatalogueConfig = CatalogueConfig()
    ocs: OcsConfig = OcsConfig()
    smpp: tuple[SmppConfig, ...] = ()
    aggregators: tuple[AggregatorConfig, ...] = ()
    numbers: tuple[NumberConfig, ...] = ()
    networks: tuple[NetworkConfig, ...] = ()
    routes: tuple[RouteConfig, ...] = ()
    api: ApiConfig = ApiConfig()
    policy: PolicyConfig = PolicyConfig()
    webhooks: WebhooksConfig = WebhooksConfig()
    telemetry: TelemetryConfig = TelemetryConfig()
    story: StoryConfig = StoryConfig()
    reconciliation: ReconciliationConfig = ReconciliationConfig()
    scoring: ScoringConfig = ScoringConfig()
    behaviour: BehaviourConfig = BehaviourConfig()
    retention: RetentionConfig = RetentionConfig()
    folder: Path = Path()
