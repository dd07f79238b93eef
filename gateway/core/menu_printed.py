"""The codes that may be printed: shortcuts of every version that a gateway may serve now (ADR 0011)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from flows.frozen import dataclass
from menus.shortcuts import moved
from store import menu_revisions
from store.menu_publications import Publication
from store.reader import Reader


@dataclass(frozen=True, slots=True)
class PrintedCodes:
    """Of one menu. versions: for each version its page ids by keys. damaged: a sentence for each that is."""

    menu: str
    versions: Sequence[Mapping[str, str]]
    damaged: Sequence[str]

    @property
    def unread(self) -> Sequence[str]:
        """A note for each version whose codes nobody can hold against others."""
        return [f"{self.menu}: {sentence}; its shortcuts may move" for sentence in self.damaged]

    def moved(self, shortcuts: Mapping[str, str], retired: Collection[str] = (), *, refused: bool = False) -> list[str]:
        """A sentence for each code that these shortcuts move. refused: it is to be said how one is let go."""
        sentences: dict[str, None] = {}
        for version in self.versions:
            for keys, page in version.items():
                if keys not in retired:
                    way = f"; let it go with --retire-shortcut {keys}" if refused else ""
                    sentences |= {f"{sentence}{way}": None for sentence in moved({keys: page}, shortcuts).values()}
        return [f"{self.menu}: {sentence}" for sentence in sentences]

    def unknown(self, retired: Collection[str]) -> list[str]:
        """A sentence for each code to retire that is not there, as far as can be read."""
        if self.damaged:
            return []
        there = {keys for version in self.versions for keys in version}
        return [f"{self.menu}: there is no shortcut {keys} to retire" for keys in retired if keys not in there]


async def printed_codes(reader: Reader, menu: str, history: Sequence[Publication]) -> PrintedCodes:
    """The codes of the newest publication, and where it is damaged of those before, back to one that is not.

    history: newest first.
    """
    versions: list[Mapping[str, str]] = []
    damaged: dict[str, None] = {}
    for publication in history:
        known = len(damaged)
        if publication.damage:
            damaged[publication.damage] = None
        for share in publication.split:
            revision = await menu_revisions.kept(reader, menu, share.revision)
            if revision is None:
                damaged[f"{menu}@{share.revision} is damaged: it is gone"] = None
                continue
            versions.append(revision.shortcuts)
            if revision.damage:
                damaged[revision.damage] = None
        if len(damaged) == known:
            break
    return PrintedCodes(menu, versions, tuple(damaged))
