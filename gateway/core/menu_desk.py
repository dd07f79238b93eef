"""Drafting, publishing and rolling back versions of menus: what is allowed, and how it is written (ADR 0011).

Each step is one unit with its line of the audit. A publication is numbered behind the one that it was decided upon; if
somebody was quicker, it is decided anew upon theirs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from flows.effects import RecordAudit
from flows.frozen import dataclass
from flows.split import BUCKETS, Split, arms, canary, whole
from gateway.core.context import Clock
from gateway.core.menu_history import before, ever
from gateway.core.menu_printed import PrintedCodes, printed_codes
from gateway.errors import PublicationRefused
from menus.pages import Menu
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
    """What is served now. fresh: whether it was not before. moved: shortcuts that changed all the same, or may have."""

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
        """A revision with this content, and whether it is a new one. One that was damaged is repaired with it."""
        for _ in range(_MOST_TRIES):
            known = await menu_revisions.of_version(self._reader, menu.id, menu.version)
            if known is not None and known.damage:
                return await self._repaired(known, menu, source, signed), False
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
                await self._writer.commit(Unit(ops=(menu_revisions.put(revision), _noted("menu.drafted", revision))))
            except AlreadyWritten:
                continue
            return revision, True
        raise PublicationRefused([f"{menu.id}: others draft all the time; try again"])

    async def ensure_publishable(self, menu: Menu, portion: Portion, retired: Collection[str]) -> None:
        """Raises PublicationRefused for what would be refused once it is a revision."""
        now, printed = await self._standing(menu.id)
        problems = _problems(printed, shortcuts_of(menu), portion, retired)
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
            now, printed = await self._standing(revision.menu)
            problems = _problems(printed, revision.shortcuts, portion, retired)
            if portion != ALL and printed.damaged:
                raise PublicationRefused(problems)
            split = _split(now, revision, portion)
            if now is not None and now.split == split and not printed.unknown(retired):
                return Published(now, fresh=False)
            if problems:
                raise PublicationRefused(problems)
            publication = self._publication(revision.menu, now, split, _kind(portion), signed)
            if await self._written(publication):
                return Published(publication, fresh=True, moved=printed.unread)
        raise PublicationRefused([f"{revision.menu}: others publish all the time; try again"])

    async def earlier(self, menu: str, revision: int | None) -> tuple[Publication, Revision]:
        """The publication that a rollback leads to, and its one revision. Raises PublicationRefused."""
        history = await menu_publications.of_menu(self._reader, menu)
        if revision is not None and await menu_revisions.numbered(self._reader, menu, revision) is None:
            raise PublicationRefused(
                [f"{menu}@{revision}: there is no such version; chasqui menus log {menu} lists them"]
            )
        while True:
            found = before(menu, history) if revision is None else ever(menu, history, revision)
            served = await menu_revisions.kept(self._reader, menu, found.split[0].revision)
            if served is not None and not served.damage:
                return found, served
            history = [history[0], *(one for one in history[1:] if one.split != found.split)]

    async def roll_back(self, to: Publication, revision: Revision, signed: Signature) -> Published:
        """Serve again what ``earlier`` found: never refused for its shortcuts, for what is served now is worse."""
        for _ in range(_MOST_TRIES):
            now, printed = await self._standing(to.menu)
            if now is not None and now.split == to.split:
                return Published(now, fresh=False)
            sentences = [*printed.moved(revision.shortcuts), *printed.unread]
            publication = self._publication(to.menu, now, to.split, "rollback", signed)
            if await self._written(replace(publication, restores=to.number)):
                return Published(publication, fresh=True, moved=sentences)
        raise PublicationRefused([f"{to.menu}: others publish all the time; try again"])

    async def seed(self, menu: Menu, source: Source, signed: Signature) -> Published:
        """Serve a menu of the configuration, unless a person has published since the last one; then nothing is done."""
        for _ in range(_MOST_TRIES):
            now, printed = await self._standing(menu.id)
            if now is not None and now.kind != "seed":
                return Published(now, fresh=False)
            revision, _ = await self.draft(menu, source, signed)
            split = whole(revision.number)
            if now is not None and now.split == split:
                return Published(now, fresh=False)
            sentences = [*printed.moved(revision.shortcuts), *printed.unread]
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

    async def _standing(self, menu: str) -> tuple[Publication | None, PrintedCodes]:
        """What was published last, and the codes that may be printed."""
        history = await menu_publications.of_menu(self._reader, menu)
        return (history[0] if history else None), await printed_codes(self._reader, menu, history)

    async def _repaired(self, known: Revision, menu: Menu, source: Source, signed: Signature) -> Revision:
        """A damaged revision whose content has come back."""
        revision = replace(known, source=source, shortcuts=shortcuts_of(menu), damage="")
        note = _noted("menu.repaired", replace(revision, author=signed.author, at=self._clock()))
        await self._writer.commit(Unit(ops=(menu_revisions.repair(revision), note)))
        return revision


def shortcuts_of(menu: Menu) -> dict[str, str]:
    """Page ids by the keys that lead there."""
    return {keys: link.page for keys, link in menu.shortcuts.items()}


def _problems(
    printed: PrintedCodes, shortcuts: Mapping[str, str], portion: Portion, retired: Collection[str]
) -> list[str]:
    """Why these shortcuts, or a trial beside what is published, are refused."""
    beside = [] if portion == ALL else [f"{one}; publish a version to all first" for one in printed.damaged]
    return [*printed.moved(shortcuts, retired, refused=True), *printed.unknown(retired), *beside]


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


def _noted(action: str, revision: Revision) -> Op:
    detail = {"menu": revision.menu, "revision": revision.number, "version": revision.version}
    return audit.note(RecordAudit(revision.author, action, None, revision.at, detail))


def _published(publication: Publication) -> Op:
    action = "menu.rolled_back" if publication.kind == "rollback" else "menu.published"
    served = [[share.revision, share.buckets, share.arm] for share in publication.split]
    detail = {"menu": publication.menu, "publication": publication.number, "kind": publication.kind, "split": served}
    return audit.note(RecordAudit(publication.author, action, None, publication.at, detail))
