"""What the catalogue may say about UCIP."""

from __future__ import annotations

from datetime import timedelta

import pytest
from air import GIGABYTE, catalogue

from flows.catalogue import load_starter
from flows.market import market_codes
from gateway.errors import ConfigError
from gateway.ocs.ucip_sales import Sale, sales_of

WEEK = timedelta(days=7)


@pytest.mark.parametrize("market", market_codes())
def test_every_starter_can_be_sold(market: str) -> None:
    """All seven bundles, by refill profile."""
    sales = sales_of(load_starter(market))
    assert len(sales) == 7
    assert all(sale.profile for sale in sales.values())


@pytest.mark.parametrize(
    ("entry", "sale"),
    [
        ({"refill_profile": "B1G7"}, Sale(WEEK, profile="B1G7")),
        ({"refill_profile": "B1G7", "offer": 501}, Sale(WEEK, profile="B1G7", offer=501)),
        ({"dedicated_account": 12, "units": 5}, Sale(WEEK, account=12, units=5)),
        ({"dedicated_account": 12, "units": 5, "unit_type": 0}, Sale(WEEK, account=12, units=5, unit_type=0)),
    ],
)
def test_an_entry_is_a_profile_or_a_dedicated_account(entry: dict[str, object], sale: Sale) -> None:
    """With the offer that it leaves, if any."""
    assert sales_of(catalogue(entry))[GIGABYTE] == sale


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ({"profile": "B1G7"}, "unknown key profile"),
        ({"offer": 501}, "must have either refill_profile or dedicated_account"),
        ({"refill_profile": "B1G7", "dedicated_account": 12, "units": 5}, "must have either"),
        ({"refill_profile": 1234}, "refill_profile must be letters and digits in quotes"),
        ({"refill_profile": ""}, "refill_profile must be letters and digits in quotes"),
        ({"refill_profile": "B-1"}, "refill_profile must be letters and digits in quotes"),
        ({"refill_profile": "B1G7", "offer": 0}, "offer must be a whole number from 1"),
        ({"refill_profile": "B1G7", "offer": "501"}, "offer must be a whole number from 1"),
        ({"dedicated_account": 12}, "units must be a whole number from 1"),
        ({"dedicated_account": True, "units": 5}, "dedicated_account must be a whole number from 1"),
        ({"dedicated_account": 12, "units": 5, "unit_type": -1}, "unit_type must be a whole number from 0"),
    ],
)
def test_a_wrong_entry_is_told_in_one_line(entry: dict[str, object], complaint: str) -> None:
    """With bundle and key, before anybody is charged."""
    with pytest.raises(ConfigError) as raised:
        sales_of(catalogue(entry))
    assert f"catalogue: bundle {GIGABYTE}: ocs.ucip" in str(raised.value)
    assert complaint in str(raised.value)
