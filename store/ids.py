"""Identifiers that sort by time, so that "newest first" needs no second column."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PAIRS = tuple(a + b for a in _CROCKFORD for b in _CROCKFORD)


def new_id(at: datetime) -> str:
    """A ULID: 48 bits of milliseconds and 80 random bits in 26 characters of Crockford's base 32.

    Unique, not secret: nothing is let in for knowing one, and the system's generator would cost a call to the kernel.
    """
    return _time(int(at.timestamp() * 1000)) + _eight(random.getrandbits(40)) + _eight(random.getrandbits(40))


def first_id(at: datetime) -> str:
    """What no id made at ``at`` or later sorts before."""
    return _time(int(at.timestamp() * 1000)) + "0" * 16


def made_at(identifier: str) -> datetime:
    """When an id was made, to the millisecond."""
    milliseconds = 0
    for character in identifier[:10]:
        milliseconds = milliseconds * 32 + _CROCKFORD.index(character)
    return _EPOCH + timedelta(milliseconds=milliseconds)


@lru_cache(maxsize=64)
def _time(milliseconds: int) -> str:
    """The first ten characters: many ids are made within one millisecond."""
    return "".join(_PAIRS[(milliseconds >> shift) & 1023] for shift in range(40, -10, -10))


def _eight(bits: int) -> str:
    """40 bits in eight characters."""
    return _PAIRS[bits >> 30] + _PAIRS[(bits >> 20) & 1023] + _PAIRS[(bits >> 10) & 1023] + _PAIRS[bits & 1023]
