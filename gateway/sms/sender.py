"""Hands texts to one account of an aggregator, a request each: by priority, so many at once and in a second.

A request is made once. What becomes of a text whose request was not answered nobody knows: the caller decides on it,
as for a bind (ADR 0002). A request that never left, or that was refused, says so.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from heapq import heappop, heappush
from itertools import count

import aiohttp
from yarl import URL

from gateway.core.ports import ShortMessage, SubmitNotSent, SubmitOutcome, SubmitRefused, Submitted, SubmitUnknown
from gateway.core.service_numbers import ServiceNumber
from gateway.smpp.pace import SlidingRate, slots
from gateway.sms.account import Account
from gateway.sms.answers import SHUT_SECONDS, retry_after
from gateway.sms.wire import Answer, Ask, Verdict, Wire
from gateway.telemetry import Metrics
from menus.charset import is_gsm7, transliterate
from store.sms_rows import PRIORITY

_LOG = logging.getLogger(__name__)
_MOST_BYTES = 64 * 1024
_AWAY_SECONDS = 2.0
"""For how long an account is left alone that cannot be reached."""
_MOST_DOUBTS = 10_000
_Settled = Callable[[SubmitOutcome], None]


class AggregatorSender:
    """Satisfies ``SmsSender``. now: tells the time that a server's ``Retry-After`` may name."""

    def __init__(
        self, account: Account, wire: Wire, metrics: Metrics, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.account = account
        self.wire = wire
        self._metrics = metrics
        self._now = now
        self._rate = SlidingRate(account.tps)
        self._waiting: list[tuple[int, int, ShortMessage, _Settled]] = []
        self._order = count()
        self._under_way: set[asyncio.Task[Verdict]] = set()
        self._next: asyncio.TimerHandle | None = None
        self._back: asyncio.TimerHandle | None = None
        self._http: aiohttp.ClientSession | None = None
        self._when_ready: list[Callable[[], object]] = []
        self._doubts: OrderedDict[str, None] = OrderedDict()
        self._shut = False

    @property
    def name(self) -> str:
        return self.account.name

    @property
    def numbers(self) -> Sequence[ServiceNumber]:
        return self.account.numbers

    @property
    def slots(self) -> int:
        return slots(self.account.at_once, self.account.tps)

    @property
    def ready(self) -> bool:
        return self._http is not None and self._back is None

    def on_ready(self, call: Callable[[], object]) -> None:
        self._when_ready.append(call)

    def doubts(self, message_id: str) -> bool:
        """Whether the request for this text of ours was not answered: then receipts by our own id settle it."""
        return message_id in self._doubts

    async def start(self) -> None:
        """Be ready. Nothing is asked of the aggregator before the first text."""
        limit = aiohttp.ClientTimeout(total=self.account.timeout, connect=self.account.timeout / 2)
        self._http = aiohttp.ClientSession(
            timeout=limit,
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=[_once],
        )
        self._come_back()

    async def stop(self, seconds: float = 5.0) -> None:
        """Hand nothing more over; wait for what is under way, at most ``seconds``."""
        http, self._http = self._http, None
        self._metrics.aggregator_ready.labels(self.name).set(0)
        for timer in (self._next, self._back):
            if timer is not None:
                timer.cancel()
        self._hand_back("is stopping")
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=seconds)
        for task in self._under_way:
            task.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way)
        if http is not None:
            await http.close()

    def submit(self, message: ShortMessage, settled: _Settled) -> None:
        """Make one request for the whole text; see ``SmsSender``."""
        if not self.ready:
            settled(SubmitNotSent(f"{self.name} takes nothing now"))
            return
        heappush(self._waiting, (PRIORITY[message.purpose], next(self._order), _readable(message), settled))
        self._pump()

    # ── what waits, and what is under way ──

    def _pump(self) -> None:
        """Make the requests that rate and number allow."""
        loop = asyncio.get_running_loop()
        while self._waiting and self.ready and self._next is None and len(self._under_way) < self.account.at_once:
            if wait := self._rate.take(loop.time()):
                self._next = loop.call_later(wait, self._go_on)
                return
            _, _, message, settled = heappop(self._waiting)
            task = loop.create_task(self._exchange(message), name=f"text to {self.name}")
            self._under_way.add(task)
            task.add_done_callback(partial(self._answered, message, settled))

    def _go_on(self) -> None:
        self._next = None
        self._pump()

    def _answered(self, message: ShortMessage, settled: _Settled, task: asyncio.Task[Verdict]) -> None:
        self._under_way.discard(task)
        if task.cancelled():
            verdict = self._unknown(message, "stopped before the answer", link_lost=True)
        elif error := task.exception():
            _LOG.error("an exchange failed", exc_info=error, extra={"account": self.name})
            verdict = self._unknown(message, type(error).__name__, link_lost=False)
        else:
            verdict = task.result()
        self._conclude(message, verdict)
        settled(verdict.outcome)
        self._pump()

    def _conclude(self, message: ShortMessage, verdict: Verdict) -> None:
        self._metrics.aggregator_out.labels(self.name, _word(verdict.outcome)).inc()
        if isinstance(verdict.outcome, Submitted):
            self._shut = False
        if isinstance(verdict.outcome, SubmitUnknown):
            self._doubts[message.id] = None
            if len(self._doubts) > _MOST_DOUBTS:
                self._doubts.popitem(last=False)
        if verdict.pause and self._http is not None:
            self._pause(verdict.pause, verdict.outcome)

    # ── pauses ──

    def _pause(self, seconds: float, because: SubmitOutcome) -> None:
        """Take nothing for so long; what waits goes back, for others may take it."""
        loop = asyncio.get_running_loop()
        if seconds >= SHUT_SECONDS and not self._shut and isinstance(because, SubmitRefused):
            self._shut = True  # once, until a text is taken again
            _LOG.error("an aggregator takes no texts: %s", because.reason, extra={"account": self.name})
        if self._back is not None:
            if self._back.when() >= loop.time() + seconds:
                return
            self._back.cancel()
        self._back = loop.call_later(seconds, self._come_back)
        self._metrics.aggregator_ready.labels(self.name).set(0)
        self._hand_back("pauses")

    def _come_back(self) -> None:
        self._back = None
        self._metrics.aggregator_ready.labels(self.name).set(1)
        for call in self._when_ready:
            call()

    def _hand_back(self, why: str) -> None:
        waiting, self._waiting = self._waiting, []
        for _, _, _, settled in sorted(waiting, key=lambda one: one[:2]):
            settled(SubmitNotSent(f"{self.name} {why}"))

    # ── the wire ──

    async def _exchange(self, message: ShortMessage) -> Verdict:
        """One request and what its answer means. The errors' own texts hold the URL, and with it secrets."""
        assert self._http is not None, "nothing is handed over before the start"
        ask = self.wire.ask(message, self.account)
        with self._metrics.aggregator_seconds.labels(self.name).time():
            try:
                answer = await self._request(self._http, ask)
            except _NoLink as error:
                return Verdict(SubmitNotSent(f"{self.name}: {error}"), _AWAY_SECONDS)
            except TimeoutError:
                return self._unknown(message, "no answer in time", link_lost=False)
            except _LinkLost as error:
                return self._unknown(message, str(error), link_lost=True)
            except (aiohttp.ClientError, ValueError) as error:  # something was answered that is no HTTP
                return self._unknown(message, type(error).__name__, link_lost=False)
        return self.wire.judge(answer, message, self.account)

    async def _request(self, http: aiohttp.ClientSession, ask: Ask) -> Answer:
        url = URL(ask.url).extend_query(ask.query) if ask.query else URL(ask.url)
        data = aiohttp.FormData(ask.form) if ask.form else None
        async with http.request(self.wire.method, url, data=data, headers=ask.headers, allow_redirects=False) as answer:
            wait = retry_after(answer.headers.get("Retry-After"), self._now())
            return Answer(answer.status, await _short(answer), wait)

    def _unknown(self, message: ShortMessage, detail: str, *, link_lost: bool) -> Verdict:
        foretold = self.wire.foretold(message, self.account)
        return Verdict(SubmitUnknown(self.name, detail, link_lost, foretold, len(foretold)))


class _NoLink(Exception):
    """There was no connection, so nothing was written."""


class _LinkLost(Exception):
    """The connection went before the answer."""


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Made once: aiohttp would repeat a GET whose connection went, but does not know that by our names."""
    try:
        return await handler(request)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise _NoLink(type(error).__name__) from None
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
        raise _LinkLost(type(error).__name__) from None


async def _short(answer: aiohttp.ClientResponse) -> bytes | None:
    """What was answered; None if it is longer than any answer, or breaks off: its status still counts."""
    body = bytearray()
    try:
        async for piece in answer.content.iter_any():
            body += piece
            if len(body) > _MOST_BYTES:
                return None
    except (aiohttp.ClientError, TimeoutError):
        return None
    return bytes(body)


def _readable(message: ShortMessage) -> ShortMessage:
    """As a bind would send it: in the GSM alphabet where that holds it, so in the fewest parts."""
    plain = transliterate(message.text)
    return replace(message, text=plain) if is_gsm7(plain) else message


def _word(outcome: SubmitOutcome) -> str:
    match outcome:
        case Submitted():
            return "submitted"
        case SubmitRefused():
            return outcome.refusal
        case SubmitUnknown():
            return "unknown"
        case SubmitNotSent():
            return "not_sent"
