"""What is asked for in a run: a bundle, or what is offered beside bundles. Each moves money once, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

RECEIVER: Final = "573199999999"
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Deed:
    """kind: of its entry in the ledger. what: behind the subscriber in the API; empty for an offer that is accepted.

    body: of the request; prepared: path and body at the charging system's control port beforehand; both for a number.
    """

    kind: str
    what: str = ""
    body: Callable[[str], Json] = lambda _: {}
    prepared: Callable[[str], tuple[str, Json]] | None = None


DEEDS: Final[Mapping[str, Deed]] = {
    "purchase": Deed("charge"),
    "advance": Deed(
        "advance",
        "advances",
        lambda _: {"advance": "advance-small"},
        lambda msisdn: (f"subscribers/{msisdn}", {"balance": 0}),
    ),
    "top_up": Deed(
        "top_up", "top-ups", lambda msisdn: {"pin": msisdn}, lambda msisdn: (f"vouchers/{msisdn}", {"amount": 500_000})
    ),
    "transfer": Deed("transfer", "transfers", lambda _: {"to": RECEIVER, "amount": 200_000}),
}
CAN: Final[Mapping[str, tuple[str, ...]]] = {
    "purchase": ("tmf", "cgrates", "ucip", "diameter"),
    "advance": ("tmf", "ucip"),
    "top_up": ("tmf", "ucip"),
    "transfer": ("tmf",),
}
"""The adapters that can do each."""
