"""Which version a session begins in, which it stays in, and what is done about those that cannot be served."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from sqlalchemy import update

from fakes import ANAS, House, eventually
from flows.values import SubscriptionId
from gateway.core.menu_desk import ALL, MenuDesk, Portion, Signature
from gateway.core.menu_kept import KEPT_SECONDS, UNUSABLE_SECONDS
from gateway.core.menu_shelf import MenuShelf
from gateway.errors import CompilerFailed
from menu_versions import compile_here, compiled_menu, menu
from menu_versions import source as written
from menus.errors import MenuError
from menus.sources import Source
from menus.table import CompiledMenu
from store import menu_publications, tables
from store.unit import Op, Unit


class FakeCompiler:
    """Compiles as long as it may. broken: marks of versions that this Chasqui cannot serve. fails: the next so many.

    gently: how it was asked last. crash: what is raised for a version.
    """

    def __init__(self) -> None:
        self.compiled: list[str] = []
        self.broken: set[str] = set()
        self.fails = 0
        self.crash: dict[str, Exception] = {}
        self.gently = False
        self.running = asyncio.Event()
        self.running.set()

    async def __call__(self, source: Source, version: str, *, gently: bool) -> CompiledMenu:
        self.compiled.append(version)
        self.gently = gently
        await self.running.wait()
        if self.fails:
            self.fails -= 1
            raise CompilerFailed("killed")
        if version in self.crash:
            raise self.crash[version]
        if any(f'"{mark} home"' in source.text for mark in self.broken):
            raise MenuError(["main.yaml:1: is of tomorrow"])
        return await compile_here(source, version, gently=gently)


class Shop:
    """A desk that publishes and a shelf that looks."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.now = 0.0
        self.compiler = FakeCompiler()
        self.desk = MenuDesk(house.reader, house.writer, house.clock)
        self.shelf = self.another()

    def another(self) -> MenuShelf:
        """The shelf of a process that starts now."""
        return MenuShelf(self.house.reader, self.compiler, self.house.context.metrics, lambda: self.now)

    async def publish(self, mark: str, portion: Portion = ALL) -> str:
        """Publish this version, which nobody has looked at yet; its version."""
        revision, _ = await self.desk.draft(menu(mark), written(mark), Signature("ana"))
        await self.desk.publish(revision, Signature("ana"), portion)
        return revision.version

    async def break_(self, split: str) -> None:
        """Publish something that is no split."""
        newest = await menu_publications.newest(self.house.reader, "main")
        assert newest is not None
        op = menu_publications.put(newest)
        values = {**op.values, "number": newest.number + 1, "split": split}
        await self.house.writer.commit(Unit(ops=(Op(op.statement, values),)))

    async def damage(self, version: str, column: str, value: str | None) -> None:
        """Write into a revision by hand."""
        changes = update(tables.menu_revisions).where(tables.menu_revisions.c.version == version)
        await self.house.writer.commit(Unit(ops=(Op(changes.values({column: value}), {}),)))

    async def publish_other(self) -> str:
        """Publish a menu beside main; its version."""
        revision, _ = await self.desk.draft(menu("one", menu="other"), written("one", "other"), Signature("ana"))
        await self.desk.publish(revision, Signature("ana"))
        return revision.version

    def begins(self, shelf: MenuShelf | None = None) -> str:
        """The version that a session of Ana begins in."""
        return (shelf or self.shelf).begin("main", ANAS).menu.version

    def failures(self) -> float:
        """How many publications could not be served."""
        return self.house.context.metrics.registry.get_sample_value("chasqui_failures_total", {"where": "menus"}) or 0


@pytest.fixture
def shop(house: House) -> Shop:
    """Nothing is published."""
    return Shop(house)


async def test_sessions_begin_in_what_was_published_last(shop: Shop) -> None:
    """Once somebody has looked."""
    first = await shop.publish("one")
    await shop.shelf.open()
    second = await shop.publish("two")
    assert shop.begins() == first
    await shop.shelf.look()
    assert shop.begins() == second
    assert shop.shelf.menus == ("main",)


async def test_looking_again_compiles_nothing(shop: Shop) -> None:
    """Each version is compiled once, also where it is published again."""
    await shop.publish("one")
    await shop.publish("two")
    for _ in range(3):
        await shop.shelf.look()
    await shop.publish("two", ALL)
    await shop.publish("one")
    await shop.shelf.look()
    assert len(shop.compiler.compiled) == 2


async def test_nobody_is_given_way_before_the_first_hop(shop: Shop) -> None:
    """A busy machine must not hold up the start."""
    await shop.publish("one")
    await shop.shelf.open()
    assert not shop.compiler.gently
    await shop.publish("two")
    await shop.shelf.look()
    assert shop.compiler.gently


async def test_what_is_served_stays_while_the_next_is_compiled(shop: Shop) -> None:
    """The swap is the last thing that happens."""
    first = await shop.publish("one")
    await shop.shelf.look()
    second = await shop.publish("two")
    shop.compiler.running.clear()
    looking = asyncio.ensure_future(shop.shelf.look())
    await eventually(lambda: second in shop.compiler.compiled)
    assert shop.begins() == first
    shop.compiler.running.set()
    await looking
    assert shop.begins() == second


@pytest.mark.parametrize("arm", ["", "b"])
async def test_a_portion_of_the_subscriptions_begins_in_the_new_version(shop: Shop, arm: str) -> None:
    """Under its arm; each always in the same."""
    first, second = await shop.publish("one"), await shop.publish("two", Portion(2500, arm))
    await shop.shelf.look()
    people = [SubscriptionId(f"01P{number}") for number in range(1000)]
    begun = [shop.shelf.begin("main", person) for person in people]
    assert {one.menu.version: one.arm for one in begun} == {first: "a" if arm else "", second: arm or "canary"}
    assert 0.2 < sum(one.menu.version == second for one in begun) / len(people) < 0.3
    assert [shop.shelf.begin("main", person) for person in people] == begun


# ── versions of sessions ──


async def test_a_version_of_a_live_session_is_there_as_long_as_it_is_asked_for(shop: Shop) -> None:
    """And the time of a silent session beyond; what is served always is."""
    first = await shop.publish("one")
    await shop.shelf.look()
    second = await shop.publish("two")
    await shop.shelf.look()
    for _ in range(3):
        shop.now += KEPT_SECONDS - 1
        shop.shelf.sweep()
        assert shop.shelf.known("main", first) is not None
    shop.now += KEPT_SECONDS + 1
    shop.shelf.sweep()
    assert shop.shelf.known("main", first) is None
    assert shop.shelf.known("main", second) is not None


async def test_a_version_that_was_served_for_long_has_its_time_when_it_no_longer_is(shop: Shop) -> None:
    """Sessions began in it a moment ago."""
    first = await shop.publish("one")
    await shop.shelf.look()
    shop.now += 10 * KEPT_SECONDS
    await shop.publish("two")
    await shop.shelf.look()
    shop.shelf.sweep()
    assert shop.shelf.known("main", first) is not None


async def test_after_a_restart_an_older_version_is_compiled_once_for_all_who_ask(shop: Shop) -> None:
    """From the store; one that gives up waiting does not end it for the others."""
    first = await shop.publish("one")
    await shop.publish("two")
    shelf = shop.another()
    await shelf.open()
    shop.compiler.running.clear()
    asking = [asyncio.ensure_future(shelf.fetch("main", first)) for _ in range(5)]
    await eventually(lambda: first in shop.compiler.compiled)
    asking[0].cancel()
    shop.compiler.running.set()
    assert {found.version for found in await asyncio.gather(*asking[1:]) if found} == {first}
    assert shop.compiler.compiled.count(first) == 1


async def test_a_version_that_is_in_no_revision_is_none(shop: Shop) -> None:
    """Of a menu that is there, and of another."""
    await shop.publish("one")
    await shop.shelf.open()
    assert await shop.shelf.fetch("main", "0" * 12) is None
    assert await shop.shelf.fetch("other", "0" * 12) is None


async def test_a_version_that_can_no_longer_be_served_is_tried_once(shop: Shop) -> None:
    """Not for every session that stands in it."""
    first = await shop.publish("one")
    await shop.publish("two")
    shelf = shop.another()
    await shelf.open()
    shop.compiler.broken.add("one")
    assert [await shelf.fetch("main", first) for _ in range(3)] == [None] * 3
    assert shop.compiler.compiled.count(first) == 1


async def test_what_was_served_lately_is_ready_before_a_hop_asks(shop: Shop, house: House) -> None:
    """What was replaced long ago is not."""
    long_ago = await shop.publish("one")
    house.clock.advance(minutes=1)
    lately = await shop.publish("two")
    house.clock.advance(hours=1)
    await shop.publish("three")
    shelf = shop.another()
    await shelf.open()
    await shelf.recall(house.clock() - timedelta(minutes=10))
    assert shelf.known("main", lately) is not None
    assert shelf.known("main", long_ago) is None


# ── what cannot be served ──


async def test_a_publication_that_cannot_be_served_changes_nothing(shop: Shop) -> None:
    """It is counted once, and the next good one is served."""
    first = await shop.publish("one")
    await shop.shelf.open()
    shop.compiler.broken.add("two")
    await shop.publish("two")
    for _ in range(3):
        await shop.shelf.look()
    assert (shop.begins(), shop.failures()) == (first, 1)
    third = await shop.publish("three")
    await shop.shelf.look()
    assert shop.begins() == third


@pytest.mark.parametrize("split", ["[[9, 10000, 1]]", "?", "[]"])
async def test_shares_that_are_none_change_nothing(shop: Shop, split: str) -> None:
    """Also at the start, where the last good publication is served."""
    first = await shop.publish("one")
    await shop.shelf.open()
    await shop.break_(split)
    await shop.shelf.look()
    assert (shop.begins(), shop.failures()) == (first, 1)
    shelf = shop.another()
    await shelf.open()
    assert shop.begins(shelf) == first


DAMAGE = [
    ("source", "{oops"),
    ("source", '["main.yaml", {"b.yaml": "x"}]'),
    ("source", '["main.yaml", {"main.yaml": "menu: main"}]'),
    ("shortcuts", "x"),
]


@pytest.mark.parametrize(("column", "value"), DAMAGE)
async def test_a_damaged_revision_holds_up_no_other_menu(shop: Shop, column: str, value: str) -> None:
    """Neither while the gateway runs nor at the start, where the newest sound publication is served."""
    first = await shop.publish("one")
    await shop.shelf.open()
    await shop.damage(await shop.publish("two"), column, value)
    await shop.publish_other()
    await shop.shelf.look()
    assert (shop.begins(), shop.failures(), shop.shelf.menus) == (first, 1, ("main", "other"))
    shelf = shop.another()
    await shelf.open()
    assert (shop.begins(shelf), shelf.menus) == (first, ("main", "other"))
    await shelf.recall(shop.house.clock() - timedelta(minutes=10))


async def test_a_compiler_that_breaks_holds_up_no_other_menu(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    """However it breaks: a line in the log, no stop of the start."""
    first = await shop.publish("one")
    second = await shop.publish("two")
    await shop.publish_other()
    shop.compiler.crash = {second: RuntimeError("no\nway")}
    await shop.shelf.open()
    assert (shop.begins(), shop.shelf.menus) == (first, ("main", "other"))
    assert [(record.getMessage(), vars(record)["reason"]) for record in caplog.records] == [
        ("a publication cannot be served", "no")
    ]


async def test_a_compiler_that_fails_at_the_start_is_asked_again_later(shop: Shop) -> None:
    """Until then the newest publication that it can compile is served."""
    first = await shop.publish("one")
    second = await shop.publish("two")
    shop.compiler.fails = 1
    await shop.shelf.open()
    assert shop.begins() == first
    shop.now += 1
    await shop.shelf.look()
    assert shop.begins() == second


async def test_a_repaired_revision_is_found_after_some_minutes(shop: Shop) -> None:
    """Or at once where it is published again; no restart is needed, and no look in between compiles."""
    first = await shop.publish("one")
    await shop.shelf.open()
    shop.compiler.broken.add("two")
    second = await shop.publish("two")
    await shop.shelf.look()
    shop.compiler.broken.clear()
    await shop.shelf.look()
    assert shop.begins() == first
    assert await shop.shelf.fetch("main", second) is None
    shop.now += UNUSABLE_SECONDS
    await shop.shelf.look()
    assert shop.begins() == second


async def test_a_repaired_revision_that_is_published_again_is_served_at_once(shop: Shop) -> None:
    """Publishing is a new reason to try."""
    await shop.publish("one")
    await shop.shelf.open()
    shop.compiler.broken.add("two")
    await shop.publish("two")
    await shop.shelf.look()
    shop.compiler.broken.clear()
    await shop.publish("one")
    second = await shop.publish("two")
    await shop.shelf.look()
    assert shop.begins() == second


async def test_a_session_whose_version_cannot_be_compiled_now_is_told_so(shop: Shop) -> None:
    """It goes on in what is served; a damaged version is no version either."""
    first, second = await shop.publish("one"), await shop.publish("two")
    await shop.publish("three")
    shelf = shop.another()
    await shelf.open()
    shop.compiler.fails = 1
    assert await shelf.fetch("main", first) is None
    shop.now += UNUSABLE_SECONDS
    assert await shelf.fetch("main", first) is not None
    await shop.damage(second, "source", "{oops")
    assert await shelf.fetch("main", second) is None


async def test_the_content_of_another_menu_is_not_served(shop: Shop) -> None:
    """A revision of old, which no digest is kept of, with what belongs elsewhere."""
    first = await shop.publish("one")
    await shop.shelf.open()
    second = await shop.publish("two")
    other = written("two", "other")
    await shop.damage(second, "source", json.dumps([other.file, dict(other.texts)]))
    await shop.damage(second, "digest", None)
    await shop.shelf.look()
    assert (shop.begins(), shop.shelf.menus) == (first, ("main",))


async def test_a_compiler_that_fails_is_asked_again(shop: Shop) -> None:
    """It says nothing about the menu. Each time it is asked a little later."""
    await shop.publish("one")
    await shop.shelf.open()
    second = await shop.publish("two")
    shop.compiler.fails = 3
    asked = []
    while shop.begins() != second:
        await shop.shelf.look()
        asked.append(len(shop.compiler.compiled) - 1)
        shop.now += 1
    assert asked == [1, 2, 2, 3, 3, 3, 3, 4]
    assert shop.failures() == 3


async def test_a_menu_that_somebody_compiled_is_not_compiled_again(shop: Shop) -> None:
    """What the configuration names is compiled before the store is open."""
    await shop.publish("one")
    shop.shelf.add(compiled_menu("one"))
    await shop.shelf.open()
    assert (shop.compiler.compiled, shop.begins()) == ([], compiled_menu("one").version)


async def test_closing_gives_up_what_is_compiled(shop: Shop) -> None:
    """Nobody waits for it any more."""
    await shop.publish("one")
    shop.compiler.running.clear()
    looking = asyncio.ensure_future(shop.shelf.look())
    await eventually(lambda: bool(shop.compiler.compiled))
    await shop.shelf.close()
    with pytest.raises(asyncio.CancelledError):
        await looking
