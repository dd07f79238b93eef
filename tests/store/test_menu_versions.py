"""Revisions and publications are only ever added, each number and each content once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fakes import ANAS, TUESDAY
from flows.split import canary, whole
from menus.sources import Source
from store import menu_publications, menu_revisions, turns
from store.errors import AlreadyWritten, MenuDamaged
from store.menu_publications import Publication
from store.menu_revisions import Revision
from store.reader import Reader
from store.turns import TurnRow
from store.unit import Op, Unit
from store.writer import Writer

REVISION = Revision(
    menu="main",
    number=1,
    version="0123456789ab",
    source=Source("main.yaml", {"main.yaml": "menu: main\n", "shared.yaml": "pages: ñ"}),
    shortcuts={"1*2": "buy"},
    author="ana",
    message="¿más?",
    at=TUESDAY,
)
PUBLICATION = Publication("main", 1, whole(1), "publish", "ana", "", TUESDAY)


async def note(writer: Writer, *ops: Op) -> None:
    """Write these rows, each in a unit of its own."""
    for op in ops:
        await writer.commit(Unit(ops=(op,)))


async def test_a_revision_is_read_as_it_was_written(reader: Reader, writer: Writer) -> None:
    """By number, by content, and as the newest."""
    second = replace(REVISION, number=2, version="another", at=TUESDAY + timedelta(days=1))
    other = replace(REVISION, menu="other")
    await note(writer, *(menu_revisions.put(one) for one in (REVISION, second, other)))
    assert await menu_revisions.numbered(reader, "main", 1) == REVISION
    assert await menu_revisions.of_version(reader, "main", REVISION.version) == REVISION
    assert await menu_revisions.newest(reader, "main") == second
    assert await menu_revisions.all_of(reader, "main") == [second, REVISION]
    assert await menu_revisions.menus(reader) == ["main", "other"]
    assert await menu_revisions.numbered(reader, "main", 3) is None
    assert REVISION.name == "main@1"


@pytest.mark.parametrize("changes", [{"version": "another"}, {"number": 2}])
async def test_a_number_and_a_content_are_there_once(
    reader: Reader, writer: Writer, changes: dict[str, object]
) -> None:
    """The second is refused and the first stays as it is."""
    await note(writer, menu_revisions.put(REVISION))
    with pytest.raises(AlreadyWritten):
        await note(writer, menu_revisions.put(replace(REVISION, author="ben", **changes)))  # type: ignore[arg-type]
    assert await menu_revisions.all_of(reader, "main") == [REVISION]


async def test_the_newest_publication_counts(reader: Reader, writer: Writer) -> None:
    """Of each menu."""
    second = replace(PUBLICATION, number=2, split=canary(whole(1), 2, 1000), kind="canary")
    third = replace(PUBLICATION, number=3, kind="rollback", restores=1)
    other = replace(PUBLICATION, menu="other")
    await note(writer, *(menu_publications.put(one) for one in (PUBLICATION, second, third, other)))
    assert await menu_publications.newest(reader, "main") == third
    assert await menu_publications.numbered(reader, "main", 2) == second
    assert await menu_publications.of_menu(reader, "main") == [third, second, PUBLICATION]
    assert await menu_publications.newest_numbers(reader) == {"main": 3, "other": 1}
    assert await menu_publications.newest(reader, "none") is None


async def test_of_two_publications_with_one_number_the_first_counts(reader: Reader, writer: Writer) -> None:
    """The second author looks again."""
    await note(writer, menu_publications.put(PUBLICATION))
    with pytest.raises(AlreadyWritten):
        await note(writer, menu_publications.put(replace(PUBLICATION, author="ben")))
    assert await menu_publications.newest(reader, "main") == PUBLICATION


@pytest.mark.parametrize("split", ["", "{}", "[[1, 5, 1]]", '[["a", "b", "c"]]'])
async def test_a_split_that_is_none_is_named(reader: Reader, writer: Writer, split: str) -> None:
    """Whoever wrote it."""
    op = menu_publications.put(PUBLICATION)
    await note(writer, Op(op.statement, {**op.values, "split": split}))
    with pytest.raises(MenuDamaged, match="publication 1 of main is damaged"):
        await menu_publications.numbered(reader, "main", 1)
    newest = await menu_publications.newest(reader, "main")
    assert newest is not None
    assert (newest.split, bool(newest.damage), newest.number) == ((), True, 1)


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("source", "{oops", "content cannot be read"),
        ("source", "[]", "content cannot be read"),
        ("source", '["main.yaml", {"main.yaml": 3}]', "content cannot be read"),
        ("source", '["main.yaml", ["main.yaml"]]', "content cannot be read"),
        ("source", "[" * 100_000, "content cannot be read"),
        ("source", '["main.yaml", {"b.yaml": "x"}]', "main file is missing"),
        ("shortcuts", "x", "shortcuts cannot be read"),
        ("shortcuts", "[]", "shortcuts cannot be read"),
    ],
)
async def test_a_damaged_revision_is_named(
    reader: Reader, writer: Writer, column: str, value: str, reason: str
) -> None:
    """Also one of old, which no digest is kept of; lists still have it."""
    op = menu_revisions.put(REVISION)
    await note(writer, Op(op.statement, {**op.values, "digest": None, column: value}))
    with pytest.raises(MenuDamaged, match=rf"^main@1 is damaged: its {reason}$"):
        await menu_revisions.numbered(reader, "main", 1)
    found = await menu_revisions.of_version(reader, "main", REVISION.version)
    assert found is not None
    assert reason in found.damage
    assert await menu_revisions.all_of(reader, "main") == [found]


async def test_content_that_was_changed_by_hand_is_damage(reader: Reader, writer: Writer) -> None:
    """Its digest tells; writing it again repairs it, and one of old has no digest."""
    op = menu_revisions.put(REVISION)
    changed = str(op.values["source"]).replace("menu: main", "menu: mine")
    await note(writer, Op(op.statement, {**op.values, "source": changed}))
    with pytest.raises(MenuDamaged, match="was changed in the database"):
        await menu_revisions.numbered(reader, "main", 1)
    await note(writer, menu_revisions.repair(REVISION))
    assert await menu_revisions.numbered(reader, "main", 1) == REVISION
    old = menu_revisions.put(replace(REVISION, number=2, version="another"))
    await note(writer, Op(old.statement, {**old.values, "source": changed, "digest": None}))
    assert await menu_revisions.numbered(reader, "main", 2) is not None


async def test_a_turn_tells_version_and_arm(reader: Reader, writer: Writer) -> None:
    """One of old tells neither."""
    row = TurnRow("at", "s", 0, ANAS, "d", "", "{}", "hi", False, TUESDAY, "main", "0123456789ab", "b")
    old = turns.put(replace(row, position=1))
    nulls = dict.fromkeys(("menu", "version", "arm"))
    await note(writer, turns.put(row), Op(old.statement, {**old.values, **nulls}))
    first, second = await turns.of_dialogue(reader, "at", "s")
    assert first == row
    assert (second.menu, second.version, second.arm) == ("", "", "")
