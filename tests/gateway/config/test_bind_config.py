"""What an operator says of one bind beside host and port: statuses, TLS, outbind, the version."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.app.peers import smpp_settings
from gateway.config.loading import load
from gateway.core.service_numbers import ServiceNumber
from gateway.errors import ConfigError
from gateway.smpp.settings import SmppSettings


def settings(folder: Path, more: str) -> SmppSettings:
    """The bind ``a`` with these lines, as the client takes it."""
    file = folder / "chasqui.toml"
    file.write_text(f'[[smpp]]\nname = "a"\nhost = "h"\n{more}\n')
    return smpp_settings(load(file, {}).smpp[0], (ServiceNumber("1"),))


def test_a_vendors_status_means_what_the_operator_says(tmp_path: Path) -> None:
    """Beside the specification's own, of which each can be said anew."""
    found = settings(
        tmp_path, 'statuses = [{status = 0x401, means = "throttled"}, {status = 11, means = "temporary"}]'
    ).refusals
    assert (found[0x401], found[0x0B], found[0x58], found.get(0x402)) == ("throttled", "temporary", "throttled", None)


def test_the_version_and_outbind_are_the_binds(tmp_path: Path) -> None:
    """3.4 and no listener, if nothing is said."""
    assert (settings(tmp_path, "").interface_version, settings(tmp_path, "").outbind_port) == (0x34, None)
    found = settings(tmp_path, 'interface_version = "5.0"\noutbind_port = 2776')
    assert (found.interface_version, found.outbind_host, found.outbind_port) == (0x50, "127.0.0.1", 2776)


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ('statuses = [{status = 0, means = "final"}]', "statuses: status must be from 1 to 4294967295"),
        ('statuses = [{status = 1, means = "no"}]', "statuses: means is 'no'; it must be one of: throttled, temporary"),
        (
            'statuses = [{status = 9, means = "final"}, {status = 9, means = "final"}]',
            "statuses: two entries are about status 9",
        ),
        ('interface_version = "3.3"', "interface_version is '3.3'; it must be one of: 3.4, 5.0"),
        ('tls_ca = "ca.pem"', "tls_ca has no meaning without tls = true"),
        ('tls = true\ntls_key = "k"', "tls_certificate is missing: a certificate and its key go together"),
        ('tls = true\ntls_certificate = "c"', "tls_key is missing: a certificate and its key go together"),
        ("tls = true\noutbind_port = 1", "outbind_port with tls needs tls_certificate and tls_key"),
        ("outbind_port = 70000", "outbind_port must be a port from 0 to 65535"),
        ('outbind_port = 1\noutbind_host = ""', "outbind_host is empty"),
    ],
)
def test_what_a_bind_cannot_mean_is_refused_in_one_line(tmp_path: Path, more: str, complaint: str) -> None:
    """With the bind and the key."""
    with pytest.raises(ConfigError) as refused:
        settings(tmp_path, more)
    assert f"smpp 'a': {complaint}" in str(refused.value)
    assert "\n" not in str(refused.value)
