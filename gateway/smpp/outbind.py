"""Where the SMSC may connect and ask for a bind (SMPP 3.4 §2.2.1, §4.1.7)."""

from __future__ import annotations

import asyncio
import errno
import hmac
import logging
import ssl
from collections.abc import Callable
from typing import Final

from gateway.errors import PortInUse
from gateway.smpp.counters import SessionCounters
from gateway.smpp.link import Link
from gateway.smpp.pdu import Outbind
from gateway.smpp.session import Session, Timing
from gateway.smpp.settings import SmppSettings
from gateway.smpp.vocabulary import Status

_LOG: Final = logging.getLogger(__name__)
_MOST: Final = 8
"""Connections at once; any further one is closed."""


class OutbindListener:
    """Takes connections and waits for outbind on each, at most ``response_timeout`` seconds.

    new_link: makes the link of a connection, which tells of an outbind by the function that it is given.
    accepted: called with a link whose outbind was good, to bind on it.
    """

    def __init__(
        self,
        settings: SmppSettings,
        counters: SessionCounters,
        new_link: Callable[[Callable[[Link, Outbind], None]], Link],
        accepted: Callable[[Link], None],
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.port = settings.outbind_port or 0
        self._settings = settings
        self._counters = counters
        self._new_link = new_link
        self._accepted = accepted
        self._ssl = ssl_context
        self._links: set[Link] = set()
        self._listener: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen. Raises PortInUse."""
        host = self._settings.outbind_host
        try:
            self._listener = await asyncio.get_running_loop().create_server(
                self._session, host, self.port, ssl=self._ssl
            )
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortInUse(f"port {self.port} on {host} is in use (outbind of {self._settings.name})") from error
            raise
        self.port = self._listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no longer, and close what is not bound."""
        if self._listener is not None:
            self._listener.close()
            for link in tuple(self._links):
                link.close("stopped")
            await self._listener.wait_closed()
            self._listener = None

    def _session(self) -> Session:
        self._links = {link for link in self._links if not link.down.is_set()}
        link = self._new_link(self._asked if len(self._links) < _MOST else self._one_too_many)
        self._links.add(link)
        return Session(link, Timing(self._settings.response_timeout, self._settings.enquire_interval), self._counters)

    def _asked(self, link: Link, outbind: Outbind) -> None:
        settings = self._settings
        right = _same(outbind.system_id, settings.system_id) & _same(outbind.password, settings.password)
        if right:
            self._accepted(link)
            return
        _LOG.warning(
            "bind %s: outbind refused: system_id %r or its password is not ours", settings.name, outbind.system_id
        )
        link.session.respond(outbind, Status.INVALID_PASSWORD)
        link.close("outbind refused")

    def _one_too_many(self, link: Link, outbind: Outbind) -> None:
        _LOG.warning("bind %s: outbind refused: %d connections are open already", self._settings.name, _MOST)
        link.session.respond(outbind, Status.BIND_FAILED)
        link.close("too many connections")


def _same(given: str, ours: str) -> bool:
    return hmac.compare_digest(given.encode(), ours.encode())
