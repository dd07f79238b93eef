"""Who may do what with the REST interface: bearer tokens, roles, a rate limit a token. Deny by default."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import monotonic

from aiohttp import web

from gateway.api.operations import Operation
from gateway.api.rights import RIGHTS, Right
from gateway.config.tree import ApiTokenConfig
from gateway.core.problems import Problem

__all__ = ["Access", "Caller", "Handler", "Right"]


@dataclass(slots=True)
class Caller:
    """One token. tokens, filled_at: of its bucket."""

    name: str
    role: str
    tokens: float
    filled_at: float


Handler = Callable[[web.Request, Caller], Awaitable[web.StreamResponse]]


class Access:
    """Checks tokens, roles and rates. per_second: requests of one token, with one second's worth of burst.

    operations: what was added so far.
    """

    def __init__(self, configured: Sequence[ApiTokenConfig], per_second: float) -> None:
        self._burst = max(1.0, per_second)  # less than a whole request would let nobody in, ever
        self._callers = {one.sha256: Caller(one.name, one.role, self._burst, monotonic()) for one in configured}
        self._per_second = per_second
        self.operations: list[Operation] = []

    def add(self, app: web.Application, operation: Operation, handler: Handler) -> None:
        """Answer this operation with the handler, behind its right, and note it for the document."""
        self.operations.append(operation)
        guarded = self.guard(operation.right, handler)
        if operation.method == "GET":
            app.router.add_get(operation.path, guarded)
        else:
            app.router.add_route(operation.method, operation.path, guarded)

    def guard(self, right: Right, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The handler behind this right."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            caller = self._caller(request)
            if right not in RIGHTS[caller.role]:
                raise Problem(403, "forbidden", f"the role {caller.role} may not do this")
            self._take(caller)
            return await handler(request, caller)

        return guarded

    def _caller(self, request: web.Request) -> Caller:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        caller = self._callers.get(hashlib.sha256(token.strip().encode(errors="surrogateescape")).hexdigest())
        if scheme.lower() != "bearer" or caller is None:
            raise Problem(
                401,
                "unauthorized",
                "a known bearer token is needed: Authorization: Bearer TOKEN",
                headers={"WWW-Authenticate": "Bearer"},
            )
        return caller

    def _take(self, caller: Caller) -> None:
        now = monotonic()
        caller.tokens = min(self._burst, caller.tokens + (now - caller.filled_at) * self._per_second)
        caller.filled_at = now
        if caller.tokens < 1:
            pause = max(1, math.ceil((1 - caller.tokens) / self._per_second))
            raise Problem(
                429,
                "too-many-requests",
                f"more than {self._per_second:g} requests a second of this token",
                headers={"Retry-After": str(pause)},
            )
        caller.tokens -= 1
