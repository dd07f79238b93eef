"""What a configuration must hold beyond its types. Each complaint names the key and what it may be."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import math
import re
from collections.abc import Iterable

from gateway.config.policy_checks import check_policy, check_push_url
from gateway.config.smpp_checks import check_names, check_smpp
from gateway.config.tree import Config, DoorConfig, ServerConfig, SmppConfig, UssdServiceConfig
from gateway.errors import ConfigError

HTTP_DIALECTS = ("africastalking", "hubtel", "nalo", "infobip", "airtel", "safaricom", "restcomm", "truroute")
_DIALECTS_NOW = ("triggers", *HTTP_DIALECTS, "smpp")
_CHARSETS = ("gsm7", "ucs2")
_LEAST_SCREEN = 40
_OCS_NOW = ("simulator", "tmf")
_OCS_LATER = ("cgrates", "diameter", "ucip")
_BINDS = ("transmitter", "receiver", "transceiver")
_ROLES = ("app", "crm", "admin")
_TOKEN = re.compile(r"[A-Za-z0-9._~-]*")
"""What stands in a path as it is (RFC 3986 §2.3)."""
_CODE = re.compile(r"[*#][0-9*#]{1,30}#")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MOST_PORT = 65_535


def check(config: Config) -> Config:
    """The same configuration, if it can be used. Raises ConfigError."""
    _one_of("ocs.kind", config.ocs.kind, _OCS_NOW, _OCS_LATER)
    _one_of("policy.quiet_hours", config.policy.quiet_hours, ("market", "off"))
    _one_of("policy.assume_opt_in", config.policy.assume_opt_in, ("market", "yes"))
    _not_yet("sessions.url", config.sessions.url, "memory://")
    _not_yet("triggers.url", config.triggers.url, "inline://")
    if config.ocs.kind == "tmf" and not config.ocs.url:
        raise ConfigError('ocs.url is missing: with kind = "tmf" it names the charging system')
    _port("server.port", config.server.port)
    _port("server.metrics_port", config.server.metrics_port)
    _tls(config.server)
    _positive("ocs.timeout", config.ocs.timeout)
    _positive("api.requests_per_second", config.api.requests_per_second)
    for door in config.doors:
        _door(door)
        check_push_url(door)
        if door.certificate and not config.server.tls_client_ca:
            raise ConfigError(f"doors {door.name!r}: certificate needs server.tls_client_ca, which is not set")
    for bind in config.smpp:
        _bind(bind)
    check_names("smpp", [bind.name for bind in config.smpp])
    _services(config.ussd.services)
    check_names("doors", [door.name for door in config.doors])
    check_smpp(config)
    for token in config.api.tokens:
        _one_of("api.tokens.role", token.role, _ROLES)
        if not _SHA256.fullmatch(token.sha256):
            raise ConfigError(f"api.tokens {token.name!r}: sha256 must be 64 hex digits (printf %s TOKEN | sha256sum)")
    check_policy(config.policy)
    _secret(config.webhooks.secret)
    if config.telemetry.otlp_endpoint and not config.telemetry.otlp_endpoint.startswith(("http://", "https://")):
        raise ConfigError("telemetry.otlp_endpoint must be a URL such as http://127.0.0.1:4318")
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
    if door.max_septets and door.max_septets < _LEAST_SCREEN:
        raise ConfigError(f"doors {door.name!r}: max_septets must be at least {_LEAST_SCREEN}")
    if door.certificate and not _SHA256.fullmatch(door.certificate.replace(":", "").lower()):
        raise ConfigError(f"doors {door.name!r}: certificate must be the SHA-256 of the client's, 64 hex digits")
    if door.dialect in HTTP_DIALECTS and not _TOKEN.fullmatch(door.token):
        raise ConfigError(f"doors {door.name!r}: token may hold A-Z a-z 0-9 - . _ ~ only: it stands in a path")
    if door.service and not _CODE.fullmatch(door.service):
        raise ConfigError(f"doors {door.name!r}: service {door.service!r} is no service code such as *123#")
    _positive(f"doors {door.name!r}: idle_seconds", door.idle_seconds)
    _positive(f"doors {door.name!r}: total_seconds", door.total_seconds)
    _not_negative(f"doors {door.name!r}: resume_seconds", door.resume_seconds)
    _not_negative(f"doors {door.name!r}: repeat_seconds", door.repeat_seconds)
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


def _bind(bind: SmppConfig) -> None:
    where = f"smpp {bind.name!r}"
    _one_of(f"{where}: bind", bind.bind, _BINDS)
    _port(f"{where}: port", bind.port)
    if bind.window < 1:
        raise ConfigError(f"{where}: window must be at least 1")
    if bind.tps < 1:
        raise ConfigError(f"{where}: tps must be at least 1")
    for key, value in (
        ("response_timeout", bind.response_timeout),
        ("enquire_interval", bind.enquire_interval),
        ("reconnect_max", bind.reconnect_max),
    ):
        _positive(f"{where}: {key}", value)


def _one_of(key: str, value: str, now: Iterable[str], later: Iterable[str] = ()) -> None:
    if value in later:
        raise ConfigError(f"{key} {value!r} is not available in this version; use one of: {', '.join(now)}")
    if value not in now:
        raise ConfigError(f"{key} is {value!r}; it must be one of: {', '.join(now)}")


def _not_yet(key: str, value: str, only: str) -> None:
    if value != only:
        raise ConfigError(f"{key} {value!r} is not available in this version; leave it at {only!r}")


def _port(key: str, value: int) -> None:
    if not 0 <= value <= _MOST_PORT:
        raise ConfigError(f"{key} must be a port from 0 to {_MOST_PORT}")


def _positive(key: str, value: float) -> None:
    if not 0 < value < math.inf:
        raise ConfigError(f"{key} must be more than 0")


def _not_negative(key: str, value: float) -> None:
    if not 0 <= value < math.inf:
        raise ConfigError(f"{key} must be 0 or more")


def _secret(secret: str) -> None:
    if not secret:
        return
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if not key or not secret.startswith("whsec_"):
        raise ConfigError("webhooks.secret must be whsec_ followed by base64")
