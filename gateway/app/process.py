"""What is the whole process's: its clock and its garbage collector."""

from __future__ import annotations

import gc
from datetime import UTC, datetime


def quiet_collector() -> None:
    """Keep the garbage collector off what lives as long as the process, and let it look less often.

    Most of what a request makes dies by reference count; full collections over the loaded modules cost 6 to 20 percent
    of a trigger (``make bench``).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)
