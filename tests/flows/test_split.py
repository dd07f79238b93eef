"""Subscriptions are dealt out among versions: the same for ever, as many as was said, and more keeps those there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.errors import SplitUnreadable
from flows.split import (
    BUCKETS,
    Share,
    Split,
    arms,
    bucket,
    canary,
    chosen,
    split_from_values,
    split_values,
    whole,
)
from flows.values import SubscriptionId

PEOPLE = [SubscriptionId(f"01PERSON{number:06}") for number in range(20_000)]
BUCKET = st.integers(1, BUCKETS - 1)


def _has_new(split: Split, menu: str = "main") -> set[SubscriptionId]:
    return {person for person in PEOPLE if chosen(split, bucket(menu, person)) == 1}


def test_a_subscription_keeps_its_number_for_ever() -> None:
    """Whatever runs or is installed: these were written down once."""
    assert [bucket("main", SubscriptionId(name)) for name in ("01ANA", "01BEN")] == [283, 5229]
    assert bucket("other", SubscriptionId("01ANA")) != bucket("main", SubscriptionId("01ANA"))


@pytest.mark.parametrize("percent", [1, 10, 50, 90])
def test_about_as_many_get_the_new_version_as_was_said(percent: int) -> None:
    """Within a percentage point of 20,000 people."""
    got = len(_has_new(canary(whole(1), 2, percent * 100)))
    assert abs(got / len(PEOPLE) - percent / 100) < 0.01


@given(BUCKET, BUCKET)
def test_whoever_has_the_new_version_keeps_it_when_more_get_it(one: int, other: int) -> None:
    """Nobody goes to and fro while a canary grows."""
    fewer, more = sorted((one, other))
    for number in range(0, BUCKETS, 7):
        if chosen(canary(whole(1), 2, fewer), number) == 1:
            assert chosen(canary(whole(1), 2, more), number) == 1


@given(BUCKET)
def test_every_bucket_has_a_version_and_every_version_its_buckets(buckets: int) -> None:
    """None is left out, none is dealt out twice."""
    split = arms(whole(7), 8, "b", buckets)
    assert [share.arm for share in split] == ["a", "b"]
    assert sum(chosen(split, number) for number in range(BUCKETS)) == buckets


def test_a_trial_of_a_trial_stands_beside_what_was_there_before() -> None:
    """Not beside the first trial."""
    assert canary(canary(whole(1), 2, 1000), 3, 500) == (Share(1, 9500), Share(3, 500, "canary"))


@given(BUCKET)
def test_a_split_is_read_as_it_was_written(buckets: int) -> None:
    """Shares, order and arms."""
    split = arms(whole(1), 2, "b", buckets)
    assert split_from_values(split_values(split)) == split


@pytest.mark.parametrize(
    "values", [[], [[1, 9000, ""]], [[1, 10001, ""], [2, -1, ""]], [[1]], [1], [["x", 10000, ""]], 3, None]
)
def test_what_is_no_split_is_refused(values: object) -> None:
    """With an error that says so."""
    with pytest.raises(SplitUnreadable):
        split_from_values(values)  # type: ignore[arg-type]
