"""Events over HTTP, signed as Standard Webhooks 1.0 has it. Redirects are not followed, and answers not read."""

from __future__ import annotations

from http import HTTPStatus

import aiohttp

from gateway.api import webhook_bodies
from gateway.config.tree import WebhookEndpointConfig
from gateway.core.context import Context
from gateway.core.ports.webhooks import EndpointGone, NotSo, NotTaken, PostOutcome, Taken
from gateway.ocs.signature import sign
from gateway.sms.answers import retry_after
from store.webhook_rows import WebhookRow

_SECONDS = aiohttp.ClientTimeout(total=15, connect=5)


def open_session() -> aiohttp.ClientSession:
    """For all endpoints; each is bounded by its own line."""
    connector = aiohttp.TCPConnector(limit=0)
    return aiohttp.ClientSession(timeout=_SECONDS, connector=connector, cookie_jar=aiohttp.DummyCookieJar())


class HttpPoster:
    """Satisfies ``WebhookPoster``. session: closed by whoever opened it."""

    def __init__(self, context: Context, endpoint: WebhookEndpointConfig, session: aiohttp.ClientSession) -> None:
        self._context = context
        self._endpoint = endpoint
        self._session = session

    async def post(self, row: WebhookRow) -> PostOutcome:
        """Compose, sign and post, once."""
        body = await webhook_bodies.body(self._context.reader, row)
        if body is None:
            return NotSo()
        try:
            return await self._posted(row, body)
        except TimeoutError:
            return NotTaken("timeout")
        except aiohttp.ClientError as error:  # its text may hold the address, which may hold a secret
            return NotTaken(type(error).__name__)

    async def _posted(self, row: WebhookRow, body: bytes) -> PostOutcome:
        now = self._context.clock()
        timestamp = str(int(now.timestamp()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Chasqui",
            "webhook-id": row.id,
            "webhook-timestamp": timestamp,
            "webhook-signature": sign(self._endpoint.secret, row.id, timestamp, body),
        }
        async with self._session.post(self._endpoint.url, data=body, headers=headers, allow_redirects=False) as answer:
            if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
                return Taken()
            if answer.status == HTTPStatus.GONE:
                return EndpointGone()
            return NotTaken(f"http_{answer.status}", retry_after(answer.headers.get("Retry-After"), now))
