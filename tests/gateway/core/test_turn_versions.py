"""A session ends in the version that it began in, and every turn says which that was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from handset import MENUS, Exchange, Phone, empty_shelf, starter_shelf
from sqlalchemy import select

from fakes import BEN, House
from flows.session import from_json, to_json
from flows.split import whole
from flows.values import Msisdn
from gateway.core.menu_desk import ALL, MenuDesk, Portion, Signature
from gateway.core.menu_shelf import Served
from menu_versions import menu, source
from menus.table import CompiledMenu, compile_menu
from store import tables


class Operator:
    """Publishes, and lets whoever serves look at once."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.desk = MenuDesk(house.reader, house.writer, house.clock)
        self.exchange = Exchange(house, empty_shelf(house))

    async def publish(self, mark: str, portion: Portion = ALL) -> None:
        """This version."""
        revision, _ = await self.desk.draft(menu(mark), source(mark), Signature("ana"))
        await self.desk.publish(revision, Signature("ana"), portion)
        await self.exchange.shelf.look()

    async def roll_back(self) -> None:
        """To what all had."""
        await self.desk.roll_back(*await self.desk.earlier("main", None), Signature("ana"))
        await self.exchange.shelf.look()

    async def restart(self) -> Exchange:
        """Another process on the same store."""
        self.exchange = Exchange(self.house, empty_shelf(self.house))
        await self.exchange.shelf.open()
        return self.exchange

    async def turns(self, column: str) -> Sequence[str]:
        """A column of every turn, in order."""
        query = select(tables.turns).order_by(tables.turns.c.session, tables.turns.c.position)
        return [getattr(row, column) for row in await self.house.reader.rows(query)]


@pytest.fixture
async def operator(house: House) -> Operator:
    """Version one is served."""
    operator = Operator(house)
    await operator.publish("one")
    return operator


async def test_a_session_stays_in_its_version_whatever_is_published(operator: Operator) -> None:
    """Through publication and rollback; new sessions begin in what is served."""
    phone = Phone(operator.exchange)
    assert "one home" in await phone.dial()
    await operator.publish("two")
    assert "one shop" in await phone.answer("1")
    second = Phone(operator.exchange, "s-2", BEN)
    assert "two home" in await second.dial()
    await operator.roll_back()
    assert "one home" in await phone.answer("0")
    assert "two help" in await second.answer("2")
    assert "one home" in await Phone(operator.exchange, "s-3").dial()


async def test_a_session_stays_in_its_version_over_a_restart(operator: Operator) -> None:
    """The old version is compiled from the store."""
    phone = Phone(operator.exchange)
    await phone.dial()
    await operator.publish("two")
    phone.exchange = await operator.restart()
    assert "one shop" in await phone.answer("1")
    assert "two home" in await Phone(operator.exchange, "s-2").dial()


async def test_a_session_of_a_version_that_nobody_has_goes_on_in_what_is_served(
    operator: Operator, house: House
) -> None:
    """From the same page, or from home; it says from then on which version that is."""
    phone = Phone(Exchange(house, starter_shelf(house)))
    await phone.dial()
    await phone.answer("4")
    phone.exchange = await operator.restart()
    assert "one home" in await phone.answer("9")
    assert "one shop" in await phone.answer("1")
    assert list(await operator.turns("version")) == [MENUS["main"].version] * 2 + [menu("one").version] * 2


async def test_the_arm_is_on_every_turn_of_a_session(operator: Operator) -> None:
    """The one it began in, also after the comparison and after a restart."""
    await operator.publish("two", Portion(9999, "b"))
    phone = Phone(operator.exchange)
    assert "two home" in await phone.dial()
    await operator.publish("three")
    await phone.answer("1")
    phone.exchange = await operator.restart()
    await phone.answer("0", "7")
    await Phone(operator.exchange, "s-2").dial()
    assert list(await operator.turns("arm")) == ["b"] * 4 + [""]
    assert list(await operator.turns("version")) == [menu("two").version] * 4 + [menu("three").version]
    assert set(await operator.turns("menu")) == {"main"}


async def test_everybody_gets_one_version_however_often_they_dial(operator: Operator) -> None:
    """And both are there."""
    await operator.publish("two", Portion(5000, "b"))
    homes = {
        number: {
            (await Phone(operator.exchange, f"s-{number}-{time}", Msisdn(f"57300000{number:04}")).dial())[:12]
            for time in range(2)
        }
        for number in range(30)
    }
    assert all(len(shown) == 1 for shown in homes.values())
    assert {one for shown in homes.values() for one in shown} == {"CON one home", "CON two home"}


def test_a_session_that_was_written_before_there_were_arms_has_none() -> None:
    """Sessions go on over an upgrade of the gateway."""
    session = from_json('["main","0123456789ab",["home"],0,{},[]]')
    assert session.arm == ""
    assert from_json(to_json(replace(session, arm="b"))).arm == "b"


def _renumbered() -> CompiledMenu:
    """The starter menu with yes and no the other way round."""
    starter = MENUS["main"].menu
    confirm = starter.pages["confirm"]
    turned = replace(confirm, options=tuple(reversed(confirm.options)))
    return compile_menu(replace(starter, version="turned", pages={**starter.pages, "confirm": turned}))


async def test_an_answer_to_a_screen_that_nobody_has_any_more_is_not_taken_for_another(house: House) -> None:
    """Who said no to the old version buys nothing in the new one: its page is shown, and asked again."""
    phone = Phone(Exchange(house, starter_shelf(house)))
    await phone.dial()
    assert "\n2 No" in await phone.answer("2", "4")
    shelf = empty_shelf(house)
    shelf.serve("main", Served(0, whole(1), (_renumbered(),)))
    phone.exchange = Exchange(house, shelf)
    shown = await phone.answer("2")
    assert "¿Lo compras?" in shown
    assert "\n1 No\n2 Comprar" in shown
    assert house.ocs.bought == []
    assert "Listo" in await phone.answer("2")
    assert len(house.ocs.bought) == 1
