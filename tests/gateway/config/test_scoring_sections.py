"""Which models are served, and when everybody is scored."""

from __future__ import annotations

import pytest

from gateway.config.loading import load
from gateway.errors import ConfigError


def test_no_model_is_served_unless_one_is_named() -> None:
    """And nothing is scored at night."""
    scoring = load(None, {}).scoring
    assert (scoring.depletion, scoring.acceptance, scoring.challengers.depletion) == ("", "", "")
    assert scoring.batch.at == ""


def test_a_challenger_stands_in_a_table_of_its_own() -> None:
    """Also in the environment."""
    scoring = load(None, {"CHASQUI_SCORING__CHALLENGERS__DEPLETION": "new.model"}).scoring
    assert (scoring.depletion, scoring.challengers.depletion) == ("", "new.model")


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("SHADOW", "1.1", "scoring.shadow must be a share from 0 to 1"),
        ("SHADOW_PER_SECOND", "0", "scoring.shadow_per_second must be more than 0"),
        ("BATCH__AT", "2:30", "scoring.batch.at must be a local time such as 02:30"),
        ("BATCH__FOLDER", "", "scoring.batch.folder must name a folder"),
        ("BATCH__SHARDS", "0", "scoring.batch.shards must be at least 1 and at most 512"),
        ("BATCH__PER_SECOND", "-1", "scoring.batch.per_second must be at least 0"),
        ("BATCH__PER_SECOND", "nan", "scoring.batch.per_second must be"),
        ("BATCH__KEEP_DAYS", "0", "scoring.batch.keep_days must be at least 1"),
    ],
)
def test_what_cannot_be_stops_the_start(variable: str, value: str, complaint: str) -> None:
    """With the key's name."""
    with pytest.raises(ConfigError, match=complaint):
        load(None, {f"CHASQUI_SCORING__{variable}": value})
