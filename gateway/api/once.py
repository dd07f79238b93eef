"""Requests that are carried out once: as draft-ietf-httpapi-idempotency-key-header-07 has it.

The first request with a key claims it, durably, before anything else; its answer is kept and given again. Another
request under the same key is refused, and so is the same one while the first still runs. A request that was refused
gives its key back; one that was cut off by a crash is carried out again by the next with the same key.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from gateway.api import views
from gateway.api.access import Caller
from gateway.api.models import Model
from gateway.api.requests import idempotency_key
from gateway.core.commit import Committer
from gateway.core.context import Context
from gateway.core.problems import Problem
from store import idempotency
from store.unit import Op


class Claim:
    """The key that a request holds; of a request without one it holds nothing. id: the same for every repetition."""

    def __init__(self, caller: str, key: str | None) -> None:
        self._held = None if key is None else (caller, key)
        self.kept = key is None
        self.id = hashlib.sha256(f"{caller}\n{key}".encode()).hexdigest()[:40]

    def keep(self, answer: Model | None, status: int) -> tuple[Op, ...]:
        """To be written with what the request does: the answer that every repetition gets."""
        self.kept = True
        if self._held is None:
            return ()
        return (idempotency.answer(*self._held, status, "" if answer is None else views.text(answer)),)


Answer = tuple[int, Model | None]
"""Status and document, None for none."""
Work = Callable[[Claim], Awaitable[Answer]]


class Once:
    """One per process. What it holds in memory are the requests that run."""

    def __init__(self, context: Context, committer: Committer) -> None:
        self._context = context
        self._committer = committer
        self._running: set[tuple[str, str]] = set()

    async def if_keyed(self, request: web.Request, caller: Caller, document: Any, work: Work) -> web.Response:
        """As ``keyed``; without an Idempotency-Key it is simply carried out: a repetition changes nothing anyway."""
        if "Idempotency-Key" in request.headers:
            return await self.keyed(request, caller, document, work)
        return _response(*await asyncio.shield(work(Claim(caller.name, None))))

    async def keyed(self, request: web.Request, caller: Caller, document: Any, work: Work) -> web.Response:
        """Carry the work out, or answer as it was answered before. document: the body. Raises Problem."""
        held = (caller.name, idempotency_key(request))
        if held in self._running:
            raise Problem(409, "in-progress", "the first request with this Idempotency-Key still runs")
        self._running.add(held)
        # a caller that hangs up must not cut the request in two, nor let a second one in
        running = asyncio.ensure_future(self._once(held, _digest(request, document), work))
        running.add_done_callback(lambda _: self._running.discard(held))
        return await asyncio.shield(running)

    async def _once(self, held: tuple[str, str], digest: str, work: Work) -> web.Response:
        if not await self._context.writer.commit(idempotency.claim(*held, digest, self._context.clock())):
            earlier = await idempotency.find(self._context.reader, *held)
            if earlier is not None and earlier.digest != digest:
                raise Problem(422, "idempotency-key-reused", "this Idempotency-Key came before with another request")
            if earlier is not None and earlier.status is not None:
                return _given(earlier.status, earlier.body or "")
        claim = Claim(*held)
        try:
            status, document = await work(claim)
        except Problem:
            await self._committer.note(idempotency.release(*held))
            raise
        if not claim.kept:
            await self._committer.note(*claim.keep(document, status))
        return _response(status, document)


def _digest(request: web.Request, document: Any) -> str:
    asked = [request.method, request.path, sorted(request.query.items()), document]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def _response(status: int, document: Model | None) -> web.Response:
    return _given(status, "" if document is None else views.text(document))


def _given(status: int, text: str) -> web.Response:
    if not text:
        return web.Response(status=status)
    return web.Response(status=status, text=text, content_type="application/json")
