"""What is asked for in a run: a bundle, or what is offered beside bundles.

Each moves money once, or not at all; a switch moves none, and is where it was asked to be, or where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

RECEIVER: Final = "573199999999"
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Deed:
    """kind: of its entry in the ledger, empty for none. what: behind the subscriber in the API; empty for an offer that
    is accepted.

    body: of the request; prepared: path and body at the charging system's control port beforehand; both for a number.
    switch: where the switch for use without a bundle is then; the other way it was before.
    """

    kind: str
    what: str = ""
    body: Callable[[str], Json] = lambda _: {}
    prepared: Callable[[str], tuple[str, Json]] | None = None
    switch: bool | None = None


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
    "switch_on": Deed("", "preferences", lambda _: {"out_of_bundle": True}, switch=True),
    "switch_off": Deed("", "preferences", lambda _: {"out_of_bundle": False}, switch=False),
}
CAN: Final[Mapping[str, tuple[str, ...]]] = {
    "purchase": ("tmf", "cgrates", "ucip", "diameter", "tmf-hides-keys"),
    "advance": ("tmf", "ucip"),
    "top_up": ("tmf", "ucip"),
    "transfer": ("tmf", "tmf-hides-keys"),
    "switch_on": ("tmf", "ucip"),
    "switch_off": ("tmf", "ucip"),
}
"""The adapters that can do each."""
