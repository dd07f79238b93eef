"""Balance, dedicated accounts and offers as an AIR tells them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from xmlrpc.client import DateTime

import pytest

from flows.values import Bucket, Money, Unit, Wallet
from gateway.config.ocs_sections import DedicatedAccountConfig
from gateway.ocs.answers import UnreadableAnswer
from gateway.ocs.ucip_wallet import OfferSeen, Reading, lacks_ends, read_offers, read_wallet

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)


def reading(factor: str = "1", **accounts: DedicatedAccountConfig) -> Reading:
    """As an operator in Colombia has set it up; accounts: by ``da`` and their number."""
    told = {int(name.removeprefix("da")): account for name, account in accounts.items()}
    return Reading("COP", Decimal(factor), told, {501: "data-1gb-7d"})


def account(value: object = "1000", **more: object) -> dict[str, object]:
    """A dedicated account of bytes."""
    return {"dedicatedAccountID": 12, "dedicatedAccountValue1": value, "dedicatedAccountUnitType": 6, **more}


def wallet(*accounts: object, **more: object) -> dict[str, object]:
    """An answer to GetBalanceAndDate."""
    return {"responseCode": 0, "dedicatedAccountInformation": list(accounts), **more}


@pytest.mark.parametrize(
    ("answer", "factor", "balance"),
    [
        ({"currency1": "COP", "accountValue1": "500000"}, "1", Money(500_000, "COP")),
        ({"accountValue1": "500000"}, "1", Money(500_000, "COP")),
        ({"currency1": "COP", "accountValue1": "5009"}, "0.01", Money(500_900, "COP")),
        ({"currency1": "COP", "accountValue1": "5009"}, "10", Money(500, "COP")),
        ({"currency1": "COP", "accountValue1": "-50"}, "1", Money(-50, "COP")),
        ({"currency1": "USD", "accountValue1": "1", "currency2": "COP", "accountValue2": "7"}, "1", Money(7, "COP")),
        ({"currency1": "USD", "accountValue1": "1"}, "1", None),
        ({"currency1": "USD", "accountValue1": "1", "accountValue2": "7"}, "1", None),
        ({}, "1", None),
    ],
)
def test_the_balance_is_the_main_account_in_our_currency(
    answer: dict[str, object], factor: str, balance: Money | None
) -> None:
    """Parts of a minor unit are dropped; money in another currency cannot be spent here."""
    assert read_wallet(answer, [], reading(factor), NOW) == Wallet(balance)


@pytest.mark.parametrize(
    ("kind", "unit"), [(0, Unit.SECOND), (2, Unit.BYTE), (3, Unit.BYTE), (5, Unit.MESSAGE), (6, Unit.BYTE)]
)
def test_a_unit_type_says_what_an_account_counts(kind: int, unit: Unit) -> None:
    """As the guide lists them."""
    found = read_wallet(wallet(account(dedicatedAccountUnitType=kind)), [], reading(), NOW)
    assert found.buckets == (Bucket("12", unit, 1000),)


@pytest.mark.parametrize(
    "left_out",
    [
        account(dedicatedAccountUnitType=1),
        account(dedicatedAccountUnitType=77),
        account(dedicatedAccountUnitType="6"),
        {"dedicatedAccountID": 12, "dedicatedAccountValue1": "5"},
        account(expiryDate=DateTime("20261123T12:00:00+0000")),
        account(startDate=DateTime("20261125T12:00:00+0000")),
    ],
)
def test_what_cannot_be_spent_as_a_bundle_is_left_out(left_out: dict[str, object]) -> None:
    """Money, unknown units, what is over or yet to begin."""
    assert read_wallet(wallet(left_out), [], reading(), NOW).buckets == ()


def test_the_operator_knows_better_what_an_account_counts() -> None:
    """Data in an account of money, a megabyte for each unit."""
    told = reading(da12=DedicatedAccountConfig(12, "byte", 1024**2))
    found = read_wallet(wallet(account("3", dedicatedAccountUnitType=1)), [], told, NOW)
    assert found.buckets == (Bucket("12", Unit.BYTE, 3 * 1024**2),)


def test_an_account_lasts_to_the_end_of_its_last_day() -> None:
    """Noon, which stands in every date of this kind, is no time."""
    found = read_wallet(wallet(account(expiryDate=DateTime("20261124T12:00:00+0000"))), [], reading(), NOW)
    assert found.buckets[0].expires_at == datetime(2026, 11, 25, tzinfo=UTC)


@pytest.mark.parametrize("date", ["99991231T00:00:00+0000", None])
def test_a_date_at_the_end_of_time_is_none(date: str | None) -> None:
    """So is one that is not told."""
    told = account() if date is None else account(expiryDate=DateTime(date))
    assert read_wallet(wallet(told), [], reading(), NOW).buckets[0].expires_at is None


def test_an_account_of_an_offer_has_its_end_and_its_name() -> None:
    """A product's account has no dates of its own."""
    answer = wallet(account(offerID=501))
    ends = datetime(2026, 11, 30, 8, tzinfo=UTC)
    assert lacks_ends(answer)
    found = read_wallet(answer, [OfferSeen(501, None, ends)], reading(), NOW)
    assert found.buckets == (Bucket("12", Unit.BYTE, 1000, expires_at=ends, name="data-1gb-7d"),)
    assert not lacks_ends(wallet(account(offerID=501, expiryDate=DateTime("20261124T12:00:00+0000"))))
    assert not lacks_ends(wallet(account()))


@pytest.mark.parametrize(
    ("told", "offer"),
    [
        (
            {"startDateTime": DateTime("20261124T10:00:01+0000"), "expiryDateTime": DateTime("20261201T10:00:01-0500")},
            OfferSeen(7, datetime(2026, 11, 24, 10, 0, 1, tzinfo=UTC), datetime(2026, 12, 1, 15, 0, 1, tzinfo=UTC)),
        ),
        (
            {"startDateTime": DateTime("20261124T10:00:01")},
            OfferSeen(7, datetime(2026, 11, 24, 10, 0, 1, tzinfo=UTC), None),
        ),
        (
            {"startDate": DateTime("20261124T12:00:00+0000"), "expiryDate": DateTime("20261201T12:00:00+0000")},
            OfferSeen(7, None, datetime(2026, 12, 2, tzinfo=UTC)),
        ),
        ({}, OfferSeen(7, None, None)),
    ],
)
def test_only_an_instant_is_a_start(told: dict[str, object], offer: OfferSeen) -> None:
    """A day is too coarse to tell one order from the next."""
    assert read_offers({"offerInformation": [{"offerID": 7, **told}]}) == [offer]


@pytest.mark.parametrize("none", [{}, {"offerInformation": []}, {"offerInformation": ""}])
def test_no_offers_are_an_empty_list(none: dict[str, object]) -> None:
    """Also where the member is missing."""
    assert read_offers(none) == []


def test_one_offer_may_come_without_its_array() -> None:
    """As some servers write a list of one."""
    assert read_offers({"offerInformation": {"offerID": 7}}) == [OfferSeen(7, None, None)]


@pytest.mark.parametrize(
    "answer",
    [
        {"accountValue1": "many"},
        {"accountValue1": None},
        wallet("x"),
        {"dedicatedAccountInformation": 5},
        wallet({"dedicatedAccountValue1": "5"}),
        wallet(account(dedicatedAccountID="12")),
        wallet(account(dedicatedAccountID=True)),
        wallet(account(None)),
        wallet(account("1.5")),
        wallet(account(expiryDate="tomorrow")),
        wallet(account(expiryDate=DateTime("20261399T12:00:00+0000"))),
        wallet(account(offerID="x")),
    ],
)
def test_what_is_not_as_the_guide_says_is_unreadable(answer: dict[str, Any]) -> None:
    """Rather no wallet than a wrong one."""
    with pytest.raises(UnreadableAnswer):
        read_wallet(answer, [], reading(), NOW)
