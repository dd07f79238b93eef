"""Where the SMSC may connect and ask for a bind (SMPP 3.4 §2.2.1, §4.1.7)."""

from __future__ import annotations

import asyncio
import hmac
import logging
import ssl
from collections.abc import Callable, Iterable
from typing import Final

from gateway.errors import listening
from gateway.smpp.counters import SessionCounters
from gateway.smpp.link import Link, OutbindHearer
from gateway.smpp.pdu import Outbind
from gateway.smpp.session import Session, Timing
from gateway.smpp.settings import SmppSettings
from gateway.smpp.vocabulary import Status

_LOG: Final = logging.getLogger(__name__)
_MOST: Final = 8
"""Connections that have not said outbind, and links that did, at once."""
_HANDSHAKE: Final = 10.0
"""Seconds for that of TLS."""
_SHOWN: Final = 40
"""Characters of a stranger's name that are logged."""


class OutbindListener:
    """Satisfies ``OutbindHearer``: takes connections, waits ``response_timeout`` seconds at most for outbind on each.

    One too many takes the place of the one that has been silent for the longest: strangers keep no SMSC out.
    new_link: makes the link of a connection. accepted: called with a link whose outbind was good, to bind on it.
    """

    def __init__(
        self,
        settings: SmppSettings,
        counters: SessionCounters,
        new_link: Callable[[OutbindHearer], Link],
        accepted: Callable[[Link], None],
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.port = settings.outbind_port or 0
        self._settings = settings
        self._counters = counters
        self._new_link = new_link
        self._accepted = accepted
        self._ssl = ssl_context
        self._silent: list[Link] = []
        self._good: list[Link] = []
        self._listener: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen. Raises PortInUse, CannotListen."""
        host = self._settings.outbind_host
        with listening(host, self.port, f"outbind of {self._settings.name}"):
            self._listener = await asyncio.get_running_loop().create_server(
                self._session, host, self.port, ssl=self._ssl, ssl_handshake_timeout=_HANDSHAKE if self._ssl else None
            )
        self.port = self._listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no longer, and close what is not bound."""
        if self._listener is not None:
            self._listener.close()
            for link in (*self._silent, *self._good):
                link.close("stopped")
            await self._listener.wait_closed()
            self._listener = None

    def connected(self, link: Link) -> None:
        """See ``OutbindHearer``."""
        self._silent = _open(self._silent)
        if len(self._silent) >= _MOST:
            self._silent.pop(0).close("another connection came")
        self._silent.append(link)

    def asked(self, link: Link, outbind: Outbind) -> None:
        """See ``OutbindHearer``."""
        settings = self._settings
        self._silent = [one for one in self._silent if one is not link]
        self._good = _open(self._good)
        if not _same(outbind.system_id, settings.system_id) & _same(outbind.password, settings.password):
            shown = outbind.system_id[:_SHOWN]
            _LOG.warning("bind %s: outbind refused: system_id %r or its password is not ours", settings.name, shown)
            self._refuse(link, outbind, Status.INVALID_PASSWORD)
        elif len(self._good) >= _MOST:
            _LOG.warning("bind %s: outbind refused: %d such links are open already", settings.name, _MOST)
            self._refuse(link, outbind, Status.BIND_FAILED)
        else:
            self._good.append(link)
            self._accepted(link)

    def _session(self) -> Session:
        timing = Timing(self._settings.response_timeout, self._settings.enquire_interval)
        return Session(self._new_link(self), timing, self._counters)

    def _refuse(self, link: Link, outbind: Outbind, status: int) -> None:
        link.session.respond(outbind, status)
        link.close("outbind refused")


def _open(links: Iterable[Link]) -> list[Link]:
    return [link for link in links if not link.down.is_set()]


def _same(given: str, ours: str) -> bool:
    return hmac.compare_digest(given.encode(), ours.encode())
