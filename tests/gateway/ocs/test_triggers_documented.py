"""What is written for whoever connects a charging system is what there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.contact_policy import Reason
from gateway.ocs.cloudevents import TYPES
from gateway.ocs.event_files import COLUMNS
from gateway.ocs.signature import Refusal
from gateway.ocs.tmf_event import USUAL_TYPES

_PAGE = Path(__file__).parents[3] / "docs" / "reference" / "triggers.md"
_OFFERS_WITHHELD = sorted(f"alert_{reason}" for reason in Reason if reason is not Reason.ALERTS_OFF)
_OTHERS = (
    *("alert_renews", "alert_refilled", "alert_roaming", "alert_price_without_tax", "lasts_longer"),
    *(
        "alert_and_offer",
        "alert_one_way_sender",
        "alerts_off",
        "known_threshold",
        "not_theirs",
        "too_old",
        "usage_kept",
        "kept",
    ),
    *("joined", "renewed", "overtaken", "from_the_future", "unmapped", "unknown_supi", "no_event", "terminated"),
)


@pytest.mark.parametrize("name", [*TYPES, *_OFFERS_WITHHELD, *_OTHERS, *COLUMNS, *Refusal, *USUAL_TYPES])
def test_every_type_and_outcome_stands_in_the_reference(name: str) -> None:
    """Nobody has to read the source for a name."""
    assert f"`{name}`" in _PAGE.read_text(encoding="utf-8")
