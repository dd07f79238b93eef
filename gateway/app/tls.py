"""TLS of the door: the server's certificate, and whose clients' certificates are believed."""

from __future__ import annotations

import ssl
from pathlib import Path

from gateway.config.tree import Config
from gateway.core.knocks import watched
from gateway.errors import ConfigError
from gateway.telemetry import Metrics


def server_tls(config: Config, metrics: Metrics) -> ssl.SSLContext | None:
    """How the server speaks, None for plain HTTP. Raises ConfigError for what cannot be read."""
    server = config.server
    if not server.tls_certificate:
        return None
    certificate = _readable("server.tls_certificate", config.folder / server.tls_certificate)
    key = _readable("server.tls_key", config.folder / server.tls_key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslobject_class = watched(metrics)
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (ssl.SSLError, ValueError) as error:
        raise ConfigError(f"server.tls_certificate, tls_key: not a certificate and its key: {_reason(error)}") from None
    if server.tls_client_ca:
        _believe(context, _readable("server.tls_client_ca", config.folder / server.tls_client_ca))
    return context


def _no_password() -> str:
    """Asked for by OpenSSL, which would else ask at the terminal."""
    raise ValueError("the key is encrypted; give it without a password, readable by the gateway alone")


def _believe(context: ssl.SSLContext, authorities: Path) -> None:
    """Let clients show a certificate of these. Whether one must is for each door to say."""
    try:
        context.load_verify_locations(authorities)
    except ssl.SSLError as error:
        raise ConfigError(f"server.tls_client_ca: no certificate in PEM: {_reason(error)}") from None
    context.verify_mode = ssl.CERT_OPTIONAL


def _readable(key: str, path: Path) -> Path:
    try:
        path.open("rb").close()
    except OSError as error:
        raise ConfigError(f"{key}: cannot be read: {path}: {error.strerror}") from None
    return path


def _reason(error: Exception) -> str:
    return getattr(error, "reason", None) or str(error)
