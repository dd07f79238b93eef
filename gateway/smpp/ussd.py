"""What a bind asks of whoever takes the USSD that it carries beside texts, or instead of them."""

from __future__ import annotations

from typing import Protocol

from gateway.smpp.pdu import Message
from gateway.smpp.session import Session


class UssdSide(Protocol):
    """Takes the messages of one bind that belong to dialogues."""

    def takes(self, message: Message) -> bool:
        """Whether a deliver_sm or data_sm is USSD. Asked for each, so it must be cheap."""
        ...

    def take(self, session: Session, message: Message) -> None:
        """Start on ``message``; it must be answered by ``session.respond``."""
        ...

    def link_lost(self) -> None:
        """The connection is gone, and with it what was under way on it."""
        ...
