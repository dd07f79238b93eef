"""Drafts of the catalogue: one decision on each, whoever decides."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from fakes import TUESDAY
from gateway.core.draft_desk import DraftDesk, Proposal
from gateway.errors import DraftProblem
from store.reader import Reader
from store.tables import audit
from store.writer import Writer

PROPOSAL = Proposal("combo-a-b", "bundles: []\n", {"count": 5})


@pytest.fixture
def desk(reader: Reader, writer: Writer) -> DraftDesk:
    """A desk on the test's database."""
    return DraftDesk(reader, writer, lambda: TUESDAY)


async def test_two_that_decide_at_once_decide_once(desk: DraftDesk, reader: Reader) -> None:
    """The second is told; the audit has one decision."""
    await desk.propose([PROPOSAL], "ops")
    seen_by_ana = seen_by_ben = await desk.named("combo-a-b")
    await desk.approve(seen_by_ana, "bundles: []\n", "ana", "")
    with pytest.raises(DraftProblem, match="somebody decided on it this very moment"):
        await desk.reject(seen_by_ben, "ben", "no")
    decided = await desk.named(seen_by_ana.id)
    assert (decided.state, decided.decided_by, decided.decided_at) == ("approved", "ana", TUESDAY)
    actions = [row.action for row in await reader.rows(select(audit.c.action))]
    assert sorted(actions) == ["draft.approved", "draft.proposed"]


async def test_what_was_decided_on_stays_decided(desk: DraftDesk) -> None:
    """Proposing tells which are open; only an open one is brought up to date."""
    other = Proposal("combo-c", "bundles: []\n", {})
    assert await desk.propose([PROPOSAL, other], "ops") == ["combo-a-b", "combo-c"]
    await desk.reject(await desk.named("combo-c"), "ana", "no")
    renewed = Proposal("combo-a-b", "bundles: []\n", {"count": 6})
    assert await desk.propose([renewed, other], "night") == ["combo-a-b"]
    found = {one.mark: one for one in await desk.all()}
    assert (found["combo-a-b"].evidence, found["combo-a-b"].author) == ({"count": 6}, "night")
    assert (found["combo-c"].state, found["combo-c"].author) == ("rejected", "ops")
