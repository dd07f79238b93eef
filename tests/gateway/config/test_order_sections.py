"""What is told of orders, and when they are compared with the charging system."""

from __future__ import annotations

import pytest

from gateway.config.loading import load
from gateway.errors import ConfigError


@pytest.mark.parametrize("at", ["", "00:00", "03:30", "23:59"])
def test_an_hour_of_the_night_or_never(at: str) -> None:
    """Local time of the market."""
    assert load(None, {"CHASQUI_RECONCILIATION__AT": at}).reconciliation.at == at


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("RECONCILIATION__AT", "3:30", "reconciliation.at must be a local time such as 03:30"),
        ("RECONCILIATION__AT", "24:00", "reconciliation.at must be a local time such as 03:30"),
        ("RECONCILIATION__PER_SECOND", "0", "reconciliation.per_second must be more than 0"),
        ("RECONCILIATION__PER_SECOND", "1001", "reconciliation.per_second must be more than 0 and at most 1000"),
        ("STORY__KEY", "", "story.key must name a file"),
    ],
)
def test_what_cannot_be_stops_the_start(variable: str, value: str, complaint: str) -> None:
    """With the key's name."""
    with pytest.raises(ConfigError, match=complaint):
        load(None, {f"CHASQUI_{variable}": value})
