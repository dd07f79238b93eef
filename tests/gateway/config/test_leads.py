"""How long before its end a bundle's end is told by our own clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.config.policy_checks import check_policy
from gateway.config.tree import Config, PolicyConfig
from gateway.errors import ConfigError


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (PolicyConfig(expiry_lead_hours=-1), "policy.expiry_lead_hours must be from 0, which is never, to 720 hours"),
        (PolicyConfig(expiry_lead_hours=721), "policy.expiry_lead_hours must be from 0, which is never, to 720 hours"),
        (PolicyConfig(forecast_lead_hours=-0.1), "policy.forecast_lead_hours must be from 0"),
        (PolicyConfig(clock_seconds=0), "policy.clock_seconds must be from 1 to 3600 seconds"),
        (PolicyConfig(clock_seconds=3601), "policy.clock_seconds must be from 1 to 3600 seconds"),
    ],
)
def test_a_lead_that_makes_no_sense_stops_the_start(policy: PolicyConfig, message: str) -> None:
    """With a sentence that says what it may be."""
    with pytest.raises(ConfigError, match=message):
        check_policy(policy)


def test_a_day_before_and_three_hours_before_is_what_nobody_need_set() -> None:
    """And never is a choice."""
    policy = Config(folder=Path()).policy
    assert (policy.expiry_lead_hours, policy.forecast_lead_hours, policy.clock_seconds) == (24, 3, 60)
    check_policy(policy)
    check_policy(replace(policy, expiry_lead_hours=0, forecast_lead_hours=0))
    assert timedelta(hours=policy.expiry_lead_hours) == timedelta(days=1)
