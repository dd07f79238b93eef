"""What was found out about the charging system, kept in the store: a restart does not forget it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from yarl import URL

from flows.values import OrderKey
from store import ocs_traits
from store.errors import StoreError
from store.reader import Reader
from store.unit import Unit
from store.writer import Writer

_LOG = logging.getLogger(__name__)
_LONGEST = 200


def name_of(kind: str, url: str) -> str:
    """By what a charging system is known again: another address is another one. Never a user or a password."""
    return f"{kind} {URL(url).with_user(None)}".rstrip("/")[:_LONGEST]


class KeptTraits:
    """Satisfies ``OcsTraits``. ocs: its name."""

    def __init__(self, ocs: str, reader: Reader, writer: Writer, clock: Callable[[], datetime]) -> None:
        self._ocs, self._reader, self._writer, self._clock = ocs, reader, writer, clock
        self._known: set[str] | None = None

    async def knows(self, trait: str) -> bool:
        if self._known is None:
            self._known = set(await ocs_traits.of(self._reader, self._ocs))
        return trait in self._known

    async def learn(self, trait: str, key: OrderKey) -> None:
        if await self.knows(trait):
            return
        try:
            await self._writer.commit(Unit(ops=(ocs_traits.learn(self._ocs, trait, key, self._clock()),)))
        except StoreError as error:
            _LOG.warning("what was found out about the charging system could not be kept: %s", error)
            return
        assert self._known is not None, "it was asked for"
        self._known.add(trait)
        _LOG.info("learnt about the charging system", extra={"trait": trait, "order": key})
