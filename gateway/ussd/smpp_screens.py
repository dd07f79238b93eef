"""Screens on their way to a bind: before any text that waits, again while the SMSC is busy, taken back when late."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from gateway.smpp.pdu import Response
from gateway.smpp.session import Answer
from gateway.smpp.vocabulary import Status

_BUSY: Final = frozenset({Status.THROTTLED, Status.QUEUE_FULL})
_FIRST_PAUSE: Final = 0.05


class Bind(Protocol):
    """What a bind does for screens. ready: whether one can be written now."""

    @property
    def name(self) -> str: ...

    @property
    def ready(self) -> bool: ...

    def submit_urgent(self, body: bytes, settled: Callable[[Answer | None], None]) -> Callable[[], bool]:
        """Write a submit_sm. settled: called once, with None if it never left; what comes back takes it back."""
        ...


class Screens:
    """Writes the screens of one bind."""

    def __init__(self, bind: Bind) -> None:
        self._bind = bind

    async def show(self, body: bytes, seconds: float) -> Answer | None:
        """The SMSC's answer, None if the screen never left. A busy SMSC is asked again, for ``seconds`` in all."""
        loop = asyncio.get_running_loop()
        deadline, pause = loop.time() + seconds, _FIRST_PAUSE
        while True:
            answer = await self._once(body, deadline)
            busy = isinstance(answer, Response) and answer.status in _BUSY
            if not busy or loop.time() + pause >= deadline:
                return answer
            await asyncio.sleep(pause)
            pause *= 2

    async def _once(self, body: bytes, deadline: float) -> Answer | None:
        settled: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        withdraw = self._bind.submit_urgent(body, lambda answer: None if settled.done() else settled.set_result(answer))
        try:
            await asyncio.wait([settled], timeout=max(0.0, deadline - asyncio.get_running_loop().time()))
            if not settled.done():
                withdraw()  # what has left is waited for: the session's own time-out ends that
            return await settled
        except asyncio.CancelledError:
            withdraw()
            raise
