"""What a charging system can be asked for beside a bundle of one's own: one value for API, menus and adapter alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from flows.frozen import dataclass
from flows.values import OrderKind

Service = Literal["gift", "top_up", "advance", "transfer", "out_of_bundle", "fit_combo"]
"""A bundle for another number; vouchers; airtime in advance; balance for another number; whether use without a bundle
is charged; a bundle of one's own making."""
_WHAT: Mapping[Service, str] = {
    "gift": "a bundle for another number",
    "top_up": "a top-up by voucher",
    "advance": "airtime in advance",
    "transfer": "a transfer of balance",
    "out_of_bundle": "the choice whether use without a bundle is charged",
    "fit_combo": "a bundle of one's own making",
}
_ASKED_FOR_BY: Mapping[OrderKind, Service] = {
    OrderKind.TOP_UP: "top_up",
    OrderKind.ADVANCE: "advance",
    OrderKind.TRANSFER: "transfer",
    OrderKind.OUT_OF_BUNDLE: "out_of_bundle",
}


@dataclass(frozen=True, slots=True)
class Abilities:
    """What can be asked for; nothing else is shown, kept as an order, or sent.

    system: over what it is spoken to, as people say it. carried: what that can carry at all. services: what of it the
    catalogue offers, and so what can be asked for.
    """

    system: str
    carried: frozenset[Service] = frozenset()
    services: frozenset[Service] = frozenset()

    def why_not(self, service: Service) -> str:
        """Why this cannot be asked for, in one line; empty where it can."""
        if service in self.services:
            return ""
        if service in self.carried:
            return f"the catalogue does not offer {_WHAT[service]} over {self.system}"
        return f"{_WHAT[service]} cannot be asked for over {self.system}"


def service_of(kind: OrderKind) -> Service:
    """What an order of this kind, which is none of a bundle, asks for."""
    return _ASKED_FOR_BY[kind]
