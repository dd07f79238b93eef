"""What a TMF654 bucket says beside how much is in it, from the simulator's side of the wire to ours."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.values import Bucket, Money, Msisdn, Unit, Wallet
from gateway.ocs.tmf_traits import bucket_traits
from gateway.ocs.tmf_wallet import money_bucket, read_wallet
from gateway.ocs.tmf_wire import read_list
from gateway.simulators.ocs_tmf import format_buckets

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ANA = Msisdn("573001112233")
WORDS = st.sampled_from(["", "north", "chat"])
USUAL = bucket_traits({})


@given(
    bucket=st.builds(
        Bucket,
        id=st.just("b-1"),
        unit=st.sampled_from(Unit),
        remaining=st.integers(0, 2**40),
        expires_at=st.one_of(st.none(), st.just(datetime(2027, 1, 1, tzinfo=UTC))),
        name=WORDS,
        product=WORDS,
        zone=WORDS,
        window=st.sampled_from(["", "00:00-06:00"]),
        service=WORDS,
        shared=st.booleans(),
        bonus=st.booleans(),
        roaming=st.booleans(),
        renews=st.booleans(),
        throttled_after=st.booleans(),
        priority=st.one_of(st.none(), st.integers(0, 9)),
    ),
    debt=st.integers(0, 10**6),
)
def test_a_wallet_survives_the_wire(bucket: Bucket, debt: int) -> None:
    """With everything that a bundle may be beside full or empty, and what is owed."""
    items = read_list(json.dumps(format_buckets(ANA, 500_000, "COP", [bucket], debt)).encode())
    owed = Money(debt, "COP") if debt else None
    assert read_wallet(items, ANA, "COP", NOW) == Wallet(Money(500_000, "COP"), (bucket,), owed)
    assert money_bucket(items, ANA, "COP", NOW) == f"{ANA}-money"


@pytest.mark.parametrize(
    ("item", "changed"),
    [
        ({}, {}),
        ({"isShared": "true", "isBonus": 1, "zone": 7, "service": None, "priority": True, "product": {}}, {}),
        ({"product": [{"id": "data-1gb-7d"}, {"id": "other"}]}, {"product": "data-1gb-7d"}),
        ({"product": [{"name": "no id"}]}, {}),
        ({"window": "at night"}, {"window": "never"}),
        ({"window": 6}, {"window": "never"}),
        ({"window": "22:00-06:00"}, {"window": "22:00-06:00"}),
    ],
)
def test_what_is_not_of_its_kind_is_as_if_it_were_not_there(item: dict[str, Any], changed: dict[str, object]) -> None:
    """But for hours that nobody can read: nobody is told that they have what may not be on."""
    assert bucket_traits(item) == {**USUAL, **changed}
