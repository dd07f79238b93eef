"""The sections about texts: binds and aggregators, the numbers texts leave from, and which leave by what."""

from __future__ import annotations

from dataclasses import field

from flows.frozen import dataclass
from gateway.config.secret import Secret


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
