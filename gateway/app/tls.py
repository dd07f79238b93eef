"""TLS of the door and of binds: whose certificates are believed, and which are shown."""

from __future__ import annotations

import ssl
from pathlib import Path

from flows.frozen import dataclass
from gateway.config.tree import Config, SmppConfig
from gateway.core.knocks import watched
from gateway.errors import ConfigError
from gateway.telemetry import Metrics


@dataclass(frozen=True, slots=True)
class BindTls:
    """How a bind connects, and how it is connected to (outbind); None for plain TCP."""

    client: ssl.SSLContext | None = None
    outbind: ssl.SSLContext | None = None


def bind_tls(config: Config, bind: SmppConfig) -> BindTls:
    """Raises ConfigError for what cannot be read."""
    if not bind.tls:
        return BindTls()
    where = f"smpp {bind.name!r}"
    client = ssl.create_default_context()
    if bind.tls_ca:  # whoever has an authority of their own wants no other
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        _believe(client, f"{where}: tls_ca", config.folder / bind.tls_ca)
    contexts = [client]
    if bind.outbind_port:
        contexts.append(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
        if bind.tls_ca:
            _believe(contexts[1], f"{where}: tls_ca", config.folder / bind.tls_ca)
            contexts[1].verify_mode = ssl.CERT_REQUIRED
    for context in contexts:
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if bind.tls_certificate:
            _show(context, f"{where}: tls_", config.folder / bind.tls_certificate, config.folder / bind.tls_key)
    return BindTls(*contexts)


def simulated_tls(certificate: Path | None, key: Path | None, authorities: Path | None) -> ssl.SSLContext | None:
    """How a simulator speaks, by options of the command line; None for plain TCP. Raises ConfigError.

    authorities: whose certificate a client must show; None asks for none.
    """
    if certificate is None or key is None:
        for option, given in (("--tls-key", certificate), ("--tls-certificate", key or authorities)):
            if given is not None:
                raise ConfigError(f"{option} is missing: a certificate and its key go together")
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _show(context, "--tls-", certificate, key)
    if authorities is not None:
        _believe(context, "--tls-ca", authorities)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def server_tls(config: Config, metrics: Metrics) -> ssl.SSLContext | None:
    """How the server speaks, None for plain HTTP. Raises ConfigError for what cannot be read."""
    server = config.server
    if not server.tls_certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslobject_class = watched(metrics)
    _show(context, "server.tls_", config.folder / server.tls_certificate, config.folder / server.tls_key)
    if server.tls_client_ca:
        _believe(context, "server.tls_client_ca", config.folder / server.tls_client_ca)
        context.verify_mode = ssl.CERT_OPTIONAL  # whether one must be shown is for each door to say
    return context


def _no_password() -> str:
    """Asked for by OpenSSL, which would else ask at the terminal."""
    raise ValueError("the key is encrypted; give it without a password, readable by the gateway alone")


def _show(context: ssl.SSLContext, where: str, certificate: Path, key: Path) -> None:
    """Show this certificate. where: what stands before the names of the two."""
    _readable(f"{where}certificate", certificate)
    _readable(f"{where}key", key)
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (ssl.SSLError, ValueError) as error:
        raise ConfigError(f"{where}certificate and its key cannot be used: {_reason(error)}") from None


def _believe(context: ssl.SSLContext, key: str, authorities: Path) -> None:
    """Believe certificates of these."""
    _readable(key, authorities)
    try:
        context.load_verify_locations(authorities)
    except ssl.SSLError as error:
        raise ConfigError(f"{key}: no certificate in PEM: {_reason(error)}") from None


def _readable(key: str, path: Path) -> None:
    try:
        path.open("rb").close()
    except OSError as error:
        raise ConfigError(f"{key}: cannot be read: {path}: {error.strerror}") from None


def _reason(error: Exception) -> str:
    return getattr(error, "reason", None) or str(error)
