"""HTTP to an AIR (AIR Programmer's Guide, UCIP 5.0, §13): POST, basic authentication, User-Agent with the version.

Questions share connections that stay open. A charge gets one of its own: on one that was idle, a server that is just
closing it would leave in doubt whether the charge was read.
"""

from __future__ import annotations

from functools import partial

import aiohttp
from yarl import URL

from gateway.config.ocs_sections import UcipConfig
from gateway.ocs.http_link import HttpLink, Reply
from gateway.ocs.ucip_wire import CONTENT_TYPE, PATH

_LARGEST = 1 << 20


class AirLink:
    """One AIR. url: with its path, or without for ``/Air``. timeout: seconds for one call."""

    def __init__(self, url: str, config: UcipConfig, timeout: float) -> None:
        parsed = URL(url)
        self._url = parsed if parsed.path.strip("/") else parsed.with_path(PATH)
        headers = {"Content-Type": CONTENT_TYPE, "Accept-Encoding": "identity", "User-Agent": config.user_agent}
        if config.user:
            headers["Authorization"] = aiohttp.encode_basic_auth(config.user, config.password)
        link = partial(HttpLink, timeout, headers=headers, largest=_LARGEST)
        self._asking = link()
        self._charging = link(connector=partial(aiohttp.TCPConnector, force_close=True))

    async def ask(self, body: bytes) -> Reply:
        """The answer to a question. Raises as ``HttpLink.call``."""
        return await self._asking.call("POST", self._url, body)

    async def charge(self, body: bytes) -> Reply:
        """The answer to a message that moves money. Raises as ``HttpLink.call``."""
        return await self._charging.call("POST", self._url, body)

    async def close(self) -> None:
        """Close the connections."""
        await self._asking.close()
        await self._charging.close()
