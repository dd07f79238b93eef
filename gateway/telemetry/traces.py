"""Where spans go, and how work is put inside one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import ParamSpec, Protocol, TypeVar

_Given = ParamSpec("_Given")
_Found = TypeVar("_Found")


class Traces(Protocol):
    """Where spans go. Attributes are words of ours (doors, outcomes, kinds), never what a peer or a person sent."""

    def span(self, name: str) -> AbstractContextManager[object]:
        """What is done inside the block; an error leaves its kind."""
        ...

    def begin(self, name: str) -> Callable[[str], None]:
        """What ends in a callback: call what is returned, with how it ended; the first word counts."""
        ...

    def note(self, **attributes: str | int) -> None:
        """Say more of the span that is open here."""
        ...


def around(
    traces: Traces | None, name: str, work: Callable[_Given, Awaitable[_Found]]
) -> Callable[_Given, Awaitable[_Found]]:
    """``work`` inside a span of its own. Chosen once, at the start: without traces it is ``work`` itself."""
    if traces is None:
        return work

    async def spanned(*given: _Given.args, **named: _Given.kwargs) -> _Found:
        with traces.span(name):
            return await work(*given, **named)

    return spanned
