"""What a charging system can be asked for, and how it is said that it cannot."""

from __future__ import annotations

from typing import get_args

import pytest

from flows.menu_vocabulary import SERVICES
from flows.values import OrderKind
from gateway.core.ports import Abilities, Service, service_of

SOME = Abilities("UCIP", carried=frozenset({"advance", "top_up"}), services=frozenset({"top_up"}))


@pytest.mark.parametrize(
    ("service", "said"),
    [
        ("top_up", ""),
        ("advance", "the catalogue does not offer airtime in advance over UCIP"),
        ("gift", "a bundle for another number cannot be asked for over UCIP"),
        ("transfer", "a transfer of balance cannot be asked for over UCIP"),
    ],
)
def test_why_not_is_said_in_one_line(service: Service, said: str) -> None:
    """Whether the wire cannot, or the catalogue does not."""
    assert SOME.why_not(service) == said


def test_every_service_has_words_and_every_kind_of_order_beside_bundles_is_one() -> None:
    """And menus know the same services."""
    nothing = Abilities("nobody")
    assert set(get_args(Service)) == set(SERVICES)
    assert all(nothing.why_not(service).endswith("over nobody") for service in get_args(Service))
    beside = set(OrderKind) - {OrderKind.PURCHASE, OrderKind.REFUND}
    assert {service_of(kind) for kind in beside} == set(get_args(Service)) - {"gift", "fit_combo"}
