"""Numbers between 0 and 1 from names: even over names, the same for the same name for ever, on every machine."""

from __future__ import annotations

import hashlib

_BITS = 53
"""Of a number that a float holds exactly."""


def drawn(*names: str) -> float:
    """At least 0 and below 1. names: what it is for, and whose; ``("holdout", subscription)``."""
    digest = hashlib.blake2b("\0".join(names).encode(), digest_size=8).digest()
    return float((int.from_bytes(digest, "big") >> (64 - _BITS)) / 2**_BITS)


def is_held_out(subscription: str, share: float) -> bool:
    """Whether this one gets today's rule, that the learned one may be compared with it. Who is stays so if the share
    grows, and for ever while it stands.
    """
    return share > 0 and drawn("holdout", subscription) < share
