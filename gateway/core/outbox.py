"""Where what was committed goes: texts, orders and screens, each to its own lane."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import assert_never

from flows.effects import ActivateBundle
from gateway.core.context import Context
from gateway.core.purchase_lane import PurchaseLane
from gateway.core.push_lane import PushLane
from gateway.core.sms_lane import SmsLane
from gateway.core.webhook_lane import WebhookLane
from gateway.telemetry import Metrics
from store import outbox
from store.push_rows import PushRow
from store.record import Due
from store.sms_rows import SmsRow
from store.webhook_rows import WebhookRow

_LOG = logging.getLogger(__name__)
_PAUSE, _LONGEST_PAUSE = 2.0, 60.0


class Lanes:
    """Carries out what effects ask for, after their commit.

    pause: seconds until what a lane does not take is handed to it again; twice as many each time, up to a minute.
    """

    def __init__(self, metrics: Metrics, pause: float = _PAUSE) -> None:
        self._metrics = metrics
        self._pause = pause
        self.sms: SmsLane | None = None
        self.purchases: PurchaseLane | None = None
        self.pushes: PushLane | None = None
        self.webhooks: WebhookLane | None = None

    def put(self, row: Due) -> None:
        """Hand what was committed to its lane; before the lanes are set it waits in the store for ``recover``.

        Raises nothing: whoever wrote the row must not think that it was not written.
        """
        self._try(row, self._pause)

    def _try(self, row: Due, pause: float) -> None:
        try:
            self._put(row)
        except Exception:
            self._metrics.failures.labels("hand_over").inc()
            _LOG.exception("what is committed was not taken by its lane, and is handed over again")
            asyncio.get_running_loop().call_later(pause, self._try, row, min(2 * pause, _LONGEST_PAUSE))

    def _put(self, row: Due) -> None:
        match row:
            case SmsRow():
                if self.sms is not None:
                    self.sms.put(row)
            case ActivateBundle():
                if self.purchases is not None:
                    self.purchases.put(row.order.key, row)
            case PushRow():
                if self.pushes is not None:
                    self.pushes.put(row)
            case WebhookRow():
                if self.webhooks is not None:
                    self.webhooks.put(row)
            case _:
                assert_never(row)

    def up(self) -> Mapping[str, bool]:
        """Whether the lanes that have tasks of their own go on."""
        return {"sms_lane": self.sms is not None and self.sms.running}

    async def recover(self, context: Context) -> int:
        """Take up what a stopped process left; how many texts and screens it had in hand, and how many orders."""
        assert self.sms is not None
        assert self.purchases is not None
        rows = await outbox.half_done(context.reader)
        for row in rows:
            if isinstance(row, SmsRow):
                await self.sms.recover(row)
            elif self.pushes is not None:
                await self.pushes.recover(row)
        self.sms.read_all()
        return len(rows) + await self.purchases.recover()
