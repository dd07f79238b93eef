"""The garbage collector of a gateway process."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from fakes import eventually
from gateway.app.process import QuietHours, quiet_collector


class _Ring:
    """Only a collection ends one of these."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _collector() -> Iterator[None]:
    """As it was, for the tests that follow."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def _old_ring() -> weakref.ref[_Ring]:
    """One that outlived the young collections before it was let go, and enough of them since the last full one."""
    ring = _Ring()
    for _ in range(25):
        gc.collect(1)
    return weakref.ref(ring)


async def test_cycles_that_grew_old_go_in_a_quiet_moment() -> None:
    """Nothing else would look for them for hours."""
    quiet_collector()
    ring = _old_ring()
    gc.collect(1)
    assert ring() is not None
    hours = QuietHours(pause=0.01, quiet=10)
    hours.start()
    try:
        await eventually(lambda: ring() is None)
    finally:
        await hours.stop()


async def test_a_busy_process_is_left_alone() -> None:
    """While people wait there is no full collection."""
    quiet_collector()
    ring = _old_ring()
    hours = QuietHours(pause=0, quiet=0)
    hours.start()
    try:
        for _ in range(100):  # it looks as often
            await asyncio.sleep(0)
        assert ring() is not None
    finally:
        await hours.stop()
