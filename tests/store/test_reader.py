"""Reading goes on, whatever became of whoever read before."""

from __future__ import annotations

import asyncio

from sqlalchemy import func, literal, select

from store.reader import READERS, Reader

_NUMBERS = select(literal(1).label("n")).cte("numbers", recursive=True)
_NUMBERS = _NUMBERS.union_all(select(_NUMBERS.c.n + 1).where(_NUMBERS.c.n < 200_000))
LONG = select(func.count()).select_from(_NUMBERS)
"""A query that is still running when its caller has long gone."""


async def test_who_goes_away_while_reading_breaks_no_connection(reader: Reader) -> None:
    """Cancelled at any point of a query; each connection then reads for others."""
    for steps in range(1, 12):
        gone = asyncio.create_task(reader.rows(LONG))
        for _ in range(steps):
            await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        assert gone.cancelled()
        answers = await asyncio.gather(*(reader.rows(select(literal(2))) for _ in range(2 * READERS)))
        assert [row[0] for rows in answers for row in rows] == [2] * 2 * READERS
