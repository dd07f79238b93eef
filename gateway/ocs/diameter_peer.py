"""The way to one Diameter peer: a connection that is kept up for as long as somebody may ask (RFC 6733 §2.1, §5)."""

from __future__ import annotations

import asyncio
import logging
import time

from gateway.core.retry import Backoff, Retry
from gateway.ocs.diameter_codec import UnreadablePacket
from gateway.ocs.diameter_link import Identity, Link, NotReached, PeerRefused

_LOG = logging.getLogger(__name__)
_STEADY = 30.0
"""Seconds after which a connection that ends is no sign that the next one will."""
_FOR_EVER = 1 << 62


class DiameterPeer:
    """Connects at the first request, and again whenever the connection ends, until it is closed.

    patience: seconds for connecting and for the capabilities exchange. watchdog: see ``Link``. reconnect_max: longest
    pause between attempts, in seconds.
    """

    def __init__(
        self,
        address: tuple[str, int],
        us: Identity,
        *,
        patience: float,
        watchdog: float = 30.0,
        reconnect_max: float = 15.0,
    ) -> None:
        self._stage, self._failure = "not connected yet", ""
        self._address = address
        self._us = us
        self._patience, self._watchdog = patience, watchdog
        self._pauses = Backoff(first=min(0.2, reconnect_max), longest=reconnect_max, most=_FOR_EVER)
        self._link: Link | None = None
        self._opened = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def trouble(self) -> str:
        """Why the last connection ended or was none; what the first one waits for."""
        return self._failure or self._stage

    async def link(self) -> Link:
        """A connection that takes requests, as soon as there is one. Raises NotReached once closed."""
        while True:
            if self._closed:
                raise NotReached("the way to the charging system is closed")
            if self._keeper is None:
                self._keeper = asyncio.create_task(self._keep_up(), name="diameter peer")
            if self._link and self._link.takes_requests:
                return self._link
            self._opened.clear()
            await self._opened.wait()

    async def close(self) -> None:
        """Take leave and end; whoever waits is told."""
        self._closed = True
        if self._link:
            await self._link.say_goodbye()
        if self._keeper:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        self._opened.set()

    async def _keep_up(self) -> None:
        failures = 0
        while True:
            began = time.monotonic()
            try:
                self._failure = await self._one_connection()
            except TimeoutError:
                self._failure = self._stage
            except (PeerRefused, UnreadablePacket) as error:
                self._failure = str(error)
            except (OSError, EOFError) as error:
                self._failure = type(error).__name__
            except Exception:  # whatever it was, the next connection may do better
                self._failure = "an error of our own"
                _LOG.exception("the connection to the Diameter peer failed")
            failures = 1 if time.monotonic() - began > _STEADY else failures + 1
            _LOG.log(
                logging.WARNING if failures == 1 else logging.DEBUG,
                "no connection to the Diameter peer",
                extra={"reason": self.trouble},
            )
            decision = self._pauses.next_attempt(failures)
            assert isinstance(decision, Retry), "there is no last attempt"
            await asyncio.sleep(decision.after.total_seconds())

    async def _one_connection(self) -> str:
        """From connecting to the end; why it ended."""
        self._stage = "connecting takes too long"
        async with asyncio.timeout(self._patience):
            reader, writer = await asyncio.open_connection(*self._address)
        link = Link(reader, writer, self._us, self._watchdog)
        try:
            self._stage = "the peer does not answer the capabilities exchange"
            async with asyncio.timeout(self._patience):
                await link.exchange_capabilities()
            _LOG.info("connected to the Diameter peer", extra={"peer": link.peer.host})
            self._link = link
            self._opened.set()
            return await link.run()
        finally:
            self._link = None
            link.end()
