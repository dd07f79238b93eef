"""What a charging system cannot do, said so: nothing is sent, and nothing is charged."""

from __future__ import annotations

from collections.abc import Mapping

from flows.values import OrderKind
from gateway.core.ports import Refused, ServiceRequest
from gateway.ocs.answers import NOT_OFFERED, never_sent

_WHAT: Mapping[OrderKind, str] = {
    OrderKind.ADVANCE: "airtime in advance",
    OrderKind.TOP_UP: "a top-up by voucher",
    OrderKind.TRANSFER: "a transfer of balance",
    OrderKind.OUT_OF_BUNDLE: "the choice whether use without a bundle is charged",
}


def not_offered(request: ServiceRequest, system: str) -> Refused:
    """A clear no. system: over what it cannot be done."""
    return never_sent(f"{_WHAT[request.kind]} cannot be asked for over {system}", NOT_OFFERED)
