"""A bind that no door names carries no USSD."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.smpp.pdu import Message
from gateway.smpp.vocabulary import USSD_SERVICE_OP, Command, Status
from gateway.telemetry import Metrics
from gateway.ussd.smpp_no_door import NoDoor


class Bind:
    """A session that remembers what it answered."""

    def __init__(self) -> None:
        self.answers: list[int] = []

    def respond(self, request: Message, status: int, body: bytes = b"") -> None:
        """As the real one."""
        self.answers.append(status)


@pytest.mark.parametrize(
    ("tlvs", "taken"), [((), False), (((0x0204, b"\1"),), False), (((USSD_SERVICE_OP, b"\1"),), True)]
)
def test_what_says_that_it_is_ussd_is_no_text(tlvs: tuple[tuple[int, bytes], ...], taken: bool) -> None:
    """By its TLV; all else is a text."""
    message = Message(Command.DELIVER_SM, 1, 1, 1, "573001112233", 0, 0, "*123#", b"*123#", tlvs=tlvs)
    assert NoDoor(Metrics()).takes(message) is taken


def test_it_is_refused_and_counted() -> None:
    """For good: the network must not bring it again."""
    metrics, bind = Metrics(), Bind()
    session: Any = bind
    NoDoor(metrics).take(session, Message(Command.DELIVER_SM, 1, 1, 1, "573001112233", 0, 0, "*123#"))
    assert bind.answers == [Status.REJECTED]
    assert metrics.refused_knocks.labels("smpp", "no door")._value.get() == 1
