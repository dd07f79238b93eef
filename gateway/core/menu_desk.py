"""Drafting, publishing and rolling back versions of menus: what is allowed, and how it is written (ADR 0011).

Each step is one unit with its line of the audit. A publication is numbered behind the one that it was decided upon; if
somebody was quicker, it is decided anew upon theirs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from flows.effects import RecordAudit
from flows.split import BUCKETS, Split, arms, canary, whole
from gateway.core.context import Clock
from gateway.core.menu_history import before, ever
from gateway.errors import PublicationRefused
from menus.pages import Menu
from menus.shortcuts import moved
from menus.sources import Source
from store import audit, menu_publications, menu_revisions
from store.errors import AlreadyWritten
from store.menu_publications import Kind, Publication
from store.menu_revisions import Revision
from store.reader import Reader
from store.unit import Op, Unit
from store.writer import Writer

_MOST_TRIES = 50
"""Each failed one means that somebody else's was written."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Who does it, and why."""

    author: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Portion:
    """How much of the subscriptions a version gets beside the one served so far. arm: its name; empty for a canary."""

    buckets: int
    arm: str = ""


ALL = Portion(BUCKETS)


@dataclass(frozen=True, slots=True)
class Published:
    """What is served now. fresh: whether it was not before. moved: the shortcuts that changed all the same."""

    publication: Publication
    fresh: bool
    moved: Sequence[str] = ()


class MenuDesk:
    """Writes revisions and publications."""

    def __init__(self, reader: Reader, writer: Writer, clock: Clock) -> None:
        self._reader = reader
        self._writer = writer
        self._clock = clock

    async def draft(self, menu: Menu, source: Source, signed: Signature) -> tuple[Revision, bool]:
        """A revision with this content, and whether it is a new one."""
        for _ in range(_MOST_TRIES):
            known = await menu_revisions.of_version(self._reader, menu.id, menu.version)
            if known is not None:
                return known, False
            newest = await menu_revisions.newest(self._reader, menu.id)
            revision = Revision(
                menu=menu.id,
                number=newest.number + 1 if newest else 1,
                version=menu.version,
                source=source,
                shortcuts=shortcuts_of(menu),
                author=signed.author,
                message=signed.message,
                at=self._clock(),
            )
            try:
                await self._writer.commit(Unit(ops=(menu_revisions.put(revision), _drafted(revision))))
            except AlreadyWritten:
                continue
            return revision, True
        raise PublicationRefused([f"{menu.id}: others draft all the time; try again"])

    async def ensure_publishable(self, menu: Menu, portion: Portion, retired: Collection[str]) -> None:
        """Raises PublicationRefused for what would be refused once it is a revision."""
        now = await menu_publications.newest(self._reader, menu.id)
        problems = await self._broken(now, menu.id, shortcuts_of(menu), retired, refused=True)
        if now is None and portion != ALL:
            problems.append(_nothing_to_stand_beside(menu.id))
        if problems:
            raise PublicationRefused(problems)

    async def publish(
        self, revision: Revision, signed: Signature, portion: Portion = ALL, retired: Collection[str] = ()
    ) -> Published:
        """Serve a revision: to all, or to a portion. Raises PublicationRefused with every reason.

        retired: shortcuts that may go.
        """
        for _ in range(_MOST_TRIES):
            now = await menu_publications.newest(self._reader, revision.menu)
            split = _split(now, revision, portion)
            if now is not None and now.split == split:
                return Published(now, fresh=False)
            problems = await self._broken(now, revision.menu, revision.shortcuts, retired, refused=True)
            if problems:
                raise PublicationRefused(problems)
            publication = self._publication(revision.menu, now, split, _kind(portion), signed)
            if await self._written(publication):
                return Published(publication, fresh=True)
        raise PublicationRefused([f"{revision.menu}: others publish all the time; try again"])

    async def earlier(self, menu: str, revision: int | None) -> tuple[Publication, Revision]:
        """The publication that a rollback leads to, and its one revision. Raises PublicationRefused."""
        history = await menu_publications.of_menu(self._reader, menu)
        if revision is not None and await menu_revisions.numbered(self._reader, menu, revision) is None:
            raise PublicationRefused(
                [f"{menu}@{revision}: there is no such version; chasqui menus log {menu} lists them"]
            )
        found = before(menu, history) if revision is None else ever(menu, history, revision)
        number = found.split[0].revision
        served = await menu_revisions.numbered(self._reader, menu, number)
        if served is None:
            raise PublicationRefused([f"{menu}@{number}: there is no such revision"])
        return found, served

    async def roll_back(self, to: Publication, revision: Revision, signed: Signature) -> Published:
        """Serve again what ``earlier`` found: never refused for its shortcuts, for what is served now is worse."""
        for _ in range(_MOST_TRIES):
            now = await menu_publications.newest(self._reader, to.menu)
            if now is not None and now.split == to.split:
                return Published(now, fresh=False)
            sentences = await self._broken(now, to.menu, revision.shortcuts, ())
            publication = self._publication(to.menu, now, to.split, "rollback", signed)
            if await self._written(replace(publication, restores=to.number)):
                return Published(publication, fresh=True, moved=sentences)
        raise PublicationRefused([f"{to.menu}: others publish all the time; try again"])

    async def seed(self, menu: Menu, source: Source, signed: Signature) -> Published:
        """Serve a menu of the configuration, unless a person has published since the last one; then nothing is done."""
        for _ in range(_MOST_TRIES):
            now = await menu_publications.newest(self._reader, menu.id)
            if now is not None and now.kind != "seed":
                return Published(now, fresh=False)
            revision, _ = await self.draft(menu, source, signed)
            split = whole(revision.number)
            if now is not None and now.split == split:
                return Published(now, fresh=False)
            sentences = await self._broken(now, menu.id, revision.shortcuts, ())
            publication = self._publication(menu.id, now, split, "seed", signed)
            if await self._written(publication):
                return Published(publication, fresh=True, moved=sentences)
        raise PublicationRefused([f"{menu.id}: others publish all the time; try again"])

    async def serves(self, publication: Publication, version: str) -> bool:
        """Whether some subscriptions get this content."""
        known = await menu_revisions.of_version(self._reader, publication.menu, version)
        return known is not None and any(share.revision == known.number for share in publication.split)

    # ── how ──

    def _publication(
        self, menu: str, now: Publication | None, split: Split, kind: Kind, signed: Signature
    ) -> Publication:
        number = now.number + 1 if now else 1
        return Publication(menu, number, split, kind, signed.author, signed.message, self._clock())

    async def _written(self, publication: Publication) -> bool:
        """False where somebody else has this number."""
        try:
            await self._writer.commit(Unit(ops=(menu_publications.put(publication), _published(publication))))
        except AlreadyWritten:
            return False
        return True

    async def _broken(
        self,
        now: Publication | None,
        menu: str,
        shortcuts: Mapping[str, str],
        retired: Collection[str],
        *,
        refused: bool = False,
    ) -> list[str]:
        """A sentence for each shortcut served now that these move, and for each to retire that is not there.

        refused: whether it is to be said how a shortcut is let go.
        """
        sentences: dict[str, None] = {}
        printed: set[str] = set()
        for share in now.split if now else ():
            served = await menu_revisions.numbered(self._reader, menu, share.revision)
            if served is not None:
                printed |= served.shortcuts.keys()
                for keys, page in served.shortcuts.items():
                    if keys not in retired:
                        way = f"; let it go with --retire-shortcut {keys}" if refused else ""
                        sentences |= {f"{sentence}{way}": None for sentence in moved({keys: page}, shortcuts)}
        unknown = [f"there is no shortcut {keys} to retire" for keys in retired if keys not in printed]
        return [f"{menu}: {sentence}" for sentence in (*sentences, *unknown)]


def shortcuts_of(menu: Menu) -> dict[str, str]:
    """Page ids by the keys that lead there."""
    return {keys: link.page for keys, link in menu.shortcuts.items()}


def _split(now: Publication | None, revision: Revision, portion: Portion) -> Split:
    """Who gets what. Raises PublicationRefused where there is nothing to stand beside."""
    if portion == ALL:
        return whole(revision.number)
    if now is None:
        raise PublicationRefused([_nothing_to_stand_beside(revision.menu)])
    if now.split[0].revision == revision.number:
        raise PublicationRefused([f"{revision.name}: is what is served now, and cannot be compared with itself"])
    if portion.arm:
        return arms(now.split, revision.number, portion.arm, portion.buckets)
    return canary(now.split, revision.number, portion.buckets)


def _nothing_to_stand_beside(menu: str) -> str:
    return f"{menu}: no version is served yet that another could stand beside"


def _kind(portion: Portion) -> Kind:
    if portion == ALL:
        return "publish"
    return "arms" if portion.arm else "canary"


def _drafted(revision: Revision) -> Op:
    detail = {"menu": revision.menu, "revision": revision.number, "version": revision.version}
    return audit.note(RecordAudit(revision.author, "menu.drafted", None, revision.at, detail))


def _published(publication: Publication) -> Op:
    action = "menu.rolled_back" if publication.kind == "rollback" else "menu.published"
    served = [[share.revision, share.buckets, share.arm] for share in publication.split]
    detail = {"menu": publication.menu, "publication": publication.number, "kind": publication.kind, "split": served}
    return audit.note(RecordAudit(publication.author, action, None, publication.at, detail))
