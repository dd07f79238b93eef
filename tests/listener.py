"""A system of the operator's that hears events, and checks their signatures as its developer would."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from fakes import eventually

SECRET = "whsec_" + base64.b64encode(b"a secret of the app's own").decode()


@dataclass
class Heard:
    """One request."""

    id: str
    document: dict[str, Any]
    body: bytes


@dataclass
class Listener:
    """answer: status for what was heard. ``heard`` holds only what was signed rightly, ``forged`` the rest."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    forged: list[bytes] = field(default_factory=list)
    answer: Callable[[Heard], web.Response] = lambda heard: web.Response(status=204)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    def endpoint(self, name: str, events: str = "", path: str = "/hook") -> str:
        """Its part of a ``chasqui.toml``."""
        wanted = f"events = [{events}]\n" if events else ""
        return f'[[webhooks.endpoints]]\nname = "{name}"\nurl = "{self.url}{path}"\nsecret = "{SECRET}"\n{wanted}'

    @property
    def types(self) -> list[str]:
        """What was heard, repetitions left out."""
        return [one["type"] for one in {heard.id: heard.document for heard in self.heard}.values()]

    async def hears(self, *types: str) -> None:
        """Wait until these were heard and no others, in any order."""
        await eventually(lambda: sorted(self.types) == sorted(types))

    async def take(self, request: web.Request) -> web.Response:
        """The request's handler."""
        body = await request.read()
        which, at = request.headers["webhook-id"], request.headers["webhook-timestamp"]
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        digest = hmac.new(key, f"{which}.{at}.".encode() + body, hashlib.sha256).digest()
        if request.headers["webhook-signature"] != f"v1,{base64.b64encode(digest).decode()}":
            self.forged.append(body)
            return web.Response(status=401)
        self.heard.append(Heard(which, json.loads(body), body))
        await self.go.wait()
        return self.answer(self.heard[-1])


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    """A listener until the end of the block; it answers at once."""
    listener = Listener()
    listener.go.set()
    app = web.Application()
    app.router.add_post("/{path:.*}", listener.take)
    server = TestServer(app)
    await server.start_server()
    listener.url = f"http://127.0.0.1:{server.port}"
    try:
        yield listener
    finally:
        listener.go.set()
        await server.close()
    assert listener.forged == []
