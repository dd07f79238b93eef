"""USSD on a bind that no door names: refused, and not taken for a text."""

from __future__ import annotations

from gateway.core.knocks import refused
from gateway.smpp.pdu import Message, tlv
from gateway.smpp.session import Session
from gateway.smpp.vocabulary import USSD_SERVICE_OP, Status
from gateway.telemetry import Metrics


class NoDoor:
    """Satisfies ``UssdSide``."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def takes(self, message: Message) -> bool:
        return bool(message.tlvs) and tlv(message.tlvs, USSD_SERVICE_OP) is not None

    def take(self, session: Session, message: Message) -> None:
        refused(self._metrics, "smpp", "no door")
        session.respond(message, Status.REJECTED, b"\0")

    def link_lost(self) -> None:
        """Nothing was open."""
