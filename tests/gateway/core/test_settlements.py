"""Who waits for the end of an order: the words that go with it are written or not, never after somebody gave up."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from fakes import TUESDAY
from flows.values import OrderKey
from gateway.core.settlements import Expected, Settlement, Settlements
from store import held_texts
from store.unit import Op

KEY = OrderKey("ord-off-1")
DONE = Settlement(confirmed=True)
WORDS = (held_texts.withdraw("alert:1", TUESDAY),)


async def words(settlement: Settlement) -> Sequence[Op]:
    """What the dialogue shows."""
    return WORDS


async def test_the_words_of_who_waits_are_written_with_the_end() -> None:
    """And only then told."""
    settlements = Settlements()
    with settlements.expected(KEY, words) as expected:
        waits = asyncio.create_task(expected.within(60))
        await asyncio.sleep(0)
        async with settlements.ending(KEY, DONE) as ops:
            assert (tuple(ops), waits.done()) == (WORDS, False)
        assert await waits == DONE


async def test_who_has_waited_long_enough_has_no_words() -> None:
    """The answer has gone without them."""
    settlements = Settlements()
    with settlements.expected(KEY, words) as expected:
        assert await expected.within(0.001) is None
        async with settlements.ending(KEY, DONE) as ops:
            assert list(ops) == []


async def test_a_hop_that_is_given_up_while_it_waits_has_no_words() -> None:
    """Its turn may have been answered again meanwhile, with the first words."""
    expected = Expected(words)
    waits = asyncio.create_task(expected.within(60))
    await asyncio.sleep(0)
    waits.cancel()
    await asyncio.wait([waits])
    assert waits.cancelled()
    assert list(await expected.words(DONE)) == []
