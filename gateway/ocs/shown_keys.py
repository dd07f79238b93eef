"""Whether what a charging system does not list was not done: only where its list was seen to show our keys (ADR 28).

A list that may leave our key out says nothing by leaving it out. So a list is believed once it has shown an order of
ours, which is then known for good. Until then each order that was carried out is looked for; and before a "no" is taken
for one, the last of these once more, for a list may be filled later than the order is answered.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from flows.values import OrderKey
from gateway.core.ports import NotFound, OcsTraits, OutcomeUnknown
from gateway.ocs.answers import for_a_person
from gateway.ocs.tmf_link import NO_ANSWER

_LOG = logging.getLogger(__name__)
_MOST_LOOKS = 20
"""After so many orders that were not listed, a call more for each is not worth it any more."""
Look = Callable[[], Awaitable[bool]]
"""Whether the list shows an order that was carried out. Raises ``NO_ANSWER``."""
Found = TypeVar("Found")


class ShownKeys:
    """What each list shows; one list a kind of order, as servers keep the key of one kind and not of another."""

    def __init__(self, traits: OcsTraits) -> None:
        self._traits = traits
        self._carried_out: dict[str, tuple[OrderKey, Look]] = {}
        self._looks: Counter[str] = Counter()

    async def carried_out(self, what: str, key: OrderKey, look: Look) -> None:
        """An order of this kind was, as the charging system says: its list is held against that, until believed."""
        if self._looks[what] >= _MOST_LOOKS or await self._traits.knows(what):
            return
        self._looks[what] += 1
        self._carried_out[what] = key, look
        with suppress(*NO_ANSWER):
            if not await self._shows_the_last(what):
                _LOG.warning(
                    "an order was carried out and is not listed: were its answer lost, a person would have to look",
                    extra={"order": key, "list": what},
                )

    async def judged(self, what: str, found: Found, shown: OrderKey | None) -> Found | OutcomeUnknown:
        """What a question to the list has found; where that is nothing, whether it may be believed.

        shown: a key of ours that this list has just shown, if it did.
        """
        if shown:
            await self._traits.learn(what, shown)
        if not isinstance(found, NotFound) or shown or await self._traits.knows(what):
            return found
        try:
            believed = await self._shows_the_last(what)
        except NO_ANSWER as error:
            return OutcomeUnknown(str(error))
        return found if believed else for_a_person(f"the charging system has not been seen to list {what} of ours")

    async def _shows_the_last(self, what: str) -> bool:
        if what not in self._carried_out:
            return False
        key, look = self._carried_out[what]
        shown = await look()
        if shown:
            await self._traits.learn(what, key)
        return shown
