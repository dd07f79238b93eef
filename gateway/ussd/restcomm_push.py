"""Sessions that we open through RestComm's USSD gateway: one POST a screen, answered with what the phone said.

What identifies a turn: its number in the dialogue, which is ours to count, for each answer is that of the POST that
asked. The dialogue is held together by the cookie that its first answer brings, so each has cookies of its own. A POST
is never sent twice: what became of one that got no answer stays open (``PushUnknown``).
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp

from flows.values import Msisdn
from gateway.core.doors import Door
from gateway.core.ports import PushFailed, PushOutcome, PushRequest, PushUnknown, Shown
from gateway.core.turn import Input, Reply
from gateway.ussd.dialect import Ended, Hop
from gateway.ussd.restcomm_dialog import Answered, Told, screen, told, written

_LOG = logging.getLogger(__name__)
_MOST_BYTES = 64 * 1024
_CONNECT_SECONDS = 3.0
_GRACE_SECONDS = 15.0
"""Beyond the time for an answer, after which the gateway itself says that there was none."""
_AWAY_SECONDS = 5.0
_NOT_SHOWN = frozenset({503, *range(300, 500)})
_HEADERS = {"Content-Type": "text/xml; charset=utf-8", "Accept": "text/xml"}


@dataclass(slots=True)
class _Dialogue:
    """One session. hops: answers so far."""

    session: str
    msisdn: Msisdn
    cookies: dict[str, str] = field(default_factory=dict)
    hops: int = 0


class RestcommPusher:
    """Satisfies ``UssdPusher``. url: where the gateway takes pushes. answer: takes a hop; ended: the session's end."""

    def __init__(
        self,
        door: Door,
        url: str,
        answer: Callable[[Hop, Door], Awaitable[Reply]],
        ended: Callable[[Ended, Door], Awaitable[None]],
    ) -> None:
        self._door = door
        self._url = url
        self._answer = answer
        self._ended = ended
        self._http: aiohttp.ClientSession | None = None
        self._going_on: set[asyncio.Task[None]] = set()
        self._away_until = 0.0
        self._closing = False

    @property
    def door(self) -> Door:
        return self._door

    @property
    def ready(self) -> bool:
        return not self._closing and asyncio.get_running_loop().time() >= self._away_until

    def new_session(self, msisdn: Msisdn) -> str:
        return f"push-{secrets.token_hex(12)}"

    async def push(self, request: PushRequest) -> PushOutcome:
        dialogue = _Dialogue(request.session, request.msisdn)
        heard = await self._show(dialogue, request.text, asks=request.asks, opens=True)
        if isinstance(heard, PushFailed | PushUnknown):
            return heard
        if isinstance(heard, Answered) and request.asks:
            reply = await self._hop(dialogue, heard)
            self._later(self._go_on(dialogue, reply))
        else:
            self._later(self._end(dialogue))
        return Shown()

    async def close(self) -> None:
        """Push nothing more; what goes on with phones is left to them."""
        self._closing = True
        for task in self._going_on:
            task.cancel()
        if self._going_on:
            await asyncio.wait(self._going_on)
        if self._http is not None:
            await self._http.close()

    # ── the session, once the person has answered ──

    def _later(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(self._guarded(work))
        self._going_on.add(task)
        task.add_done_callback(self._going_on.discard)

    async def _guarded(self, work: Awaitable[None]) -> None:
        try:
            await work
        except Exception:
            _LOG.exception("a pushed session broke off", extra={"door": self._door.name})

    async def _go_on(self, dialogue: _Dialogue, reply: Reply) -> None:
        """Show each reply, and take each answer, until one ends it."""
        while not reply.ends:
            heard = await self._show(dialogue, reply.text, asks=True)
            if not isinstance(heard, Answered):
                await self._ended(Ended(dialogue.session, _status(heard)), self._door)
                return
            reply = await self._hop(dialogue, heard)
        heard = await self._show(dialogue, reply.text, asks=False)
        if not isinstance(heard, PushFailed | PushUnknown):
            await self._end(dialogue)

    async def _hop(self, dialogue: _Dialogue, answered: Answered) -> Reply:
        dialogue.hops += 1
        said = Input(answered.text, number=dialogue.hops)
        return await self._answer(Hop(dialogue.session, dialogue.msisdn, "", self._door.network, said), self._door)

    async def _end(self, dialogue: _Dialogue) -> None:
        await self._post(dialogue, written(prearrangedEnd="false"))

    # ── the wire ──

    async def _show(self, dialogue: _Dialogue, text: str, *, asks: bool, opens: bool = False) -> Told:
        to = dialogue.msisdn if opens else None
        body = await self._post(dialogue, screen(text, asks=asks, seconds=self._door.idle_seconds, to=to))
        return told(body) if isinstance(body, bytes) else body

    async def _post(self, dialogue: _Dialogue, body: bytes) -> bytes | PushFailed | PushUnknown:
        """What was answered; that it was surely not taken; or that nobody knows."""
        try:
            async with self._client().post(
                self._url, data=body, headers=_HEADERS, cookies=dialogue.cookies, allow_redirects=False
            ) as answer:
                dialogue.cookies.update({name: morsel.value for name, morsel in answer.cookies.items()})
                if answer.status != 200:
                    detail = f"HTTP {answer.status}"
                    return PushFailed("away", detail) if answer.status in _NOT_SHOWN else PushUnknown(detail)
                return await _short(answer)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:  # nothing was sent
            self._away_until = asyncio.get_running_loop().time() + _AWAY_SECONDS
            return PushFailed("away", type(error).__name__)
        except (aiohttp.ClientError, TimeoutError) as error:
            return PushUnknown(type(error).__name__)

    def _client(self) -> aiohttp.ClientSession:
        if self._http is None:
            limit = aiohttp.ClientTimeout(
                total=_CONNECT_SECONDS + self._door.idle_seconds + _GRACE_SECONDS, sock_connect=_CONNECT_SECONDS
            )
            connector = aiohttp.TCPConnector(limit=0, force_close=True)
            self._http = aiohttp.ClientSession(timeout=limit, connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        return self._http


async def _short(answer: aiohttp.ClientResponse) -> bytes:
    """What was answered, as far as any dialogue goes."""
    body = bytearray()
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > _MOST_BYTES:
            break
    return bytes(body)


def _status(told: Told) -> str:
    """How a session ended, in the word of a metric."""
    return "incomplete" if isinstance(told, PushFailed) else "failed"
