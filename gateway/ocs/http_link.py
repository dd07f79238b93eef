"""HTTP to a charging system, and what can come of a call as errors of ours: surely not sent, silent, lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import aiohttp
from yarl import URL

from flows.frozen import dataclass
from gateway.errors import OcsTimeout, OcsUnavailable
from gateway.ocs.answers import UnreadableAnswer

_LARGEST = 16 << 20


class NotReached(OcsUnavailable):
    """No connection: the call was surely not sent."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpLink:
    """Calls to one server over connections that are opened at the first call.

    timeout: seconds for one call. A call that carries something has half of them to get a connection: what then fails
    was surely not sent.
    headers: of every call. content_type: of what is sent. connector: how connections are kept. largest: octets of an
    answer. session: shared by the caller, who then closes it, and then without the connector of this link.
    """

    def __init__(
        self,
        timeout: float,
        *,
        headers: Mapping[str, str] | None = None,
        content_type: str = "",
        connector: Callable[[], aiohttp.TCPConnector] = aiohttp.TCPConnector,
        largest: int = _LARGEST,
        session: aiohttp.ClientSession | None = None,
    ) -> None:
        self._sending = aiohttp.ClientTimeout(total=timeout, connect=timeout / 2)
        self._asking = aiohttp.ClientTimeout(total=timeout)  # what sends nothing need not tell: one timer less
        self._headers = dict(headers or {})
        self._with_body = {**self._headers, "Content-Type": content_type} if content_type else self._headers
        self._connector = connector
        self._largest = largest
        self._session = session
        self._owns_session = session is None

    async def call(self, method: str, url: URL, body: bytes | None = None) -> Reply:
        """What is answered, whatever its status.

        Raises NotReached, OcsTimeout, OcsUnavailable (the connection was lost), UnreadableAnswer (too large); their
        words never hold the address, and with it a number.
        """
        try:
            return await self._call(method, url, body)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotReached(f"no connection to the charging system ({type(error).__name__})") from None
        except TimeoutError:
            raise OcsTimeout("the charging system did not answer in time") from None
        except aiohttp.ClientError as error:
            raise OcsUnavailable(f"the connection to the charging system was lost ({type(error).__name__})") from None

    async def close(self) -> None:
        """Close the connections, if they are this link's own."""
        if self._session is not None and self._owns_session:
            await self._session.close()
            self._session = None

    async def _call(self, method: str, url: URL, body: bytes | None) -> Reply:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=self._connector(), cookie_jar=aiohttp.DummyCookieJar())
            self._owns_session = True
        async with self._session.request(
            method,
            url,
            data=body,
            headers=self._headers if body is None else self._with_body,
            timeout=self._asking if body is None else self._sending,
            allow_redirects=False,
        ) as response:
            answer = bytearray()
            async for chunk in response.content.iter_any():
                answer += chunk
                if len(answer) > self._largest:
                    raise UnreadableAnswer("the answer is too large")
            return Reply(response.status, response.headers, bytes(answer))
