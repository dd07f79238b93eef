"""A phone in the browser, for the built-in simulators: dials services, gets texts, answers them.

The page stands where the aggregator stands: its script opens USSD sessions and posts each hop to the gateway's own
``/ussd/africastalking``. Its texts go through the SMSC simulator: what the page shows came by submit_sm, what it sends
leaves as deliver_sm. Nothing here reaches into the gateway.
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from importlib.resources import files
from itertools import islice
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import web

from flows.values import Msisdn, parse_msisdn
from gateway.core.bodies import body_of
from gateway.core.doors import is_loopback
from gateway.core.problems import Handler, Problem
from gateway.simulators.control_requests import answer_name
from gateway.simulators.smsc import SmscSimulator
from gateway.smpp.server import NoReceiver

TEST_NUMBER: Final = "+573001112233"
"""The phone's number until somebody types another."""
MOST_MESSAGES: Final = 100
"""How many texts one answer holds at most, the newest."""
MOST_CHARACTERS: Final = 1000
"""How long a text from the phone may be; phones stop at about seven parts."""

_MOST_BYTES: Final = 16_384
_KINDS: Final = {
    "handset.css": "text/css",
    "handset.js": "text/javascript",
    "ussd.js": "text/javascript",
    "inbox.js": "text/javascript",
    "handset.svg": "image/svg+xml",
}
_HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_OWN_NAMES: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class HandsetPage:
    """``/handset/`` and what its script asks for; this machine's own browser only.

    services: service codes that the page offers to dial. number: the short code to which texts go.
    """

    def __init__(self, smsc: SmscSimulator, services: Sequence[str], number: str) -> None:
        self._smsc = smsc
        self._number = number
        folder = files("gateway.simulators") / "static"
        self._files = {name: (folder / name).read_text(encoding="utf-8") for name in _KINDS}
        self._page = (
            (folder / "handset.html")
            .read_text(encoding="utf-8")
            .replace("{msisdn}", TEST_NUMBER)
            .replace("{number}", html.escape(number))
            .replace("{services}", html.escape(" ".join(services)))
        )

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        routes: list[tuple[str, str, Handler]] = [
            ("GET", "/handset", self._get_slash),
            ("GET", "/handset/", self._get_page),
            ("GET", "/handset/messages", self._get_messages),
            ("POST", "/handset/texts", self._post_text),
            ("GET", "/handset/{file}", self._get_file),
        ]
        app.add_routes([web.route(method, path, _guarded(handler)) for method, path, handler in routes])

    async def _get_slash(self, _: web.Request) -> web.StreamResponse:
        raise web.HTTPMovedPermanently("/handset/")

    async def _get_page(self, _: web.Request) -> web.StreamResponse:
        return web.Response(text=self._page, content_type="text/html", headers=_HEADERS)

    async def _get_file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["file"]
        if name not in self._files:
            raise web.HTTPNotFound
        return web.Response(text=self._files[name], content_type=_KINDS[name], headers=_HEADERS)

    async def _get_messages(self, request: web.Request) -> web.StreamResponse:
        """What a phone got after the message numbered ``after``, oldest first; ``next`` is what to ask for then."""
        msisdn = _subscriber(request.query.get("msisdn"), "msisdn")
        after = _whole(request.query.get("after", "0"))
        messages = self._smsc.messages
        newest_first = (messages[at] for at in range(len(messages) - 1, after - 1, -1))
        got = list(islice((one for one in newest_first if one["to"] == msisdn), MOST_MESSAGES))
        shown = [{name: one[name] for name in ("n", "from", "text", "at")} for one in reversed(got)]
        return web.json_response({"messages": shown, "next": len(messages)}, headers={"Cache-Control": "no-store"})

    async def _post_text(self, request: web.Request) -> web.StreamResponse:
        """Send a text from a phone to the short code; 202 once the ESME has taken it."""
        document = await _document(request)
        sender, text = _subscriber(document.get("from"), "from"), document.get("text")
        if not isinstance(text, str) or not text or len(text) > MOST_CHARACTERS:
            raise Problem(422, "bad-text", f"text is 1 to {MOST_CHARACTERS} characters")
        try:
            (answer,) = await self._smsc.send_mo(sender, self._number, text)
        except NoReceiver as error:
            raise Problem(503, error.code, "The gateway is not connected to the SMSC simulator.") from None
        status = answer_name(answer)
        if status != "ESME_ROK":
            raise Problem(502, "not-taken", f"The gateway did not take the text ({status}).")
        return web.json_response({"status": status}, status=202)


def _guarded(handler: Handler) -> Handler:
    """Only for browsers on this machine, and only for what this page itself asks."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        if not is_loopback(request.remote):
            raise Problem(403, "loopback-only", "the handset answers this machine only")
        # another site's name that resolves to 127.0.0.1 would pass for the same origin
        if _name(f"//{request.host}") not in _OWN_NAMES:
            raise Problem(403, "wrong-host", "open the handset as http://127.0.0.1 or http://localhost")
        if _is_cross_site(request):
            raise Problem(403, "cross-site", "the handset answers its own page only")
        return await handler(request)

    return guarded


def _is_cross_site(request: web.Request) -> bool:
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"{request.scheme}://{request.host}":
        return True
    navigated = request.headers.get("Sec-Fetch-Mode") == "navigate" and request.method == "GET"  # a link to the page
    return request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"} and not navigated


def _name(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


async def _document(request: web.Request) -> dict[str, Any]:
    # a form of another site cannot send this type without asking first
    if request.content_type != "application/json":
        raise Problem(415, "unsupported-media-type", "application/json is wanted")
    body = await body_of(request, _MOST_BYTES)
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise Problem(400, "bad-json", "the body is not JSON") from None
    if not isinstance(document, dict):
        raise Problem(400, "bad-json", "a JSON object is wanted")
    return document


def _subscriber(text: object, name: str) -> Msisdn:
    msisdn = parse_msisdn(text)
    if msisdn is None:
        raise Problem(422, "bad-msisdn", f"{name} is a number with its country code, such as {TEST_NUMBER}")
    return msisdn


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Problem(422, "bad-after", "after is a whole number from 0")
    return int(text)
