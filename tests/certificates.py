"""An authority, and the certificates that it signs, for TLS over loopback."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, as files too."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    certificate_file: Path
    key_file: Path

    @property
    def sha256(self) -> str:
        """What a door is told of it."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    def shown_to(self, authority: Pair) -> ssl.SSLContext:
        """A client that trusts this authority and shows this certificate."""
        context = trusting(authority)
        context.load_cert_chain(self.certificate_file, self.key_file)
        return context


def trusting(authority: Pair) -> ssl.SSLContext:
    """A client that trusts this authority and shows nothing."""
    return ssl.create_default_context(cafile=str(authority.certificate_file))


def authority(folder: Path, name: str) -> Pair:
    """A certificate that signs others, signed by itself."""
    return _made(folder, name, None, is_authority=True)


def signed(folder: Path, name: str, by: Pair | None, *, age: timedelta = timedelta()) -> Pair:
    """A certificate for 127.0.0.1 and this name, for a day. by: None = by itself; age: how long ago it was made."""
    return _made(folder, name, by, age=age)


def _made(
    folder: Path, name: str, by: Pair | None, *, is_authority: bool = False, age: timedelta = timedelta()
) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    began = datetime.now(UTC) - age
    names = [x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName(name)]
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(began - timedelta(minutes=5))
        .not_valid_after(began + _DAY)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
    )
    certificate = builder.sign(by.key if by else key, hashes.SHA256())
    pair = Pair(certificate, key, folder / f"{name}.pem", folder / f"{name}.key")
    pair.certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pair.key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pair
