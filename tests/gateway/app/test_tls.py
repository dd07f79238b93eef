"""The TLS of the configuration: what cannot be used is said in one line that names the key."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from certificates import authority, signed
from cryptography.hazmat.primitives import serialization

from gateway.app.tls import server_tls
from gateway.config.tree import Config, ServerConfig
from gateway.errors import ConfigError
from gateway.telemetry import Metrics


def test_without_a_certificate_the_server_speaks_plain_http(tmp_path: Path) -> None:
    """The default."""
    assert server_tls(Config(folder=tmp_path), Metrics()) is None


def test_paths_start_at_the_configuration_and_clients_may_show_a_certificate(tmp_path: Path) -> None:
    """May, not must: each door says for itself. Older TLS than 1.2 is not spoken."""
    signed(tmp_path, "gateway", authority(tmp_path, "authority"))
    context = server_tls(_config(tmp_path, client_ca="authority.pem"), Metrics())
    assert context is not None
    assert (context.verify_mode, context.minimum_version) == (ssl.CERT_OPTIONAL, ssl.TLSVersion.TLSv1_2)


@pytest.mark.parametrize(
    ("certificate", "key", "client_ca", "complaint"),
    [
        ("nowhere.pem", "gateway.key", "", "server.tls_certificate: cannot be read"),
        ("gateway.pem", "nowhere.key", "", "server.tls_key: cannot be read"),
        ("gateway.pem", "gateway.key", "nowhere.pem", "server.tls_client_ca: cannot be read"),
        ("gateway.pem", "gateway.key", "gateway.key", "server.tls_client_ca: no certificate in PEM"),
        ("gateway.key", "gateway.key", "", "server.tls_certificate and its key cannot be used"),
        ("gateway.pem", "authority.key", "", "server.tls_certificate and its key cannot be used"),
        ("gateway.pem", "locked.key", "", "the key is encrypted"),
    ],
)
def test_files_that_cannot_be_used_are_named(
    tmp_path: Path, certificate: str, key: str, client_ca: str, complaint: str
) -> None:
    """In one line, before anything starts; nobody is asked for a password."""
    pair = signed(tmp_path, "gateway", authority(tmp_path, "authority"))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    locked = pair.key.private_bytes(*form, serialization.BestAvailableEncryption(b"sesame"))
    (tmp_path / "locked.key").write_bytes(locked)
    with pytest.raises(ConfigError) as refused:
        server_tls(_config(tmp_path, certificate, key, client_ca), Metrics())
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


def _config(folder: Path, certificate: str = "gateway.pem", key: str = "gateway.key", client_ca: str = "") -> Config:
    server = ServerConfig(tls_certificate=certificate, tls_key=key, tls_client_ca=client_ca)
    return Config(server=server, folder=folder)
