"""The personal part of a consent record, under a key that belongs to one subscription.

Erasing a person's data is deleting their key: the record and its place in the chain stay, what is personal in it can
never be read again. AES-256-GCM with a fresh 96-bit nonce in front of the ciphertext. The associated data name record
and position, so that a sealed part opens in its own record and in no other.
"""

from __future__ import annotations

import hmac
import json
import secrets
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from flows.frozen import dataclass
from flows.values import Msisdn, SubscriptionId

_KEY_BYTES = 32
_NONCE_BYTES = 12
_CHECKED = b"chasqui-check\n"
"""In front of what a digest is made of, so that it is never anything else under the same key."""


@dataclass(frozen=True, slots=True)
class Key:
    """The key of one subscription. id: named in clear by each record that was sealed with it."""

    id: str
    subscription: SubscriptionId
    secret: bytes
    created_at: datetime

    def __repr__(self) -> str:
        return f"Key(id={self.id!r})"


@dataclass(frozen=True, slots=True)
class Personal:
    """What is sealed: the number, the screens and the answers to them, the session."""

    msisdn: Msisdn
    prompts: tuple[str, ...]
    replies: tuple[str, ...]
    session: str


def new_key(subscription: SubscriptionId, at: datetime) -> Key:
    """A key that was never used."""
    return Key(f"k-{secrets.token_hex(8)}", subscription, secrets.token_bytes(_KEY_BYTES), at)


def seal(personal: Personal, key: Key, record_id: str, position: int) -> bytes:
    """Nonce and ciphertext."""
    content = {
        "msisdn": personal.msisdn,
        "prompts": personal.prompts,
        "replies": personal.replies,
        "session": personal.session,
    }
    nonce = secrets.token_bytes(_NONCE_BYTES)
    # ASCII, for what a person types may be half a surrogate pair
    return nonce + AESGCM(key.secret).encrypt(
        nonce, json.dumps(content).encode("ascii"), _bound_to(record_id, position)
    )


def unseal(sealed: bytes, key: Key, record_id: str, position: int) -> Personal | None:
    """What was sealed, or None when this key, record and position do not open it."""
    nonce, ciphertext = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        content = json.loads(AESGCM(key.secret).decrypt(nonce, ciphertext, _bound_to(record_id, position)))
    except (InvalidTag, ValueError):
        return None
    return Personal(
        msisdn=Msisdn(content["msisdn"]),
        prompts=tuple(content["prompts"]),
        replies=tuple(content["replies"]),
        session=content["session"],
    )


def digest(secret: str, key: Key) -> str:
    """What ``secret`` can be checked by, and not be found from without the key: HMAC-SHA-256 in hex."""
    return f"hmac-sha256:{hmac.digest(key.secret, _CHECKED + secret.encode('utf-8', 'replace'), 'sha256').hex()}"


def _bound_to(record_id: str, position: int) -> bytes:
    return f"{position}\n{record_id}".encode()
