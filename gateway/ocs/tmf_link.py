"""The HTTP of the TM Forum wire: calls, pages of lists, and what an answer to a POST says against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aiohttp
from yarl import URL

from gateway.core.ports import NotSent, OutcomeUnknown, Refused
from gateway.errors import OcsError
from gateway.ocs import tmf_wire as wire
from gateway.ocs.answers import UnreadableAnswer
from gateway.ocs.http_link import HttpLink, NotReached, Reply

_MOST_PAGES = 20
_LARGEST = 16 << 20  # octets of a page
_NOT_LET_IN = frozenset({401, 403, 407, 429})  # refused at the door, before any order was made
_UNDECIDED = frozenset({408, 409})  # 409: an order with this key may exist, so it is looked up
_HEADERS = {"Accept": "application/json"}
NO_ANSWER = (OcsError, UnreadableAnswer)
"""What is raised where nothing came that can be used; the words may be kept and shown."""


class Answered(OcsError):
    """The far side's status, where it is no list."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the charging system answered {status}")
        self.status = status


class TmfLink:
    """Calls to one server. url: up to but without ``/tmf-api``. timeout: seconds for one call.

    session: shared by the caller, who then closes it; left out, one is opened at the first call.
    """

    def __init__(self, url: str, timeout: float, session: aiohttp.ClientSession | None = None) -> None:
        self._base = url.rstrip("/")
        self._http = HttpLink(
            timeout, headers=_HEADERS, content_type=wire.CONTENT_TYPE, largest=_LARGEST, session=session
        )

    async def list(self, path: str) -> Sequence[Mapping[str, object]]:
        """All pages; a server that pages by itself says so in X-Total-Count (TMF630). Raises ``NO_ANSWER``."""
        items: list[Mapping[str, object]] = []
        for _ in range(_MOST_PAGES):
            reply = await self._http.call("GET", self._url(f"{path}&offset={len(items)}" if items else path))
            if reply.status not in {200, 206}:
                raise Answered(reply.status)
            page = wire.read_list(reply.body)
            items.extend(page)
            if len(items) >= _total(reply):
                return items
            if not page:
                break
        raise UnreadableAnswer("the list has more pages than can be read")

    async def post(self, path: str, body: bytes) -> bytes | Refused | NotSent | OutcomeUnknown:
        """The answer to what was carried out or taken in, else what stands against it."""
        try:
            reply = await self._http.call("POST", self._url(path), body)
        except NotReached as error:
            return NotSent(str(error))
        except NO_ANSWER as error:
            return OutcomeUnknown(str(error))
        return reply.body if 200 <= reply.status < 300 else _declined(reply)

    async def close(self) -> None:
        """Close the connections, if they are this link's own."""
        await self._http.close()

    def _url(self, path: str) -> URL:
        return URL(self._base + path, encoded=True)


def _total(reply: Reply) -> int:
    """Of a list; 0 where it is not told."""
    told = reply.headers.get("X-Total-Count", "")
    return int(told) if told.isdecimal() else 0


def _declined(reply: Reply) -> Refused | NotSent | OutcomeUnknown:
    status, words = reply.status, wire.read_error(reply.body)
    detail = f"{status} {words}".strip()
    if status in _NOT_LET_IN:
        return NotSent(detail)
    if 400 <= status < 500 and status not in _UNDECIDED:
        return Refused(wire.reason_of(words), detail)
    return OutcomeUnknown(detail)
