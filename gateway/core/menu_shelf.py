"""Compiled menus: those that sessions begin in now, and those that live sessions still stand in (ADR 0011).

What is served is swapped in one assignment, so a session begins in one version and never in half of another. A version
that is no longer served stays as long as hops ask for it, and the time of a silent session beyond.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from flows.errors import SplitUnreadable
from flows.split import Split, bucket, chosen
from flows.values import SubscriptionId
from gateway.core.live_sessions import KEPT_SECONDS
from gateway.core.menu_compiler import Compile
from gateway.telemetry import Metrics
from menus.errors import MenuError
from menus.table import CompiledMenu
from store import menu_publications, menu_revisions
from store.menu_revisions import Revision
from store.reader import Reader

_LOG = logging.getLogger(__name__)
_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Served:
    """What sessions of one menu begin in. number: of its publication; versions: one for each share of the split."""

    number: int
    split: Split
    versions: tuple[CompiledMenu, ...]


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a new session begins in."""

    menu: CompiledMenu
    arm: str


@dataclass(slots=True)
class _Kept:
    """A compiled version. used: when it was last asked for."""

    menu: CompiledMenu
    used: float


class MenuShelf:
    """Hands out compiled menus. clock: seconds that only go on."""

    def __init__(self, reader: Reader, compile_: Compile, metrics: Metrics, clock: Callable[[], float]) -> None:
        self._reader = reader
        self._compile = compile_
        self._metrics = metrics
        self._clock = clock
        self._served: Mapping[str, Served] = {}
        self._kept: dict[_Key, _Kept] = {}
        self._unusable: set[_Key] = set()
        self._compiling: dict[_Key, asyncio.Task[CompiledMenu]] = {}
        self._one_at_a_time = asyncio.Lock()
        self._seen: dict[str, int] = {}
        self._opened = False

    # ── for hops ──

    @property
    def menus(self) -> tuple[str, ...]:
        """The menus that sessions can begin in."""
        return tuple(self._served)

    def begin(self, menu: str, subscription: SubscriptionId) -> Beginning:
        """The version that a new session of this subscription begins in. Raises KeyError for a menu never published."""
        served = self._served[menu]
        at = chosen(served.split, bucket(menu, subscription)) if len(served.split) > 1 else 0
        return Beginning(served.versions[at], served.split[at].arm)

    def known(self, menu: str, version: str) -> CompiledMenu | None:
        """A version that is compiled already."""
        kept = self._kept.get((menu, version))
        if kept is None:
            return None
        kept.used = self._clock()
        return kept.menu

    async def fetch(self, menu: str, version: str) -> CompiledMenu | None:
        """A version, compiled if need be; None if there is none such, or none that can be used. Raises CompilerFailed.

        Other hops go on meanwhile; who gives up waiting finds it the next time.
        """
        known = self.known(menu, version)
        if known is not None or (menu, version) in self._unusable:
            return known
        revision = await menu_revisions.of_version(self._reader, menu, version)
        if revision is None:
            return None
        try:
            return await self._version(revision)
        except MenuError:
            return None

    # ── what is served ──

    def add(self, menu: CompiledMenu) -> None:
        """Keep a version that somebody compiled."""
        self._kept[menu.id, menu.version] = _Kept(menu, self._clock())

    def serve(self, menu: str, served: Served) -> None:
        """Let sessions begin in this from now on."""
        for version in (*served.versions, *(self._served[menu].versions if menu in self._served else ())):
            self.add(version)  # also those that are served no longer: their sessions have their time
        self._served = {**self._served, menu: served}
        self._metrics.menu_publication.labels(menu).set(served.number)

    async def open(self) -> None:
        """At the start: for each menu the newest publication that this version of Chasqui can serve."""
        for menu, newest in (await menu_publications.newest_numbers(self._reader)).items():
            number = newest
            while number > 0 and not await self._take_up(menu, number):
                number -= 1
            self._seen[menu] = newest
        self._opened = True

    async def look(self) -> None:
        """Serve what was published since. What cannot be served is counted and logged, and what is served stays."""
        for menu, newest in (await menu_publications.newest_numbers(self._reader)).items():
            if self._seen.get(menu) != newest:
                await self._take_up(menu, newest)
                self._seen[menu] = newest

    async def recall(self, since: datetime) -> None:
        """Compile what was served at ``since`` or later: sessions that a stop cut off may still stand in it."""
        for menu in self.menus:
            for publication in await menu_publications.of_menu(self._reader, menu):
                for share in publication.split:
                    revision = await menu_revisions.numbered(self._reader, menu, share.revision)
                    if revision is not None:
                        await self.fetch(menu, revision.version)
                if publication.at < since:
                    break

    def sweep(self) -> None:
        """Drop what is neither served nor was asked for by any session that is still remembered."""
        served = {(menu, version.version) for menu, one in self._served.items() for version in one.versions}
        oldest = self._clock() - KEPT_SECONDS
        for key in [key for key, kept in self._kept.items() if kept.used < oldest and key not in served]:
            del self._kept[key]

    async def close(self) -> None:
        """Give up what is being compiled."""
        tasks = list(self._compiling.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _take_up(self, menu: str, number: int) -> bool:
        try:
            served = await self._prepared(menu, number)
        except (MenuError, SplitUnreadable) as error:
            self._metrics.failures.labels("menus").inc()
            reason = str(error).partition("\n")[0]
            _LOG.error("a publication cannot be served", extra={"menu": menu, "publication": number, "reason": reason})
            return False
        self.serve(menu, served)
        versions = [f"{menu}@{share.revision}" for share in served.split]
        _LOG.info("a publication is served", extra={"publication": number, "versions": versions})
        return True

    async def _prepared(self, menu: str, number: int) -> Served:
        publication = await menu_publications.numbered(self._reader, menu, number)
        if publication is None:
            raise MenuError([f"{menu}: there is no publication {number}"])
        versions = []
        for share in publication.split:
            revision = await menu_revisions.numbered(self._reader, menu, share.revision)
            if revision is None:
                raise MenuError([f"{menu}@{share.revision}: there is no such revision"])
            versions.append(await self._version(revision))
        return Served(number, publication.split, tuple(versions))

    async def _version(self, revision: Revision) -> CompiledMenu:
        """The revision, compiled once however many ask for it."""
        key = (revision.menu, revision.version)
        known = self.known(*key)
        if known is not None:
            return known
        task = self._compiling.get(key)
        if task is None:
            task = self._compiling[key] = asyncio.create_task(self._compiled(revision))
            task.add_done_callback(partial(self._compiling_ended, key))
        return await asyncio.shield(task)

    def _compiling_ended(self, key: _Key, task: asyncio.Task[CompiledMenu]) -> None:
        del self._compiling[key]
        if not task.cancelled():
            task.exception()  # whoever waited has heard it; nobody may have

    async def _compiled(self, revision: Revision) -> CompiledMenu:
        key = (revision.menu, revision.version)
        try:
            async with self._one_at_a_time:
                menu = await self._compile(revision.source, revision.version, gently=self._opened)
        except MenuError:
            self._unusable.add(key)
            raise
        self.add(menu)
        return menu
