"""Whoever knocks over HTTP: the certificate that the connection showed, and what is noted of those who may not in."""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import ssl
from functools import lru_cache
from urllib.parse import urlsplit

from aiohttp import web

from gateway.core.doors import Door, is_loopback
from gateway.telemetry import Metrics

_LOG = logging.getLogger(__name__)
_OWN_SITE = frozenset({"same-origin", "none"})
_ANY = "any"
"""The dialect of a connection that ended before it said what it wanted."""


def certificate_of(request: web.Request) -> str:
    """SHA-256, in hex, of the certificate that the client proved to hold; empty if it showed none."""
    transport = request.transport
    connection = transport.get_extra_info("ssl_object") if transport is not None else None
    return connection.certificate if isinstance(connection, WatchedConnection) else ""


def shown_token(request: web.Request) -> str:
    """The token in the path, as a header would have it, or the header ``Authorization``."""
    token = request.match_info.get("token")
    return f"Bearer {token}" if token else request.headers.get("Authorization", "")


def is_foreign(request: web.Request) -> bool:
    """Whether a page of another origin sent this from somebody's browser."""
    headers = request.headers
    origin = headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        return True
    return headers.get("Sec-Fetch-Site", "none") not in _OWN_SITE  # an image's GET has no origin


def is_rebound(request: web.Request, door: Door | None, own: str) -> bool:
    """Whether a page may have made this machine's browser knock under another name that resolves to here.

    Where a door asks for nothing but the address, this machine must say an address or localhost. own: the configured
    host.
    """
    if door is None or door.token or door.certificate or not is_loopback(request.remote):
        return False
    return not _is_own_name(request.host, own)


@lru_cache(maxsize=256)
def _is_own_name(host: str, own: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name in ("localhost", own.lower()):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True  # no name server was asked for an address


def refused(metrics: Metrics, dialect: str, reason: str, peer: str | None = None) -> None:
    """Count and log a knock that no door lets in; reason: one word or two, nothing that the peer sent."""
    metrics.refused_knocks.labels(dialect, reason).inc()
    _LOG.warning("a knock was refused", extra={"dialect": dialect, "reason": reason, "peer": peer})


class WatchedConnection(ssl.SSLObject):
    """The TLS of one connection. It reads its client's certificate once, as the handshake ends.

    certificate: its SHA-256 in hex, empty without one. What the server's context does not trust never gets so far.
    """

    certificate = ""
    metrics: Metrics

    def do_handshake(self) -> None:
        try:
            super().do_handshake()
        except ssl.SSLWantReadError:  # more has to come
            raise
        except ssl.SSLCertVerificationError:
            refused(self.metrics, _ANY, "certificate")
            raise
        except ssl.SSLError:
            refused(self.metrics, _ANY, "handshake")
            raise
        shown = self.getpeercert(binary_form=True)
        self.certificate = hashlib.sha256(shown).hexdigest() if shown else ""


def watched(metrics: Metrics) -> type[WatchedConnection]:
    """What a context makes its connections of, so that handshakes that fail are counted here."""
    return type("Watched", (WatchedConnection,), {"metrics": metrics})
