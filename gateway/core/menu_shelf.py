"""Compiled menus: those that sessions begin in now, and those that live sessions still stand in (ADR 0011).

What is served is swapped in one assignment, so a session begins in one version and never in half of another. A version
that is no longer served stays as long as hops ask for it, and the time of a silent session beyond.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from datetime import datetime

from flows.frozen import dataclass
from flows.split import Split, bucket, chosen
from flows.values import SubscriptionId
from gateway.core.menu_compiler import Compile
from gateway.core.menu_kept import UNUSABLE_SECONDS, KeptMenus
from gateway.errors import CompilerFailed
from gateway.telemetry import Metrics
from menus.errors import MenuError
from menus.table import CompiledMenu
from store import menu_publications, menu_revisions
from store.errors import MenuDamaged
from store.reader import Reader

_LOG = logging.getLogger(__name__)
_LASTING = (MenuError, MenuDamaged)
"""What says that a version cannot be served, and goes on saying it until somebody repairs something."""


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


@dataclass(frozen=True, slots=True)
class _Tried:
    """The newest publication of a menu, once it was tried. again: when to try again; failures: one after another."""

    number: int
    again: float = math.inf
    failures: int = 0


class MenuShelf:
    """Hands out compiled menus. clock: seconds that only go on."""

    def __init__(self, reader: Reader, compile_: Compile, metrics: Metrics, clock: Callable[[], float]) -> None:
        self._reader = reader
        self._metrics = metrics
        self._clock = clock
        self._served: Mapping[str, Served] = {}
        self._kept = KeptMenus(compile_, clock)
        self._tried: dict[str, _Tried] = {}
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
        return self._kept.known((menu, version))

    async def fetch(self, menu: str, version: str) -> CompiledMenu | None:
        """A version, compiled if need be; None if there is none such, or none that can be used now.

        Other hops go on meanwhile; who gives up waiting finds it the next time.
        """
        known = self.known(menu, version)
        if known is not None or self._kept.unusable((menu, version)):
            return known
        revision = await menu_revisions.of_version(self._reader, menu, version)
        if revision is None or revision.damage:
            return None
        try:
            return await self._kept.version(revision, gently=self._opened)
        except (MenuError, CompilerFailed):
            return None

    # ── what is served ──

    def add(self, menu: CompiledMenu) -> None:
        """Keep a version that somebody compiled."""
        self._kept.add(menu)

    def serve(self, menu: str, served: Served) -> None:
        """Let sessions begin in this from now on."""
        for version in (*served.versions, *(self._served[menu].versions if menu in self._served else ())):
            self.add(version)  # also those that are served no longer: their sessions have their time
        self._served = {**self._served, menu: served}
        self._metrics.menu_publication.labels(menu).set(served.number)

    async def open(self) -> None:
        """At the start: for each menu the newest publication that this version of Chasqui can serve."""
        for menu, newest in (await menu_publications.newest_numbers(self._reader)).items():
            await self._try(menu, newest)
            number = newest
            while menu not in self._served and number > 1:
                number -= 1
                await self._failure(menu, number)
        self._opened = True

    async def look(self) -> None:
        """Serve what was published since. What cannot be served is counted and logged, and what is served stays.

        It is tried again: somebody may repair it, and a compiler that failed may work the next time.
        """
        for menu, newest in (await menu_publications.newest_numbers(self._reader)).items():
            tried = self._tried.get(menu)
            if tried is None or tried.number != newest or tried.again <= self._clock():
                await self._try(menu, newest)

    async def recall(self, since: datetime) -> None:
        """Compile what was served at ``since`` or later: sessions that a stop cut off may still stand in it."""
        for menu in self.menus:
            for publication in await menu_publications.of_menu(self._reader, menu):
                for share in publication.split:
                    await self._recall(menu, share.revision)
                if publication.at < since:
                    break

    def sweep(self) -> None:
        """Drop what is neither served nor was asked for by any session that is still remembered."""
        served = {(menu, version.version) for menu, one in self._served.items() for version in one.versions}
        self._kept.sweep(served)

    async def close(self) -> None:
        """Give up what is being compiled."""
        await self._kept.close()

    async def _recall(self, menu: str, number: int) -> None:
        try:
            revision = await menu_revisions.numbered(self._reader, menu, number)
        except MenuDamaged:
            return
        if revision is not None:
            await self.fetch(menu, revision.version)

    async def _try(self, menu: str, number: int) -> None:
        """Serve the newest publication, or note when to try again."""
        failure = await self._failure(menu, number)
        if failure is None:
            self._tried[menu] = _Tried(number)
            return
        last = self._tried.get(menu)
        failures = last.failures + 1 if last and last.number == number else 1
        pause = UNUSABLE_SECONDS if isinstance(failure, _LASTING) else min(2.0 ** (failures - 1), UNUSABLE_SECONDS)
        self._tried[menu] = _Tried(number, self._clock() + pause, min(failures, 10))

    async def _failure(self, menu: str, number: int) -> Exception | None:
        """Serve a publication; what is wrong if it cannot be. One menu must not hold up the others, whatever it is."""
        try:
            served = await self._prepared(menu, number)
        except Exception as error:
            self._metrics.failures.labels("menus").inc()
            reason = str(error).partition("\n")[0] or type(error).__name__
            _LOG.error("a publication cannot be served", extra={"menu": menu, "publication": number, "reason": reason})
            return error
        self.serve(menu, served)
        versions = [f"{menu}@{share.revision}" for share in served.split]
        _LOG.info("a publication is served", extra={"publication": number, "versions": versions})
        return None

    async def _prepared(self, menu: str, number: int) -> Served:
        publication = await menu_publications.numbered(self._reader, menu, number)
        if publication is None:
            raise MenuError([f"{menu}: there is no publication {number}"])
        versions = []
        for share in publication.split:
            revision = await menu_revisions.numbered(self._reader, menu, share.revision)
            if revision is None:
                raise MenuError([f"{menu}@{share.revision}: there is no such revision"])
            versions.append(await self._kept.version(revision, gently=self._opened))
        return Served(number, publication.split, tuple(versions))
