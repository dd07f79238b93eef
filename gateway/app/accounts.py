"""The accounts at aggregators of a gateway: one sender each, and the pages that aggregators call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack

from gateway.app.numbers import Numbers
from gateway.console.status import Part
from gateway.core.doors import Doors
from gateway.core.ports import InboundSms
from gateway.sms.account import account_of
from gateway.sms.africastalking import AfricasTalking
from gateway.sms.kannel import Kannel
from gateway.sms.routes import SmsRoutes
from gateway.sms.sender import AggregatorSender
from gateway.sms.twilio import Twilio
from gateway.sms.wire import Wire
from gateway.telemetry import Metrics

_WIRES: Mapping[str, Wire] = {wire.kind: wire for wire in (AfricasTalking(), Twilio(), Kannel())}


class Accounts:
    """senders: those that texts leave by."""

    def __init__(self, numbers: Numbers, metrics: Metrics) -> None:
        self._metrics = metrics
        self.senders = [
            AggregatorSender(account_of(one, numbers.of_account(one.numbers)), _WIRES[one.kind], metrics)
            for one in numbers.config.aggregators
        ]

    def up(self) -> Mapping[str, bool]:
        """Which takes texts now."""
        return {f"aggregator {one.name}": one.ready for one in self.senders}

    def parts(self) -> Sequence[Part]:
        """What the status page says of each."""
        return [Part(f"Aggregator {one.name}", one.account.kind, one.ready) for one in self.senders]

    def routes(self, inbound: InboundSms, doors: Doors, host: str) -> Sequence[SmsRoutes]:
        """The pages that aggregators call; none without an account."""
        return [SmsRoutes(self.senders, inbound, doors, self._metrics, host)] if self.senders else []

    async def open(self, stack: AsyncExitStack) -> None:
        """Let texts go by them."""
        for sender in self.senders:
            await sender.start()
            stack.push_async_callback(sender.stop)
