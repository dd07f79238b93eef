"""Signed documents: Ed25519 (RFC 8032) over canonical JSON (RFC 8785), to be checked anywhere with the public key.

A document is ``{"story": …, "signature": {"algorithm", "key", "signed_at", "value"}}`` in canonical JSON and one line
feed. What is signed is the same without ``value``. ``key`` is the SHA-256 of the public key (its SubjectPublicKeyInfo),
so that a document says which key it wants; whose key that is must be known from elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from flows.frozen import dataclass
from gateway.errors import StoryKeyUnusable

ALGORITHM = "Ed25519"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found. fault: what does not hold, empty when all does; about, signed_at: as the document says."""

    fault: str
    about: str = ""
    signed_at: str = ""


class Seal:
    """The key of an installation. key_id: names its public key."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.key_id = key_id(private.public_key())
        self.public_pem = public_pem(private.public_key())

    def signed(self, story: Mapping[str, Any], at: datetime) -> bytes:
        """The document, as it is handed out."""
        signature = {"algorithm": ALGORITHM, "key": self.key_id, "signed_at": _instant(at)}
        value = self._private.sign(_canonical({"story": story, "signature": signature}))
        return _written({"story": story, "signature": {**signature, "value": _text(value)}})


def check(document: bytes, public: Ed25519PublicKey) -> Verdict:
    """Whether every byte of a document is as it was signed by whoever holds the key."""
    try:
        content = json.loads(document)
        signature = dict(content["signature"])
        value = signature.pop("value")
        about, signed_at = str(content["story"]["order"]["key"]), str(signature["signed_at"])
    except (ValueError, KeyError, TypeError):
        return Verdict("this is no signed story")
    if signature.get("key") != key_id(public):
        return Verdict(f"it names another key ({signature.get('key')}), not {key_id(public)}", about, signed_at)
    try:
        public.verify(_octets(value), _canonical({**content, "signature": signature}))
    except (InvalidSignature, ValueError, TypeError, rfc8785.CanonicalizationError):
        return Verdict("its content is not what was signed", about, signed_at)
    if _written(content) != document:
        return Verdict(
            "what it says was signed, but the file was written anew since: its bytes differ", about, signed_at
        )
    return Verdict("", about, signed_at)


def make_key(file: Path) -> Seal:
    """A key in a new file that its owner alone can read. Raises StoryKeyUnusable, also where there is one already."""
    private = Ed25519PrivateKey.generate()
    content = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as opened:
            opened.write(content)
            os.fchmod(opened.fileno(), 0o600)
            os.fsync(opened.fileno())
    except FileExistsError:
        raise StoryKeyUnusable(
            f"{file}: is there already; what was signed with it could not be checked any more"
        ) from None
    except OSError as error:
        raise StoryKeyUnusable(f"{file}: cannot be written: {error.strerror}") from None
    return Seal(private)


def open_key(file: Path) -> Seal:
    """The installation's key. Raises StoryKeyUnusable."""
    try:
        with file.open("rb") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            content = opened.read()
    except FileNotFoundError:
        raise StoryKeyUnusable(f"{file}: there is no key to sign with; chasqui orders key makes it") from None
    except OSError as error:
        raise StoryKeyUnusable(f"{file}: cannot be read: {error.strerror}") from None
    if mode & _OTHERS:
        raise StoryKeyUnusable(f"{file}: others than its owner may read the key: chmod 600 {file}")
    private = _private(content)
    if private is None:
        raise StoryKeyUnusable(f"{file}: is no Ed25519 key in PEM without a password")
    return Seal(private)


def open_public(file: Path) -> Ed25519PublicKey:
    """A public key, from its own file or from that of the pair. Raises StoryKeyUnusable."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise StoryKeyUnusable(f"{file}: cannot be read: {error.strerror}") from None
    private = _private(content)
    if private is not None:
        return private.public_key()
    try:
        public = load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        public = None
    if not isinstance(public, Ed25519PublicKey):
        raise StoryKeyUnusable(f"{file}: is no Ed25519 key in PEM")
    return public


def key_id(public: Ed25519PublicKey) -> str:
    """The name of a public key: ``sha256:`` and the digest of its SubjectPublicKeyInfo in hex."""
    return f"sha256:{hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()}"


def public_pem(public: Ed25519PublicKey) -> str:
    """As others get it."""
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def _private(content: bytes) -> Ed25519PrivateKey | None:
    try:
        private = load_pem_private_key(content, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return private if isinstance(private, Ed25519PrivateKey) else None


def _canonical(document: Any) -> bytes:
    return bytes(rfc8785.dumps(document))


def _written(document: Any) -> bytes:
    return _canonical(document) + b"\n"


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def _octets(text: str) -> bytes:
    """Raises ValueError for another spelling of the same octets."""
    octets = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _text(octets) != text:
        raise ValueError("not canonical")
    return octets
