"""One call to a CGRateS engine over HTTP, with everything that can come of it as an error of its own."""

from __future__ import annotations

import itertools

import aiohttp

from gateway.errors import OcsError, OcsTimeout, OcsUnavailable
from gateway.ocs import cgrates_wire as wire
from gateway.ocs.answers import UnreadableAnswer

_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


class NotReached(OcsUnavailable):
    """No connection: the call was surely not sent."""


class EngineSaysNo(OcsError):
    """The engine answered with an error, which comes as HTTP 200. words: its own, without anybody's number."""

    def __init__(self, words: str) -> None:
        super().__init__(f"the charging system says {words}")
        self.words = words

    @property
    def passing(self) -> bool:
        """Whether it speaks of the engine's own trouble (its store, a part not started), not of what was asked."""
        return self.words.startswith(("SERVER_ERROR", "rpc:"))


class Engine:
    """Calls ``{url}/jsonrpc``, whether or not the url ends so.

    timeout: seconds for one call. session: shared by the caller, who then closes it.
    """

    def __init__(self, url: str, timeout: float, session: aiohttp.ClientSession | None = None) -> None:
        self._url = url.rstrip("/").removesuffix(wire.PATH) + wire.PATH
        # Half the time for getting a connection: what then fails was surely not sent.
        self._timeout = aiohttp.ClientTimeout(total=timeout, connect=timeout / 2)
        self._session = session
        self._owns_session = session is None
        self._idents = itertools.count(1)

    async def call(self, method: str, parameter: object) -> object:
        """The result. Raises NotReached, EngineSaysNo, OcsTimeout, OcsUnavailable (dropped, 5xx), OcsError."""
        ident = next(self._idents)
        try:
            status, body = await self._post(wire.format_call(method, parameter, ident))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotReached(f"no connection to the charging system ({type(error).__name__})") from None
        except TimeoutError:
            raise OcsTimeout("the charging system did not answer in time") from None
        except aiohttp.ClientError as error:
            raise OcsUnavailable(f"the connection to the charging system was lost ({type(error).__name__})") from None
        if status != 200:
            raise (OcsUnavailable if status >= 500 or status == 429 else OcsError)(
                f"the charging system answered {status}"
            )
        try:
            result, words = wire.read_answer(body, ident)
        except UnreadableAnswer as error:
            raise OcsError(f"the charging system's answer cannot be read: {error}") from None
        if words:
            raise EngineSaysNo(wire.words_of(words))
        return result

    async def close(self) -> None:
        """Close the connections, if they are this object's own."""
        if self._session and self._owns_session:
            await self._session.close()
            self._session = None

    async def _post(self, body: bytes) -> tuple[int, bytes]:
        if self._session is None:
            self._session, self._owns_session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()), True
        async with self._session.post(
            self._url, data=body, headers=_HEADERS, timeout=self._timeout, allow_redirects=False
        ) as response:
            return response.status, await response.read()
