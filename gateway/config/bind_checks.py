"""What one ``[[smpp]]`` must hold beside its texts and times. Each complaint is one line."""

from __future__ import annotations

from gateway.config.tree import SmppConfig
from gateway.errors import ConfigError

MEANINGS = ("throttled", "temporary", "elsewhere", "final")
VERSIONS = ("3.4", "5.0")
_MOST_STATUS = 0xFFFFFFFF
_MOST_PORT = 65_535


def check_bind(where: str, bind: SmppConfig) -> None:
    """Raises ConfigError."""
    if bind.interface_version not in VERSIONS:
        raise ConfigError(
            f"{where}: interface_version is {bind.interface_version!r}; it must be one of: {', '.join(VERSIONS)}"
        )
    _statuses(where, bind)
    _tls(where, bind)
    if not 0 <= bind.outbind_port <= _MOST_PORT:
        raise ConfigError(f"{where}: outbind_port must be a port from 0 to {_MOST_PORT}")
    if bind.outbind_port and not bind.outbind_host:
        raise ConfigError(f"{where}: outbind_host is empty")


def _statuses(where: str, bind: SmppConfig) -> None:
    seen = set()
    for one in bind.statuses:
        if not 1 <= one.status <= _MOST_STATUS:
            raise ConfigError(f"{where}: statuses: status must be from 1 to {_MOST_STATUS}")
        if one.means not in MEANINGS:
            raise ConfigError(f"{where}: statuses: means is {one.means!r}; it must be one of: {', '.join(MEANINGS)}")
        if one.status in seen:
            raise ConfigError(f"{where}: statuses: two entries are about status {one.status}")
        seen.add(one.status)


def _tls(where: str, bind: SmppConfig) -> None:
    for key, file in (("tls_ca", bind.tls_ca), ("tls_certificate", bind.tls_certificate), ("tls_key", bind.tls_key)):
        if file and not bind.tls:
            raise ConfigError(f"{where}: {key} has no meaning without tls = true")
    if bool(bind.tls_certificate) != bool(bind.tls_key):
        missing = "tls_key" if bind.tls_certificate else "tls_certificate"
        raise ConfigError(f"{where}: {missing} is missing: a certificate and its key go together")
    if bind.tls and bind.outbind_port and not bind.tls_certificate:
        raise ConfigError(f"{where}: outbind_port with tls needs tls_certificate and tls_key: the SMSC connects to us")
