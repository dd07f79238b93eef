"""Compiled versions of menus: each compiled once however many ask, and kept as long as somebody does (ADR 0011)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

from gateway.core.menu_compiler import Compile
from gateway.errors import CompilerFailed
from menus.errors import MenuError
from menus.table import CompiledMenu
from store.menu_revisions import Revision

KEPT_SECONDS = 300.0
"""Longer than any network keeps a session: who stands in an old version does not wait for it to be compiled again."""
UNUSABLE_SECONDS = 300.0
"""How long what cannot be served is not tried again: somebody may have repaired it, or upgraded Chasqui's rules."""
_FAILED_SECONDS = 10.0
Key = tuple[str, str]
"""Menu and version."""


@dataclass(slots=True)
class _Kept:
    """A compiled version. used: when it was last asked for."""

    menu: CompiledMenu
    used: float


class KeptMenus:
    """Compiles and keeps. clock: seconds that only go on."""

    def __init__(self, compile_: Compile, clock: Callable[[], float]) -> None:
        self._compile = compile_
        self._clock = clock
        self._kept: dict[Key, _Kept] = {}
        self._unusable: dict[Key, float] = {}
        self._compiling: dict[Key, asyncio.Task[CompiledMenu]] = {}
        self._one_at_a_time = asyncio.Lock()

    def known(self, key: Key) -> CompiledMenu | None:
        """A version that is compiled already."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        kept.used = self._clock()
        return kept.menu

    def add(self, menu: CompiledMenu) -> None:
        """Keep a version that somebody compiled."""
        self._kept[menu.id, menu.version] = _Kept(menu, self._clock())

    def unusable(self, key: Key) -> bool:
        """Whether it was found a moment ago that this version cannot be compiled."""
        return self._clock() < self._unusable.get(key, 0.0)

    async def version(self, revision: Revision, *, gently: bool) -> CompiledMenu:
        """The revision, compiled if need be. Raises MenuError, CompilerFailed.

        Who gives up waiting finds it the next time.
        """
        key = (revision.menu, revision.version)
        known = self.known(key)
        if known is not None:
            return known
        task = self._compiling.get(key)
        if task is None:
            task = self._compiling[key] = asyncio.create_task(self._compiled(revision, gently))
            task.add_done_callback(partial(self._compiling_ended, key))
        return await asyncio.shield(task)

    def sweep(self, served: Collection[Key]) -> None:
        """Drop what is neither served nor was asked for by any session that is still remembered."""
        oldest = self._clock() - KEPT_SECONDS
        for key in [key for key, kept in self._kept.items() if kept.used < oldest and key not in served]:
            del self._kept[key]

    async def close(self) -> None:
        """Give up what is being compiled."""
        tasks = list(self._compiling.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _compiling_ended(self, key: Key, task: asyncio.Task[CompiledMenu]) -> None:
        del self._compiling[key]
        if not task.cancelled():
            task.exception()  # whoever waited has heard it; nobody may have

    async def _compiled(self, revision: Revision, gently: bool) -> CompiledMenu:
        key = (revision.menu, revision.version)
        try:
            async with self._one_at_a_time:
                menu = await self._compile(revision.source, revision.version, gently=gently)
            _ensure_same(menu, revision)
        except (MenuError, CompilerFailed) as error:
            pause = UNUSABLE_SECONDS if isinstance(error, MenuError) else _FAILED_SECONDS
            self._unusable[key] = self._clock() + pause
            raise
        self._unusable.pop(key, None)
        self.add(menu)
        return menu


def _ensure_same(menu: CompiledMenu, revision: Revision) -> None:
    if menu.id != revision.menu:
        raise MenuError([f"{revision.name}: has the content of a menu '{menu.id}'"])
