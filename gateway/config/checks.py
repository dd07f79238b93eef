"""What a configuration must hold beyond its types. Each complaint names the key and what it may be."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from gateway.config.aggregator_checks import AGGREGATORS, check_aggregators
from gateway.config.behaviour_sections import check_behaviour
from gateway.config.bind_checks import check_bind
from gateway.config.bounds import check_everywhere, positive, seconds, url
from gateway.config.ocs_checks import check_ocs
from gateway.config.order_sections import check_orders
from gateway.config.policy_checks import check_operator, check_policy, check_push_url
from gateway.config.retention import check_retention
from gateway.config.scoring_sections import check_scoring
from gateway.config.smpp_checks import check_names, check_smpp
from gateway.config.sms_checks import check_sms
from gateway.config.tree import DEFAULT_SERVICES, Config, DoorConfig, ServerConfig, SmppConfig, UssdServiceConfig
from gateway.config.trigger_checks import check_triggers
from gateway.config.webhook_checks import check_endpoints, check_secret
from gateway.errors import ConfigError

HTTP_DIALECTS = ("africastalking", "hubtel", "nalo", "infobip", "airtel", "safaricom", "restcomm", "truroute")
_DIALECTS_NOW = tuple(dict.fromkeys(("triggers", *HTTP_DIALECTS, *AGGREGATORS, "smpp")))
_CHARSETS = ("gsm7", "ucs2")
_LEAST_SCREEN, _MOST_SCREEN = 40, 1_000
_PATH_WORDS = {"africastalking": ("events",), "infobip": ("session",)}
"""What may stand in a path where another door's token would."""
_OCS_KINDS = ("simulator", "tmf", "cgrates", "ucip", "diameter")
_BINDS = ("transmitter", "receiver", "transceiver")
_ROLES = ("app", "crm", "admin")
_TOKEN = re.compile(r"[A-Za-z0-9._~-]*")
"""What stands in a path as it is (RFC 3986 §2.3)."""
_CODE = re.compile(r"[*#][0-9*#]{1,30}#")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MOST_PORT = 65_535
_MOST_OCTET = 255
_MOST_WINDOW, _MOST_TPS = 100_000, 100_000


def check(config: Config) -> Config:
    """The same configuration, if it can be used. Raises ConfigError."""
    check_everywhere(config)
    _one_of("ocs.kind", config.ocs.kind, _OCS_KINDS)
    _one_of("policy.quiet_hours", config.policy.quiet_hours, ("market", "off"))
    _one_of("policy.assume_opt_in", config.policy.assume_opt_in, ("market", "yes"))
    _not_yet("sessions.url", config.sessions.url, "memory://")
    _not_yet("triggers.url", config.triggers.url, "inline://")
    check_triggers(config.triggers)
    check_ocs(config.ocs)
    _port("server.port", config.server.port)
    _port("server.metrics_port", config.server.metrics_port)
    _tls(config.server)
    positive("api.requests_per_second", config.api.requests_per_second)
    for door in config.doors:
        _door(door)
        check_push_url(door)
        if door.certificate and not config.server.tls_client_ca:
            raise ConfigError(f"doors {door.name!r}: certificate needs server.tls_client_ca, which is not set")
    for bind in config.smpp:
        _bind(bind)
    for profile in config.ussd.profiles:
        if not _is_latin_1(profile.service_type):
            raise ConfigError(
                f"ussd.profiles {profile.name!r}: service_type has a character that SMPP cannot carry (ISO 8859-1)"
            )
    check_names("smpp", [bind.name for bind in config.smpp])
    _services(config.ussd.services)
    _lead_somewhere(config)
    check_names("doors", [door.name for door in config.doors])
    check_smpp(config)
    check_sms(config)
    check_aggregators(config)
    for token in config.api.tokens:
        _one_of("api.tokens.role", token.role, _ROLES)
        if not _SHA256.fullmatch(token.sha256):
            raise ConfigError(f"api.tokens {token.name!r}: sha256 must be 64 hex digits (printf %s TOKEN | sha256sum)")
    check_operator(config.operator)
    check_behaviour(config.behaviour)
    check_orders(config.story, config.reconciliation)
    check_retention(config.retention)
    check_policy(config.policy)
    check_scoring(config.scoring)
    if config.webhooks.secret:
        check_secret("webhooks.secret", config.webhooks.secret)
    check_endpoints(config.webhooks.endpoints)
    if config.telemetry.otlp_endpoint:
        url("telemetry.otlp_endpoint", config.telemetry.otlp_endpoint, "http://127.0.0.1:4318")
    return config


def _tls(server: ServerConfig) -> None:
    if bool(server.tls_certificate) != bool(server.tls_key):
        missing = "tls_key" if server.tls_certificate else "tls_certificate"
        raise ConfigError(f"server.{missing} is missing: a certificate and its key go together")
    if server.tls_client_ca and not server.tls_certificate:
        raise ConfigError("server.tls_client_ca needs server.tls_certificate and tls_key: without TLS none is shown")


def _door(door: DoorConfig) -> None:
    if door.dialect not in _DIALECTS_NOW:
        raise ConfigError(
            f"doors {door.name!r}: dialect {door.dialect!r} is not available; there is: {', '.join(_DIALECTS_NOW)}"
        )
    _one_of(f"doors {door.name!r}: charset", door.charset, _CHARSETS)
    if door.max_septets and not _LEAST_SCREEN <= door.max_septets <= _MOST_SCREEN:
        raise ConfigError(
            f"doors {door.name!r}: max_septets must be at least {_LEAST_SCREEN} and at most {_MOST_SCREEN}"
        )
    if door.certificate and not _SHA256.fullmatch(door.certificate.replace(":", "").lower()):
        raise ConfigError(f"doors {door.name!r}: certificate must be the SHA-256 of the client's, 64 hex digits")
    if door.dialect in HTTP_DIALECTS and not _TOKEN.fullmatch(door.token):
        raise ConfigError(f"doors {door.name!r}: token may hold A-Z a-z 0-9 - . _ ~ only: it stands in a path")
    if door.token in _PATH_WORDS.get(door.dialect, ()):
        raise ConfigError(f"doors {door.name!r}: token may not be {door.token!r}: it is a word in the dialect's paths")
    if door.service and not _CODE.fullmatch(door.service):
        raise ConfigError(f"doors {door.name!r}: service {door.service!r} is no service code such as *123#")
    seconds(f"doors {door.name!r}: idle_seconds", door.idle_seconds)
    seconds(f"doors {door.name!r}: total_seconds", door.total_seconds)
    seconds(f"doors {door.name!r}: resume_seconds", door.resume_seconds, zero=True)
    seconds(f"doors {door.name!r}: repeat_seconds", door.repeat_seconds, zero=True)
    for network in door.allow:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise ConfigError(f"doors {door.name!r}: allow: {network!r} is not an address or network") from None


def _services(services: Iterable[UssdServiceConfig]) -> None:
    seen = set()
    for one in services:
        if not _CODE.fullmatch(one.code):
            raise ConfigError(f"ussd.services: code {one.code!r} is no service code such as *123#")
        if (one.code, one.network) in seen:
            raise ConfigError(f"ussd.services: two entries have the code {one.code!r} on the same network")
        seen.add((one.code, one.network))


def _lead_somewhere(config: Config) -> None:
    """What a door says is dialled there must lead to a menu, as it would if somebody dialled it."""
    services = config.ussd.services or DEFAULT_SERVICES
    for door in config.doors:
        if door.service and not any(_leads(door, one) for one in services):
            raise ConfigError(
                f"doors {door.name!r}: service {door.service!r} leads nowhere: no [[ussd.services]] has it"
            )


def _leads(door: DoorConfig, one: UssdServiceConfig) -> bool:
    """Whether what is dialled there begins with this code; its network may be told by each hop."""
    begins = f"{door.service.removesuffix('#')}*".startswith(f"{one.code.removesuffix('#')}*")
    return begins and (not one.network or not door.network or one.network == door.network)


def _bind(bind: SmppConfig) -> None:
    where = f"smpp {bind.name!r}"
    _one_of(f"{where}: bind", bind.bind, _BINDS)
    _port(f"{where}: port", bind.port)
    if not 1 <= bind.window <= _MOST_WINDOW:
        raise ConfigError(f"{where}: window must be at least 1 and at most {_MOST_WINDOW}")
    if not 1 <= bind.tps <= _MOST_TPS:
        raise ConfigError(f"{where}: tps must be at least 1 and at most {_MOST_TPS}")
    for key, octet in (("source_ton", bind.source_ton), ("source_npi", bind.source_npi)):
        if not 0 <= octet <= _MOST_OCTET:
            raise ConfigError(f"{where}: {key} must be from 0 to {_MOST_OCTET}")
    for key, text in (
        ("system_id", bind.system_id),
        ("password", bind.password),
        ("system_type", bind.system_type),
        ("source", bind.source),
    ):
        if not _is_latin_1(text):
            raise ConfigError(f"{where}: {key} has a character that SMPP cannot carry (ISO 8859-1)")
    for key, value in (
        ("response_timeout", bind.response_timeout),
        ("enquire_interval", bind.enquire_interval),
        ("reconnect_max", bind.reconnect_max),
    ):
        seconds(f"{where}: {key}", value)
    check_bind(where, bind)


def _one_of(key: str, value: str, known: Iterable[str]) -> None:
    if value not in known:
        raise ConfigError(f"{key} is {value!r}; it must be one of: {', '.join(known)}")


def _not_yet(key: str, value: str, only: str) -> None:
    if value != only:
        raise ConfigError(f"{key} {value!r} is not available in this version; leave it at {only!r}")


def _port(key: str, value: int) -> None:
    if not 0 <= value <= _MOST_PORT:
        raise ConfigError(f"{key} must be a port from 0 to {_MOST_PORT}")


def _is_latin_1(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
