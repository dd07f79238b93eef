"""Reading goes on, whatever became of whoever read before."""

from __future__ import annotations

import asyncio

from sqlalchemy import literal, select

from store.reader import READERS, Reader


async def test_who_goes_away_while_reading_breaks_no_connection(reader: Reader) -> None:
    """Cancelled at any point of a query, more often than there are connections."""
    for steps in range(1, 6 * READERS):
        gone = asyncio.create_task(reader.rows(select(literal(1))))
        for _ in range(steps):
            await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
    answers = await asyncio.gather(*(reader.rows(select(literal(2))) for _ in range(3 * READERS)))
    assert [row[0] for rows in answers for row in rows] == [2] * 3 * READERS
