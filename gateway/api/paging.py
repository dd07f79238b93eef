"""Lists by pages: ``limit`` and ``after`` of a request, and the ``next`` of its answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from aiohttp import web

from flows.frozen import dataclass
from gateway.api.operations import MOST_ITEMS
from gateway.api.requests import limit_of

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page:
    """What is asked for. ask_for: one more than is shown, which tells whether there is a next page."""

    limit: int
    after: str | None

    @property
    def ask_for(self) -> int:
        return self.limit + 1

    def cut(self, found: Sequence[Item], name: Callable[[Item], str]) -> tuple[Sequence[Item], str | None]:
        """What is shown of it, and what the next page is asked for with; None for the last one."""
        return found[: self.limit], name(found[self.limit - 1]) if len(found) > self.limit else None


def page_of(request: web.Request) -> Page:
    """The page that a request asks for. Raises Problem."""
    return Page(limit_of(request, MOST_ITEMS), request.query.get("after"))
