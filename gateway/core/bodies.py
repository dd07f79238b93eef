"""The body of a request: in time, not too long, unpacked. The server must leave packed bodies as they are."""

from __future__ import annotations

import asyncio
import json
import zlib
from typing import Any

from aiohttp import web

from gateway.core.problems import Problem

_SECONDS = 5.0
_GZIP_OR_ZLIB = 47
"""zlib's ``wbits``: whichever the first bytes say."""
_PACKED = frozenset({"gzip", "x-gzip", "deflate"})
_PLAIN = frozenset({"", "identity", "utf-8"})
"""The last is how RestComm's gateway names its charset."""


async def body_of(request: web.Request, most: int) -> bytes:
    """The whole body. most: bytes, also of what was packed. Raises Problem."""
    if (request.content_length or 0) > most:
        raise _too_long(most)
    try:
        body = await (request.read() if request.content.is_eof() else _read_in_time(request))
    except web.HTTPRequestEntityTooLarge:  # without a length, and beyond what any request may have
        raise _too_long(most) from None
    except web.RequestPayloadError:
        raise Problem(400, "bad-body", "the body is not framed as HTTP says") from None
    coding = request.headers.get("Content-Encoding")
    if coding is not None and body:
        body = _unpacked(body, coding.strip().lower(), most)
    if len(body) > most:
        raise _too_long(most)
    return body


async def json_body(request: web.Request, most: int = 1024 * 1024) -> dict[str, Any]:
    """The body as a JSON object; an empty one is an empty object. Raises Problem."""
    try:
        document = json.loads(await body_of(request, most) or b"{}")
        json.dumps(document, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise Problem(400, "not-json", "the body must be a JSON object")
    return document


async def _read_in_time(request: web.Request) -> bytes:
    """For a body that is not there yet; to set a timer for each would cost more than most bodies do."""
    try:
        async with asyncio.timeout(_SECONDS):
            return await request.read()
    except TimeoutError:
        raise Problem(408, "too-slow", f"the body did not come within {_SECONDS:.0f} seconds") from None


def _unpacked(body: bytes, coding: str, most: int) -> bytes:
    if coding in _PLAIN:
        return body
    if coding not in _PACKED:
        raise Problem(400, "unknown-encoding", "the content encoding is not known here; there is gzip and deflate")
    unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        plain = unpacker.decompress(body, most + 1)
    except zlib.error:
        raise Problem(400, "bad-encoding", "the body is not packed as its content encoding says") from None
    if len(plain) <= most and (not unpacker.eof or unpacker.unused_data):
        raise Problem(400, "bad-encoding", "the body is not packed as its content encoding says")
    return plain


def _too_long(most: int) -> Problem:
    return Problem(413, "too-large", f"a request may have at most {most} bytes")
