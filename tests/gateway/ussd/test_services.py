"""Which menu a dialled code leads to, however it is dialled."""

from __future__ import annotations

import pytest

from gateway.config.tree import UssdServiceConfig
from gateway.ussd import fields
from gateway.ussd.fields import form
from gateway.ussd.services import Dialled, Services

SERVICES = Services(
    (
        UssdServiceConfig("*123#", "main"),
        UssdServiceConfig("*123#", "mtn", "MTN"),
        UssdServiceConfig("*123*7*1#", "deep"),
    )
)


@pytest.mark.parametrize(
    ("dialled", "network", "found"),
    [
        ("*123#", "", Dialled("main")),
        (" *123# ", "", Dialled("main")),
        ("*123", "", Dialled("main")),
        ("*123#", "MTN", Dialled("mtn")),
        ("*123#", "Tigo", Dialled("main")),
        ("*123#", "x" * 10_000, Dialled("main")),
        ("*123*4*1#", "", Dialled("main", "4*1")),
        ("*123*7*1#", "", Dialled("deep")),
        ("*123*7*1*9*9*9*9#", "", Dialled("deep", "9*9*9*9")),
        ("*123*7#", "MTN", Dialled("mtn", "7")),
        ("*12#", "", None),
        ("123#", "", None),
        ("", "", None),
        ("*123" + "*1" * 97 + "#", "", Dialled("main", "*".join("1" * 97))),
        ("*123" + "*1" * 98 + "#", "", None),
    ],
)
def test_the_longest_code_counts_and_what_stands_behind_it_is_kept(
    dialled: str, network: str, found: Dialled | None
) -> None:
    """One for the network before one for any; beyond what any network lets through nothing."""
    assert SERVICES.find(dialled, network) == found


@pytest.mark.parametrize("stars", [190, 60_000])
def test_stars_alone_cost_no_more_than_the_longest_code(stars: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends them must not stop everybody else."""
    tried: list[str] = []
    monkeypatch.setattr(Services, "_menu_of", lambda _, code, __: tried.append(code))
    assert Services((UssdServiceConfig("*1#", "main"),)).find("*" * stars + "#", "") is None
    assert len(tried) <= 2


def test_long_texts_are_not_kept() -> None:
    """Eight thousand of them would be a hundred megabytes."""
    before = fields._spelled.cache_info().currsize
    text = "%2A" * 1000
    assert form(f"text={text}".encode()) == {"text": "*" * 1000}
    assert fields._spelled.cache_info().currsize == before
