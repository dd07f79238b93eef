"""``GET /api/v1/catalogue``: what an app shows as on sale."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from flows.catalogue import load_starter
from running import Town, ids, town


@pytest.fixture
async def it(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A gateway in Colombia between both simulators."""
    async with town(tmp_path, migrated) as opened:
        yield opened


async def test_what_is_on_sale_is_listed_in_the_order_of_the_catalogue(it: Town) -> None:
    """With everything that a buyer wants to know, in the market's first language."""
    status, document = await it.call("GET", "catalogue", role="app")
    sold = load_starter("co").on_sale(it.clock().date())
    assert (status, document["next"], ids(document["items"])) == (200, None, [one.id for one in sold])
    (shown,) = [one for one in document["items"] if one["id"] == "data-1gb-7d"]
    assert shown == {
        "id": "data-1gb-7d",
        "kind": "data",
        "name": "1 GB por 7 días",
        "tax_included": True,
        "renews": False,
        "price": {"amount": 300_000, "currency": "COP"},
        "validity_hours": 168,
        "allowances": [{"unit": "byte", "amount": 1 << 30, "zone": "", "window": "", "service": ""}],
    }


async def test_names_come_in_the_language_that_is_asked_for(it: Town) -> None:
    """One that there is."""
    for language, name in (("pt_BR", "1 GB por 7 dias"), ("en", "1 GB for 7 days")):
        _, document = await it.call("GET", f"catalogue?language={language}")
        assert name in ids(document["items"], "name"), language
    status, problem = await it.call("GET", "catalogue?language=fr")
    assert (status, problem["code"]) == (400, "invalid-language")
