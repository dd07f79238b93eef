"""HTTP to an AIR (AIR Programmer's Guide, UCIP 5.0, §13): POST, basic authentication, User-Agent with the version.

Questions share connections that stay open. A charge gets one of its own: on one that was idle, a server that is just
closing it would leave in doubt whether the charge was read.
"""

from __future__ import annotations

from collections.abc import Callable

import aiohttp
from yarl import URL

from gateway.config.ocs_sections import UcipConfig
from gateway.ocs.answers import UnreadableAnswer
from gateway.ocs.ucip_wire import CONTENT_TYPE, PATH

_LARGEST = 1 << 20


class AirLink:
    """One AIR. url: with its path, or without for ``/Air``. timeout: seconds for one call."""

    def __init__(self, url: str, config: UcipConfig, timeout: float) -> None:  # the whole link's limit
        parsed = URL(url)
        self._url = parsed if parsed.path.strip("/") else parsed.with_path(PATH)
        self._headers = {"Content-Type": CONTENT_TYPE, "Accept-Encoding": "identity", "User-Agent": config.user_agent}
        if config.user:
            self._headers["Authorization"] = aiohttp.encode_basic_auth(config.user, config.password)
        # Half the time for getting a connection: what then fails was surely not sent.
        self._limits = aiohttp.ClientTimeout(total=timeout, connect=timeout / 2)
        self._asking: aiohttp.ClientSession | None = None
        self._charging: aiohttp.ClientSession | None = None

    async def ask(self, body: bytes) -> tuple[int, bytes]:
        """Status and body of a question. Raises TimeoutError, aiohttp.ClientError, UnreadableAnswer (too large)."""
        if self._asking is None:
            self._asking = self._session(aiohttp.TCPConnector)
        return await self._post(self._asking, body)

    async def charge(self, body: bytes) -> tuple[int, bytes]:
        """Status and body of a message that moves money. Raises as ``ask``."""
        if self._charging is None:
            self._charging = self._session(lambda: aiohttp.TCPConnector(force_close=True))
        return await self._post(self._charging, body)

    async def close(self) -> None:
        """Close the connections."""
        for session in (self._asking, self._charging):
            if session is not None:
                await session.close()
        self._asking = self._charging = None

    def _session(self, connector: Callable[[], aiohttp.TCPConnector]) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=connector(),
            headers=self._headers,
            timeout=self._limits,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )

    async def _post(self, session: aiohttp.ClientSession, body: bytes) -> tuple[int, bytes]:
        async with session.post(self._url, data=body, allow_redirects=False) as response:
            answer = bytearray()
            async for chunk in response.content.iter_any():
                answer += chunk
                if len(answer) > _LARGEST:
                    raise UnreadableAnswer("the answer is too large")
            return response.status, bytes(answer)
