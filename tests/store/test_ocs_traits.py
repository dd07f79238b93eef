"""What was found out about a charging system outlives the process, and is said of no other."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from fakes import TUESDAY, FakeClock
from flows.values import OrderKey
from gateway.core.ocs_traits import KeptTraits, name_of
from store import tables
from store.reader import Reader
from store.writer import Writer

HERE, ELSEWHERE = "tmf http://a", "tmf http://b"


async def test_what_was_learnt_is_known_after_a_restart_and_of_this_one_alone(
    reader: Reader, writer: Writer, clock: FakeClock
) -> None:
    """Each trait by itself."""
    await KeptTraits(HERE, reader, writer, clock).learn("transfers", OrderKey("ord-1"))
    again, other = (KeptTraits(name, reader, writer, clock) for name in (HERE, ELSEWHERE))
    assert [await again.knows(one) for one in ("transfers", "refunds")] == [True, False]
    assert not await other.knows("transfers")


async def test_the_order_that_showed_it_first_stays_named(reader: Reader, writer: Writer, clock: FakeClock) -> None:
    """Also where two processes learn the same."""
    one, two = (KeptTraits(HERE, reader, writer, clock) for _ in range(2))
    assert not await two.knows("transfers")
    await one.learn("transfers", OrderKey("ord-1"))
    await two.learn("transfers", OrderKey("ord-2"))
    await one.learn("transfers", OrderKey("ord-3"))
    rows = await reader.rows(select(tables.ocs_traits))
    assert [(row.ocs, row.trait, row.order_key, row.at) for row in rows] == [(HERE, "transfers", "ord-1", TUESDAY)]
    assert await two.knows("transfers")


async def test_what_could_not_be_kept_is_not_known(reader: Reader, writer: Writer, clock: FakeClock) -> None:
    """Or a restart would know less than was acted on."""
    traits = KeptTraits(HERE, reader, writer, clock)
    await writer.stop()
    await traits.learn("transfers", OrderKey("ord-1"))
    assert not await traits.knows("transfers")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://ocs.example:8080/base/", "tmf http://ocs.example:8080/base"),
        ("https://us:secret@ocs.example", "tmf https://ocs.example"),
    ],
)
def test_a_charging_system_is_known_by_kind_and_address(url: str, name: str) -> None:
    """Never by who we are there."""
    assert name_of("tmf", url) == name
