"""``GET /api/v1/subscribers/{msisdn}/recommendations``: what suits a person, over the wire."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes import ANA
from running import Town, ids, town

PATH = f"subscribers/{ANA}/recommendations"


@pytest.fixture
async def it(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway in Colombia between both simulators."""
    async with town(tmp_path, migrated) as opened:
        yield opened


async def test_what_a_person_can_pay_is_recommended(it: Town) -> None:
    """As the catalogue shows it; the simulator opens with $10.000."""
    await it.trigger()
    await it.offer()
    for occasion in ("", "?occasion=new_order", "?occasion=renewal"):
        status, document = await it.call("GET", f"{PATH}{occasion}", role="app")
        assert (status, document["next"]) == (200, None)
        assert "data-1gb-7d" in ids(document["items"])
        assert all(one["price"]["amount"] <= 1_000_000 for one in document["items"])


async def test_nobody_knows_what_suits_somebody_never_seen(it: Town) -> None:
    """As with any list of theirs: empty."""
    assert await it.call("GET", PATH, role="app") == (200, {"items": [], "next": None})


async def test_without_a_balance_nothing_is_recommended(it: Town) -> None:
    """Come again when the charging system is there."""
    await it.trigger()
    await it.offer()
    await it.faults(down=True)
    status, problem = await it.call("GET", PATH, role="app")
    assert (status, problem["code"]) == (503, "balance-unknown")


async def test_another_occasion_is_refused(it: Town) -> None:
    """With those that there are."""
    status, problem = await it.call("GET", f"{PATH}?occasion=birthday")
    assert (status, problem["code"]) == (400, "invalid-occasion")
    assert "new_order, renewal" in problem["detail"]
