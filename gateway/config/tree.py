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
class TriggersConfig:
    """What carries triggers from the inbox to the work."""

    url: str = "inline://"


@dataclass(frozen=True, slots=True)
class UssdServiceConfig:
    """A service code and the menu behind it."""

    code: str
    menu: str
    network: str = ""


DEFAULT_SERVICES = (UssdServiceConfig(code="*123#", menu="main"),)
"""What is served when nothing is configured."""


@dataclass(frozen=True, slots=True)
class UssdProfileConfig:
    """How one vendor speaks USSD over SMPP; the defaults are what SMPP 3.4 §5.3.2.44 and most vendors say.

    service_type: marks a message as USSD, beside the TLV ussd_service_op. Values of that TLV, from the network: begin;
    begin_once: a session of one screen; answer; confirm: a notification was shown; abort: the session is over. To the
    network: ask, notify; end, end_pushed, end_once: the last screen of a session that a phone, we, or a begin_once
    opened. session: where a session's id stands: its_session_info, user_message_reference, another tag as hex, or none.
    sequence: what the seven bits beside the end bit of its_session_info are: none (sent back as they came), hops or
    units (counted by the network, the phone's hops or what both sides say), ours (what we write comes back, so we
    count in it), session (a part of the id); counts_from: the first.
    end_by: whether op, the end bit, or both say that a session is over. data_coding: of GSM 7-bit and of UCS-2 texts.
    receipts: ask for one with each push. absent, busy: command statuses that mean so in answer to a push.
    """

    name: str
    service_type: str = "USSD"
    begin: tuple[int, ...] = (1,)
    begin_once: tuple[int, ...] = (0,)
    answer: tuple[int, ...] = (18,)
    confirm: tuple[int, ...] = (19,)
    abort: tuple[int, ...] = ()
    ask: int = 2
    notify: int = 3
    end: int = 17
    end_pushed: int = 17
    end_once: int = 16
    session: str = "its_session_info"
    sequence: str = "none"
    counts_from: int = 0
    end_by: str = "both"
    data_coding: int = 0x0F
    data_coding_ucs2: int = 0x48
    receipts: bool = False
    absent: tuple[int, ...] = ()
    busy: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class UssdConfig:
    """The USSD services, and what vendors' SMPP is like beside the built-in profiles."""

    services: tuple[UssdServiceConfig, ...] = ()
    profiles: tuple[UssdProfileConfig, ...] = ()


@dataclass(frozen=True, slots=True)
class DoorConfig:
    """Who may knock: addresses, a token and a client certificate (its SHA-256 in hex), each if set.

    service: what is dialled there where the wire does not say. max_septets: of one screen; 0 = what is usual for the
    dialect. idle_seconds, total_seconds: of a USSD session; resume_seconds: for how long whoever dials again may go on
    where they left; repeat_seconds: within which a wire that counts nothing repeats a hop. bind, profile: of the
    dialect smpp: the [[smpp]] that carries it, and how its vendor speaks. push_url: of the dialect restcomm: where the
    gateway takes screens to push.
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
    bind: str = ""
    profile: str = ""
    push_url: str = ""


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
class TlvConfig:
    """A TLV that goes out with texts. tag: as in ``0x1400``; its value as text or in hex."""

    tag: str
    text: str = ""
    hex: str = ""


@dataclass(frozen=True, slots=True)
class TemplateConfig:
    """A text as it is registered with the regulator; ``{#var#}`` stands for anything."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class NumberConfig:
    """A sender. type: short, long or alphanumeric; ton, npi: -1 = what is usual for the type.

    mo_tariff: what an answer costs whoever sends it: free, standard or premium. regulator_code: its name there.
    templates: if any, no other text leaves from it; template_tag: the TLV that names one (India's DLT: 0x1401).
    """

    address: str
    type: str = "short"
    ton: int = -1
    npi: int = -1
    two_way: bool = True
    mo_tariff: str = "free"
    regulator_code: str = ""
    tlvs: tuple[TlvConfig, ...] = ()
    templates: tuple[TemplateConfig, ...] = ()
    template_tag: str = "0x1401"


@dataclass(frozen=True, slots=True)
class StatusConfig:
    """What a vendor's command_status in answer to a submit means: throttled, temporary, elsewhere or final."""

    status: int
    means: str


@dataclass(frozen=True, slots=True)
class SmppConfig:
    """One bind. tps: segments in any one second; the rest are seconds.

    numbers: addresses of [[numbers]] that texts may also leave from. smsc: the SMSC behind it, where several binds lead
    to one: receipts are looked for among the texts of all of them. alphabet, segments: how texts are written and cut.
    tls_ca: whose certificate the SMSC must have, empty = the system's; tls_certificate, tls_key: ours, where it wants
    one. outbind_host, outbind_port: where the SMSC may ask for a bind (outbind); 0 = nowhere.
    interface_version: of SMPP, as the bind tells it: 3.4 or 5.0.
    """

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
    numbers: tuple[str, ...] = ()
    smsc: str = ""
    alphabet: str = "gsm7"
    segments: str = "udh"
    statuses: tuple[StatusConfig, ...] = ()
    system_type: str = ""
    interface_version: str = "3.4"
    response_timeout: float = 30
    enquire_interval: float = 30
    reconnect_max: float = 15
    tls: bool = False
    tls_ca: str = ""
    tls_certificate: str = ""
    tls_key: str = ""
    outbind_host: str = "127.0.0.1"
    outbind_port: int = 0


@dataclass(frozen=True, slots=True)
class AggregatorConfig:
    """One account at an HTTP aggregator. kind: africastalking, twilio or kannel. url: empty = the kind's usual one.

    account, secret: user name and API key (africastalking), account SID and auth token (twilio), user name and
    password (kannel). numbers: addresses of [[numbers]] that texts may leave from, the account's own first.
    tps: requests in any one second; at_once: of these unanswered at most. timeout: seconds for one.
    public_url: this gateway as the aggregator calls it, up to but without ``/sms``. receipts: where twilio and kannel
    shall tell what became of a text; empty = below public_url. via: a Messaging Service's SID (twilio), an smsc-id
    (kannel). door: the only one of [[doors]] that its requests come in by; empty = any of its kind.
    """

    name: str
    kind: str
    url: str = ""
    account: str = ""
    secret: Secret = field(default="", repr=False)
    numbers: tuple[str, ...] = ()
    tps: float = 20
    at_once: int = 20
    timeout: float = 10
    public_url: str = ""
    receipts: Secret = field(default="", repr=False)
    via: str = ""
    door: str = ""


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """A network, as routes name it, by the prefixes of its numbers (digits, with the country's code)."""

    name: str
    prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ThroughConfig:
    """One SMSC or aggregator of a route. weight: its share; cost: of one segment, in any unit."""

    smsc: str
    weight: float = 1
    cost: float = 0


@dataclass(frozen=True, slots=True)
class RouteConfig:
    """Which texts leave by what. prefixes, networks, purposes: if not empty, no others.

    purposes: confirmation, reply, alert, marketing. through: whoever takes these texts; order: first (as they stand),
    by weight (the same person always by the same one), or cheapest; whoever is away or refuses is followed by the next.
    """

    name: str
    through: tuple[ThroughConfig, ...]
    prefixes: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    order: str = "first"


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
    says, whose own bound holds where it is lower.
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


@dataclass(frozen=True, slots=True)
class WebhooksConfig:
    """secret: ``whsec_`` and base64 (Standard Webhooks); empty = unsigned events, from loopback only."""

    secret: Secret = field(default="", repr=False)


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
    ussd: UssdConfig = UssdConfig()
    doors: tuple[DoorConfig, ...] = ()
    menus: PathConfig = PathConfig()
    catalogue: PathConfig = PathConfig()
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
    folder: Path = Path()
