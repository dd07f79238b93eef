"""Identifiers that sort by time, so that "newest first" needs no second column."""

from __future__ import annotations

import random
from datetime import datetime

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(a + b for a in _CROCKFORD for b in _CROCKFORD)


def new_id(at: datetime) -> str:
    """A ULID: 48 bits of milliseconds and 80 random bits in 26 characters of Crockford's base 32.

    Unique, not secret: nothing is let in for knowing one, and the system's generator would cost a call to the kernel.
    """
    return _encoded((int(at.timestamp() * 1000) << 80) | random.getrandbits(80))


def first_id(at: datetime) -> str:
    """What no id made at ``at`` or later sorts before."""
    return _encoded(int(at.timestamp() * 1000) << 80)


def _encoded(number: int) -> str:
    return "".join(_PAIRS[(number >> shift) & 1023] for shift in range(120, -10, -10))
