"""One call to a CGRateS engine over HTTP, with everything that can come of it as an error of its own."""

from __future__ import annotations

import itertools

import aiohttp
from yarl import URL

from gateway.errors import OcsError, OcsUnavailable
from gateway.ocs import cgrates_wire as wire
from gateway.ocs.answers import UnreadableAnswer
from gateway.ocs.http_link import HttpLink

_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


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
        self._url = URL(url.rstrip("/").removesuffix(wire.PATH) + wire.PATH)
        self._link = HttpLink(timeout, headers=_HEADERS, session=session)
        self._idents = itertools.count(1)

    async def call(self, method: str, parameter: object) -> object:
        """The result. Raises NotReached, EngineSaysNo, OcsTimeout, OcsUnavailable (dropped, 5xx), OcsError."""
        ident = next(self._idents)
        answer = await self._link.call("POST", self._url, wire.format_call(method, parameter, ident))
        status = answer.status
        if status != 200:
            raise (OcsUnavailable if status >= 500 or status == 429 else OcsError)(
                f"the charging system answered {status}"
            )
        try:
            result, words = wire.read_answer(answer.body, ident)
        except UnreadableAnswer as error:
            raise OcsError(f"the charging system's answer cannot be read: {error}") from None
        if words:
            raise EngineSaysNo(wire.words_of(words))
        return result

    async def close(self) -> None:
        """Close the connections, if they are this object's own."""
        await self._link.close()
