"""Versions are drafted, published and rolled back: once each, over what the author saw, never over a printed code."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import pytest
from sqlalchemy import Table, select, update

from fakes import House
from flows.split import Share, whole
from gateway.core.menu_desk import ALL, MenuDesk, Portion, Published, Signature
from gateway.errors import PublicationRefused
from menu_versions import menu, source
from store import menu_publications, menu_revisions, tables
from store.errors import MenuDamaged
from store.menu_revisions import Revision
from store.unit import Op, Unit

ANA, BEN = Signature("ana", "because"), Signature("ben")
TENTH = Portion(1000)


@pytest.fixture
def desk(house: House) -> MenuDesk:
    """On the test's database."""
    return MenuDesk(house.reader, house.writer, house.clock)


async def draft(desk: MenuDesk, mark: str, **shortcuts: str) -> Revision:
    """This version, drafted by Ana. shortcuts: page by keys, as in k50."""
    printed = {keys[1:].replace("_", "*"): page for keys, page in shortcuts.items()}
    revision, _ = await desk.draft(menu(mark, shortcuts=printed), source(mark, shortcuts=printed), ANA)
    return revision


async def publish(desk: MenuDesk, mark: str, portion: Portion = ALL) -> Published:
    """This version, drafted and published by Ana."""
    return await desk.publish(await draft(desk, mark), ANA, portion)


async def back(desk: MenuDesk, to: int | None = None) -> Published:
    """Roll back."""
    return await desk.roll_back(*await desk.earlier("main", to), BEN)


async def served(house: House) -> Sequence[Share]:
    """Who gets what now."""
    newest = await menu_publications.newest(house.reader, "main")
    return newest.split if newest else ()


# ── drafts ──


async def test_the_same_content_is_one_revision(desk: MenuDesk, house: House) -> None:
    """Whoever drafts it again is told so, and nothing is written."""
    first = await draft(desk, "one")
    again, fresh = await desk.draft(menu("one"), source("one"), BEN)
    assert (again, fresh, first.number) == (first, False, 1)
    assert (await draft(desk, "two")).number == 2
    assert [one.author for one in await menu_revisions.all_of(house.reader, "main")] == ["ana", "ana"]


async def test_two_who_draft_at_once_lose_nothing(desk: MenuDesk, house: House) -> None:
    """Each content gets a number, equal ones the same."""
    drafted = await asyncio.gather(*(draft(desk, f"v{number % 5}") for number in range(20)))
    assert sorted({one.number for one in drafted}) == [1, 2, 3, 4, 5]
    assert len(await menu_revisions.all_of(house.reader, "main")) == 5


# ── publications ──


async def test_a_version_is_published_once(desk: MenuDesk, house: House) -> None:
    """Publishing what is served already writes nothing."""
    first, again = await publish(desk, "one"), await publish(desk, "one")
    assert (first.fresh, again.fresh, again.publication) == (True, False, first.publication)
    assert await served(house) == whole(1)


async def test_of_two_who_publish_at_once_both_are_kept(desk: MenuDesk, house: House) -> None:
    """One after the other; the last one is served."""
    revisions = [await draft(desk, f"v{number}") for number in range(10)]
    made = await asyncio.gather(*(desk.publish(one, ANA) for one in revisions))
    history = await menu_publications.of_menu(house.reader, "main")
    assert sorted(one.publication.number for one in made) == list(range(1, 11))
    assert {one.split for one in history} == {whole(one.number) for one in revisions}


async def test_a_stop_between_draft_and_publication_leaves_the_draft(desk: MenuDesk, house: House) -> None:
    """What was served stays, and publishing again goes on from there."""
    await publish(desk, "one")
    drafted = await draft(desk, "two")
    assert await served(house) == whole(1)
    assert (await publish(desk, "two")).publication.split == whole(drafted.number)


async def test_a_canary_grows_and_becomes_everybodys(desk: MenuDesk, house: House) -> None:
    """Beside what was there before, however often it grows."""
    await publish(desk, "one")
    await publish(desk, "two", TENTH)
    assert await served(house) == (Share(1, 9000), Share(2, 1000, "canary"))
    await publish(desk, "two", Portion(2000))
    assert await served(house) == (Share(1, 8000), Share(2, 2000, "canary"))
    await publish(desk, "two")
    assert await served(house) == whole(2)


async def test_arms_have_names(desk: MenuDesk, house: House) -> None:
    """What was there before is arm a."""
    await publish(desk, "one")
    published = await publish(desk, "two", Portion(5000, "b"))
    assert published.publication.kind == "arms"
    assert await served(house) == (Share(1, 5000, "a"), Share(2, 5000, "b"))


async def test_a_portion_needs_something_beside_it(desk: MenuDesk) -> None:
    """And something else than itself; nothing is written."""
    with pytest.raises(PublicationRefused, match="no version is served yet"):
        await publish(desk, "one", TENTH)
    with pytest.raises(PublicationRefused, match="no version is served yet"):
        await desk.ensure_publishable(menu("one"), TENTH, ())
    await publish(desk, "one")
    with pytest.raises(PublicationRefused, match="cannot be compared with itself"):
        await publish(desk, "one", TENTH)


# ── printed codes ──


async def test_a_version_that_moves_printed_codes_is_refused_with_all_of_them(desk: MenuDesk, house: House) -> None:
    """Of every version that is served now."""
    await desk.publish(await draft(desk, "one", k50="shop", k1_2="help"), ANA)
    await desk.publish(await draft(desk, "two", k50="shop", k1_2="help", k7="help"), ANA, TENTH)
    third = await draft(desk, "three", k50="help")
    wanted = (
        "main: shortcut 50 leads to page shop and would lead to page help; let it go with --retire-shortcut 50",
        "main: shortcut 1*2 leads to page help and would be gone; let it go with --retire-shortcut 1*2",
        "main: shortcut 7 leads to page help and would be gone; let it go with --retire-shortcut 7",
    )
    with pytest.raises(PublicationRefused) as refused:
        await desk.publish(third, ANA)
    assert refused.value.problems == wanted
    with pytest.raises(PublicationRefused) as refused:
        await desk.ensure_publishable(menu("three", shortcuts={"50": "help"}), ALL, ())
    assert refused.value.problems == wanted
    assert len(await served(house)) == 2


async def test_a_code_goes_where_that_is_meant(desk: MenuDesk, house: House) -> None:
    """Only the one that is named, and only one that is there."""
    await desk.publish(await draft(desk, "one", k50="shop", k7="help"), ANA)
    second = await draft(desk, "two", k7="help")
    with pytest.raises(PublicationRefused, match="shortcut 50"):
        await desk.publish(second, ANA, retired=["7"])
    with pytest.raises(PublicationRefused, match="there is no shortcut 51 to retire"):
        await desk.publish(second, ANA, retired=["50", "51"])
    await desk.publish(second, ANA, retired=["50"])
    assert await served(house) == whole(2)


async def test_a_rollback_is_not_refused_and_tells_the_codes_that_it_moves(desk: MenuDesk) -> None:
    """What is served now is worse."""
    await publish(desk, "one")
    await desk.publish(await draft(desk, "two", k50="shop"), ANA)
    assert (await back(desk)).moved == ["main: shortcut 50 leads to page shop and would be gone"]


# ── rollbacks ──


async def test_rolling_back_twice_leads_back_twice(desk: MenuDesk, house: House) -> None:
    """And never to what the first rollback left."""
    for mark in ("one", "two", "three"):
        await publish(desk, mark)
    await back(desk)
    assert await served(house) == whole(2)
    await back(desk)
    assert await served(house) == whole(1)
    with pytest.raises(PublicationRefused, match="nothing was served before"):
        await back(desk)
    await publish(desk, "four")
    await back(desk)
    assert await served(house) == whole(1)


async def test_a_rollback_ends_a_trial(desk: MenuDesk, house: House) -> None:
    """However often it grew: all have again what all had."""
    await publish(desk, "one")
    for buckets in (1000, 2000):
        await publish(desk, "two", Portion(buckets))
    await back(desk)
    assert await served(house) == whole(1)
    await publish(desk, "two", TENTH)
    await publish(desk, "two")
    await back(desk)
    assert await served(house) == whole(1)


async def test_a_rollback_leads_to_a_version_that_is_named(desk: MenuDesk, house: House) -> None:
    """If all had it once; from there, further back is further back."""
    for mark in ("one", "two", "three"):
        await publish(desk, mark)
    await publish(desk, "four", TENTH)
    await back(desk, to=2)
    assert await served(house) == whole(2)
    assert not (await back(desk, to=2)).fresh
    await back(desk)
    assert await served(house) == whole(1)
    for number, why in ((4, "was never served to all"), (9, "there is no such version; chasqui menus log main")):
        with pytest.raises(PublicationRefused, match=why):
            await back(desk, to=number)


async def test_without_a_publication_there_is_nothing_to_roll_back(desk: MenuDesk) -> None:
    """A draft alone serves nobody."""
    await draft(desk, "one")
    for to in (None, 1):
        with pytest.raises(PublicationRefused, match="was ever published"):
            await back(desk, to)


# ── the configuration's menus ──


async def test_a_written_menu_is_seeded_until_a_person_publishes(desk: MenuDesk, house: House) -> None:
    """Then the file is left alone."""
    for mark, wanted in (("one", 1), ("one", 1), ("two", 2)):
        await desk.seed(menu(mark), source(mark), ANA)
        assert await served(house) == whole(wanted)
    assert len(await menu_publications.of_menu(house.reader, "main")) == 2
    await publish(desk, "three")
    seeded = await desk.seed(menu("four"), source("four"), ANA)
    assert (seeded.fresh, await served(house)) == (False, whole(3))
    assert await desk.serves(seeded.publication, menu("three").version)
    assert not await desk.serves(seeded.publication, menu("four").version)
    assert len(await menu_revisions.all_of(house.reader, "main")) == 3


# ── the audit ──


async def test_every_step_is_in_the_audit(desk: MenuDesk, house: House) -> None:
    """Who did what to which version."""
    await publish(desk, "one")
    await publish(desk, "two", TENTH)
    await back(desk)
    rows = await house.reader.rows(select(tables.audit).order_by(tables.audit.c.id))
    told = {(row.actor, row.action, json.loads(row.detail).get("kind")) for row in rows}
    assert told == {
        ("ana", "menu.drafted", None),
        ("ana", "menu.published", "publish"),
        ("ana", "menu.published", "canary"),
        ("ben", "menu.rolled_back", "rollback"),
    }
    assert len(rows) == 5


# ── damage ──


async def damage(house: House, table: Table, number: int, **values: str) -> None:
    """Write into a row by hand."""
    changes = update(table).where(table.c.number == number).values(values)
    await house.writer.commit(Unit(ops=(Op(changes, {}),)))


DAMAGED = [
    (tables.menu_publications, {"split": "?"}, "publication 2 of main is damaged: its shares cannot be read"),
    (tables.menu_revisions, {"source": "{oops"}, "main@2 is damaged: its content cannot be read"),
    (tables.menu_revisions, {"shortcuts": "x"}, "main@2 is damaged: its shortcuts cannot be read"),
]


@pytest.mark.parametrize(("table", "values", "reason"), DAMAGED)
async def test_a_damaged_newest_publication_is_published_over(
    desk: MenuDesk, house: House, table: Table, values: dict[str, str], reason: str
) -> None:
    """A note says that its codes may move; those of the one before, which is served instead, are protected."""
    await desk.publish(await draft(desk, "one", k50="shop"), ANA)
    await desk.publish(await draft(desk, "two", k50="shop"), ANA)
    await damage(house, table, 2, **values)
    with pytest.raises(PublicationRefused, match="shortcut 50 leads to page shop"):
        await publish(desk, "three")
    with pytest.raises(PublicationRefused, match=rf"^{reason}; publish a version to all first$"):
        await desk.publish(await draft(desk, "four", k50="shop"), ANA, TENTH)
    published = await desk.publish(await draft(desk, "four", k50="shop"), ANA)
    assert (published.moved, published.publication.number) == ([f"main: {reason}; its shortcuts may move"], 3)


@pytest.mark.parametrize(("table", "values", "reason"), DAMAGED)
async def test_a_rollback_leads_away_from_damage_and_past_it(
    desk: MenuDesk, house: House, table: Table, values: dict[str, str], reason: str
) -> None:
    """From a damaged publication, and over a damaged one to what was sound before."""
    await publish(desk, "one")
    await publish(desk, "two")
    await damage(house, table, 2, **values)
    assert (await back(desk)).moved == [f"main: {reason}; its shortcuts may move"]
    assert await served(house) == whole(1)
    await publish(desk, "three")
    await back(desk)
    assert await served(house) == whole(1)


async def test_a_rollback_to_a_damaged_version_is_refused(desk: MenuDesk, house: House) -> None:
    """Whoever names it is told what is wrong with it."""
    await publish(desk, "one")
    await publish(desk, "two")
    await damage(house, tables.menu_revisions, 1, source="{oops")
    with pytest.raises(MenuDamaged, match="main@1 is damaged"):
        await back(desk, to=1)
    with pytest.raises(PublicationRefused, match="nothing was served before"):
        await back(desk)


async def test_drafting_what_is_damaged_repairs_it(desk: MenuDesk, house: House) -> None:
    """The content is the same, and the audit tells it."""
    first = await draft(desk, "one", k50="shop")
    await damage(house, tables.menu_revisions, 1, source="{oops", shortcuts="")
    assert await draft(desk, "one", k50="shop") == first
    assert await menu_revisions.numbered(house.reader, "main", 1) == first
    actions = {row.action for row in await house.reader.rows(select(tables.audit))}
    assert actions == {"menu.drafted", "menu.repaired"}


async def test_a_damaged_seed_is_written_again_from_its_file(desk: MenuDesk, house: House) -> None:
    """The next start finds both: a publication that cannot be read, and a revision that can be repaired."""
    await desk.seed(menu("one"), source("one"), ANA)
    await damage(house, tables.menu_publications, 1, split="?")
    await damage(house, tables.menu_revisions, 1, source="{oops")
    assert (await desk.seed(menu("one"), source("one"), ANA)).publication.number == 2
    assert await menu_revisions.numbered(house.reader, "main", 1) is not None


async def test_a_code_to_retire_must_be_there_also_where_nothing_changes(desk: MenuDesk) -> None:
    """Who retires what is not there has mistyped it."""
    first = await draft(desk, "one")
    await desk.publish(first, ANA)
    with pytest.raises(PublicationRefused, match="there is no shortcut 7 to retire"):
        await desk.publish(first, ANA, retired=["7"])
