"""Signed webhooks as Standard Webhooks 1.0 has them: ``HMAC-SHA256(secret, id.timestamp.body)`` in base64."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from enum import StrEnum

TOLERANCE_SECONDS = 300
_SECONDS = re.compile(r"[0-9]{1,12}")


class Refusal(StrEnum):
    """Why a signature does not hold; the values are codes of problems."""

    MISSING = "signature-missing"
    STALE = "signature-stale"
    WRONG = "signature-wrong"

    @property
    def sentence(self) -> str:
        """What to tell whoever sent it."""
        return _SENTENCES[self]


_SENTENCES = {
    Refusal.MISSING: "the signature is missing: webhook-id, webhook-timestamp and webhook-signature",
    Refusal.STALE: f"the signature is older than {TOLERANCE_SECONDS} seconds, or from the future",
    Refusal.WRONG: "the signature is wrong",
}


def refusal(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> Refusal | None:
    """Why the signature does not hold, or None when it does.

    secret: ``whsec_`` and base64. headers: webhook-id, webhook-timestamp, webhook-signature. now: epoch seconds.
    """
    webhook_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    signatures = headers.get("webhook-signature", "")
    if not (webhook_id and timestamp and signatures):
        return Refusal.MISSING
    if not _SECONDS.fullmatch(timestamp) or abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        return Refusal.STALE
    expected = sign(secret, webhook_id, timestamp, body)
    held = any(
        hmac.compare_digest(one.encode(errors="surrogateescape"), expected.encode()) for one in signatures.split()
    )
    return None if held else Refusal.WRONG


def sign(secret: str, webhook_id: str, timestamp: str, body: bytes) -> str:
    """The ``v1`` signature of a body."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(
        key, f"{webhook_id}.{timestamp}.".encode(errors="surrogateescape") + body, hashlib.sha256
    ).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
