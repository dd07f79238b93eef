"""A flood of triggers: so many wait, who sends more is told to come again, and nothing that was taken is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes import ANA, eventually
from running import Json, Town, town

MOST = 1_000
BATCH = "application/cloudevents-batch+json"


@pytest.fixture
async def it(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway in which hardly more than a batch may wait."""
    more = f'[triggers]\nwaiting = {MOST}\n[[triggers.cgrates]]\nid = "low"\n'
    async with town(tmp_path, migrated, more=more) as opened:
        yield opened


def of_many(it: Town, number: int) -> list[Json]:
    """An event of each of so many people."""
    return [it.event(str(573_002_000_000 + who)) for who in range(number)]


async def posted(it: Town, events: list[Json]) -> tuple[int, str, str]:
    """Status, code of the problem and when to come again."""
    async with it.http.post(f"{it.url}/triggers", json=events, headers={"Content-Type": BATCH}) as answer:
        problem = await answer.json(content_type=None)
        return answer.status, problem.get("code", ""), answer.headers.get("Retry-After", "")


async def dealt_with(it: Town) -> int:
    """How many alerts there are."""
    lines = (await it.metrics()).splitlines()
    return sum(int(float(line.split()[-1])) for line in lines if line.startswith("chasqui_triggers_total{"))


async def test_more_than_may_wait_is_sent_away_and_comes_again(it: Town) -> None:
    """Each that was taken is dealt with once, and none of those that were sent away before they came again."""
    first, second = of_many(it, MOST), of_many(it, MOST)
    await it.faults(balance_delay=30)
    assert (await posted(it, first))[0] == 202
    assert await posted(it, second) == (503, "too-many-waiting", "5")
    metrics = await it.metrics()
    assert 'chasqui_triggers_rejected_total{reason="too-many-waiting"} 1.0' in metrics
    assert f"chasqui_triggers_waiting {MOST}.0" in metrics
    await it.faults()

    async def taken() -> bool:
        return (await posted(it, second))[0] == 202

    await eventually(taken, 30)

    async def over() -> bool:
        return await dealt_with(it) == 2 * MOST

    await eventually(over, 30)


async def test_other_wires_wait_as_well_and_a_dialogue_does_not(it: Town) -> None:
    """Whoever dials does not notice the flood."""
    await it.faults(balance_delay=30)
    assert (await posted(it, of_many(it, MOST)))[0] == 202
    account = {
        "ID": f"cgrates.org:{ANA}",
        "BalanceMap": {"*data": [{"ID": "b-1", "Value": 10}]},
        "ActionTriggers": [{"UniqueID": "low", "Executed": True, "LastExecutionTime": it.clock().isoformat()}],
    }
    async with it.http.post(f"{it.url}/triggers/cgrates/low", json=account) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    hop = {"sessionId": "s-1", "phoneNumber": f"+{ANA}", "serviceCode": "*123#", "text": ""}
    async with it.http.post(f"{it.url}/ussd/africastalking", data=hop) as answer:
        assert (await answer.text()).startswith("CON ")
    await it.faults()
