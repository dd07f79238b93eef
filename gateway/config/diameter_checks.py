"""What ``[ocs]`` must hold where its kind is ``diameter``. Each complaint names the key and what it may be."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from gateway.config.bounds import seconds
from gateway.config.ocs_sections import OcsConfig
from gateway.errors import ConfigError

_PORT = 3868
_IDENTITY = re.compile(r"[A-Za-z0-9._-]{1,255}")
"""A DiameterIdentity is a name of the DNS (RFC 6733 §4.3.1)."""
_MOST_WORKERS = 10_000
_LEAST_HOURS, _MOST_HOURS = 1, 8_760
_MOST_SERVICE = 2**32 - 1


def check_diameter(ocs: OcsConfig) -> None:
    """Raises ConfigError."""
    diameter_address(ocs.url)
    if ocs.grants != "trust":  # whatever was granted would be given back
        raise ConfigError('ocs.grants must be trust with kind "diameter": no wallet shows what a bundle holds there')
    ours = ocs.diameter
    for key, name in (("host", ours.host), ("realm", ours.realm)):
        _identity(key, name)
    for key, name in (("to_host", ours.to_host), ("to_realm", ours.to_realm)):
        if name:
            _identity(key, name)
    if not _LEAST_HOURS <= ours.remembers_hours <= _MOST_HOURS:
        raise ConfigError(f"ocs.diameter.remembers_hours must be at least {_LEAST_HOURS} and at most {_MOST_HOURS}")
    if not 1 <= ours.workers <= _MOST_WORKERS:
        raise ConfigError(f"ocs.diameter.workers must be at least 1 and at most {_MOST_WORKERS}")
    if not 0 <= ours.balance_service_id <= _MOST_SERVICE:
        raise ConfigError(f"ocs.diameter.balance_service_id must be from 0 to {_MOST_SERVICE}")
    seconds("ocs.diameter.watchdog", ours.watchdog)
    seconds("ocs.diameter.reconnect_max", ours.reconnect_max)


def diameter_address(url: str) -> tuple[str, int]:
    """Host and port of ``aaa://host:port``, 3868 where no port is given. Raises ConfigError."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", _PORT if parts.port is None else parts.port
    except ValueError:  # a port that is none, half an IPv6 address
        host, port, parts = "", 0, urlsplit("")
    bare = parts.path in {"", "/"} and not (parts.query or parts.fragment or parts.username or ";" in parts.netloc)
    if parts.scheme != "aaa" or not host or not port or not bare or not url.isprintable() or " " in url:
        raise ConfigError('ocs.url must be aaa://host:3868 with kind "diameter": TCP, without TLS and parameters')
    return host, port


def _identity(key: str, name: str) -> None:
    if not _IDENTITY.fullmatch(name):
        raise ConfigError(f"ocs.diameter.{key} must be a host name such as chasqui.example")
