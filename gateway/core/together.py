"""Look-ups that are asked for at the same moment become one: a query costs its hop, hardly its rows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Together(Generic[Key, Value]):
    """Asks ``look`` for all keys that came while the last answer was on its way.

    Every caller sees what was so at some moment after they asked.
    """

    def __init__(self, look: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Value]]]) -> None:
        self._look = look
        self._asked: dict[Key, asyncio.Future[Value | None]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def get(self, key: Key) -> Value | None:
        """The value under this key, or None. Raises whatever ``look`` raises."""
        answer = self._asked.get(key)
        if answer is None:
            answer = self._asked[key] = asyncio.get_running_loop().create_future()
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(answer)  # one who goes away must not take the others' answer along

    async def _ask(self) -> None:
        while self._asked:
            asked, self._asked = self._asked, {}
            try:
                found = await self._look(list(asked))
            except Exception as error:
                for answer in asked.values():
                    answer.set_exception(error)
                    answer.exception()  # seen, also where nobody waits any more
            else:
                for key, answer in asked.items():
                    answer.set_result(found.get(key))
        self._asking = None
