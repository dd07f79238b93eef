"""Texts, wired: binds and accounts, the routes over them, and the lane that sends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack

from gateway.app.accounts import Accounts
from gateway.app.binds import Binds
from gateway.app.numbers import Numbers, routes_of
from gateway.app.peers import Peers
from gateway.console.status import Part
from gateway.core import traced
from gateway.core.context import Context
from gateway.core.doors import Doors
from gateway.core.leaving_from import LeavingFrom
from gateway.core.ports import InboundSms, SmsSender
from gateway.core.recalls import Recalls
from gateway.core.receipts import ReceiptDesk
from gateway.core.sms_lane import SmsLane
from gateway.sms.routes import SmsRoutes


class Texting:
    """lane: takes texts that are committed. recalls: asks about what an SMSC has. binds: also those of USSD.

    numbers: what texts leave from.
    """

    def __init__(
        self, context: Context, numbers: Numbers, peers: Peers, inbound: InboundSms, receipts: ReceiptDesk
    ) -> None:
        config = numbers.config
        numbers.warn(peers)
        self._inbound = inbound
        self.binds = Binds(peers, numbers, inbound, context.metrics)
        self._accounts = Accounts(numbers, context.metrics)
        out: Sequence[SmsSender] = (*self.binds.senders(), *self._accounts.senders)
        senders = [traced.sms_sender(context.traces, one) for one in out]
        routes = routes_of(config, senders)
        self.lane = SmsLane(context, senders, receipts, routes=routes)
        by_smsc = self.binds.by_smsc()
        self.recalls = Recalls(context, by_smsc, routes, receipts)
        self.numbers = LeavingFrom(by_smsc, routes)

    def up(self) -> Mapping[str, bool]:
        """Which binds and accounts are up now."""
        return {**self.binds.up(), **self._accounts.up()}

    def parts(self) -> Sequence[Part]:
        """What the status page says of each."""
        return [*self.binds.parts(), *self._accounts.parts()]

    def routes(self, doors: Doors, host: str) -> Sequence[SmsRoutes]:
        """The pages that aggregators call; none without an account."""
        return self._accounts.routes(self._inbound, doors, host)

    async def open(self, stack: AsyncExitStack) -> None:
        """Bind, and let texts go."""
        stack.push_async_callback(self.lane.drain)
        await self.binds.open_texts(stack)
        await self._accounts.open(stack)
        self.lane.start()
        stack.push_async_callback(self.lane.stop)
