"""The HTTP of the TM Forum wire: calls, pages of lists, and what an answer to a POST says against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aiohttp
from yarl import URL

from gateway.core.ports import NotSent, OutcomeUnknown, Refused
from gateway.ocs import tmf_wire as wire
from gateway.ocs.answers import UnreadableAnswer

_MOST_PAGES = 20
_NOT_LET_IN = frozenset({401, 403, 407, 429})  # refused at the door, before any order was made
_UNDECIDED = frozenset({408, 409})  # 409: an order with this key may exist, so it is looked up
_ASKING = {"Accept": "application/json"}
_SENDING = {**_ASKING, "Content-Type": wire.CONTENT_TYPE}
SILENCE = (TimeoutError, aiohttp.ClientError)
"""What a call raises that was not answered."""


class Answered(Exception):  # not an error of ours
    """The far side's status, where it is no list."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class TmfLink:
    """Calls to one server. url: up to but without ``/tmf-api``. timeout: seconds for one call.

    session: shared by the caller, who then closes it; left out, one is opened at the first call.
    """

    def __init__(self, url: str, timeout: float, session: aiohttp.ClientSession | None = None) -> None:
        self._base = url.rstrip("/")
        # Half the time for getting a connection: what then fails was surely not sent.
        self._sending = aiohttp.ClientTimeout(total=timeout, connect=timeout / 2)
        self._asking = aiohttp.ClientTimeout(total=timeout)  # one timer less on the busiest path
        self._session = session
        self._owns_session = session is None

    async def list(self, path: str) -> Sequence[Mapping[str, object]]:
        """All pages of a list; a server that pages by itself says so in X-Total-Count (TMF630).

        Raises Answered, UnreadableAnswer, TimeoutError, aiohttp.ClientError.
        """
        items: list[Mapping[str, object]] = []
        for _ in range(_MOST_PAGES):
            status, body, total = await self._call("GET", f"{path}&offset={len(items)}" if items else path)
            if status not in {200, 206}:
                raise Answered(status)
            page = wire.read_list(body)
            items.extend(page)
            if len(items) >= total:
                return items
            if not page:
                break
        raise UnreadableAnswer("the list has more pages than can be read")

    async def post(self, path: str, body: bytes) -> bytes | Refused | NotSent | OutcomeUnknown:
        """The answer to what was carried out or taken in, else what stands against it."""
        try:
            status, answer, _ = await self._call("POST", path, body)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return NotSent(f"no connection to the charging system ({type(error).__name__})")
        except TimeoutError:
            return OutcomeUnknown("the charging system did not answer in time")
        except aiohttp.ClientError as error:
            return OutcomeUnknown(f"the connection to the charging system was lost ({type(error).__name__})")
        return answer if 200 <= status < 300 else _declined(status, answer)

    async def close(self) -> None:
        """Close the connections, if they are this link's own."""
        if self._session and self._owns_session:
            await self._session.close()
            self._session = None

    async def _call(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes, int]:
        """Status, body and the total of a list (0 where it is not told)."""
        if self._session is None:
            self._session, self._owns_session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()), True
        async with self._session.request(
            method,
            URL(self._base + path, encoded=True),
            data=body,
            headers=_ASKING if body is None else _SENDING,
            timeout=self._asking if body is None else self._sending,
            allow_redirects=False,
        ) as response:
            total = response.headers.get("X-Total-Count", "")
            return response.status, await response.read(), int(total) if total.isdecimal() else 0


def _declined(status: int, body: bytes) -> Refused | NotSent | OutcomeUnknown:
    words = wire.read_error(body)
    detail = f"{status} {words}".strip()
    if status in _NOT_LET_IN:
        return NotSent(detail)
    if 400 <= status < 500 and status not in _UNDECIDED:
        return Refused(wire.reason_of(words), detail)
    return OutcomeUnknown(detail)
