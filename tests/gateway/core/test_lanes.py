"""What is committed goes to its lane, and never makes the step that wrote it look failed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from fakes import House, eventually, sms
from gateway.core.commit import Committer
from gateway.core.outbox import Lanes
from gateway.core.receipts import ReceiptDesk
from gateway.core.sms_lane import SmsLane
from store.consent_ledger import ConsentLedger
from store.sms_rows import SmsRow


class Stumbling(SmsLane):
    """Takes what it is given from the second time on."""

    def __init__(self, house: House) -> None:
        super().__init__(house.context, [house.sender], ReceiptDesk(house.context))
        self.refused, self.taken = set[str](), list[str]()

    def put(self, row: SmsRow) -> None:
        if row.id not in self.refused:
            self.refused.add(row.id)
            raise RuntimeError("what nobody has thought of")
        self.taken.append(row.key)


@pytest.mark.parametrize("way", ["commit", "commit_all"])
async def test_what_a_lane_does_not_take_is_durable_all_the_same_and_handed_over_again(house: House, way: str) -> None:
    """The step is done, so that nobody does it twice; its neighbours are handed over at once."""
    lanes = Lanes(house.context.metrics, pause=0.01)
    lanes.sms = lane = Stumbling(house)
    committer = Committer(house.writer, house.context.reach, lanes.put, ConsentLedger(house.reader, house.writer))
    outcomes: Sequence[object]
    if way == "commit":
        outcomes = [await committer.commit([sms("alert:1"), sms("alert:2")])]
    else:
        outcomes = await committer.commit_all([([sms("alert:1")], ()), ([sms("alert:2")], ())])
    assert set(outcomes) == {True}
    await eventually(lambda: lane.taken == ["alert:1", "alert:2"])
    failed = house.context.metrics.registry.get_sample_value("chasqui_failures_total", {"where": "hand_over"})
    assert failed == 2
