"""Who stands before a page, and what was asked for them already."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from flows.records import Subscriber
from flows.session import Session
from flows.texts import Voice
from flows.values import Wallet
from gateway.core.facts import Facts
from gateway.core.pricing import Standing


@dataclass(slots=True)
class Need:
    """The facts of one page, for one person. The wallet is asked for at most once.

    standing: what costs this person less than the list.
    """

    at: datetime
    subscriber: Subscriber
    session: Session
    voice: Voice
    facts: Facts
    standing: Standing = field(default_factory=dict)
    _wallet: asyncio.Task[Wallet | None] | None = None

    async def wallet(self) -> Wallet | None:
        """Balance and buckets, or None where the charging system did not tell."""
        if self._wallet is None:
            self._wallet = asyncio.ensure_future(self.facts.wallet(self.subscriber.msisdn))
        return await self._wallet
