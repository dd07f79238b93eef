"""What a step needs to know, fetched under a deadline before it is taken."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from time import perf_counter

from flows.records import Subscriber
from flows.values import Msisdn, Wallet
from gateway.core.context import Context
from gateway.core.ports import Abilities, ChargingSystem
from gateway.core.together import Together
from gateway.errors import OcsError
from store import subscriptions

_LOG = logging.getLogger(__name__)


class Facts:
    """Subscribers from the store, wallets from the charging system.

    background: the charging system as it is asked for what nobody waits for; left out, the same.
    """

    def __init__(self, context: Context, ocs: ChargingSystem, background: ChargingSystem | None = None) -> None:
        self._context = context
        self._ocs = ocs
        self._background = background or ocs
        self._asked = Together(self.subscribers)

    @property
    def abilities(self) -> Abilities:
        """What the charging system can do beside selling a bundle."""
        return self._ocs.abilities

    async def subscribers(self, msisdns: Sequence[Msisdn]) -> dict[Msisdn, tuple[Subscriber, bytes | None]]:
        """Who holds these numbers now, with their usage; a number never seen gets a subscription."""
        known = await subscriptions.with_usage(self._context.reader, msisdns)
        missing = [msisdn for msisdn in msisdns if msisdn not in known]
        if missing:
            known.update(await self._begin(missing))
        return known

    async def _begin(self, msisdns: Sequence[Msisdn]) -> dict[Msisdn, tuple[Subscriber, bytes | None]]:
        """New subscriptions, in the market's first language; or whoever was quicker to open them."""
        at, language = self._context.clock(), self._context.market.languages[0]
        new = [subscriptions.begin(msisdn, language, at) for msisdn in msisdns]
        opened = await self._context.writer.commit_all(subscriptions.create(one, at) for one in new)
        begun: dict[Msisdn, tuple[Subscriber, bytes | None]] = {
            one.msisdn: (one, None) for one, fresh in zip(new, opened, strict=True) if fresh
        }
        late = [msisdn for msisdn in msisdns if msisdn not in begun]
        return {**begun, **(await subscriptions.with_usage(self._context.reader, late) if late else {})}

    async def subscriber(self, msisdn: Msisdn) -> Subscriber:
        """Who holds this number now."""
        found = await self._asked.get(msisdn)
        assert found is not None, "a number never seen gets a subscription"
        return found[0]

    async def wallets(self, msisdns: Sequence[Msisdn]) -> Mapping[Msisdn, Wallet | None]:
        """The wallets of these people, for whom nobody waits; None where the charging system did not tell in time."""
        answers = await asyncio.gather(*(self._wallet(self._background, msisdn) for msisdn in msisdns))
        return dict(zip(msisdns, answers, strict=True))

    async def wallet(self, msisdn: Msisdn) -> Wallet | None:
        """One wallet, for somebody who waits; or None."""
        return await self._wallet(self._ocs, msisdn)

    async def _wallet(self, ocs: ChargingSystem, msisdn: Msisdn) -> Wallet | None:
        started = perf_counter()
        try:
            return await ocs.wallet(msisdn)
        except OcsError as error:
            self._context.metrics.failures.labels("ocs-wallet").inc()
            _LOG.warning("no wallet from the charging system", extra={"code": error.code})
            return None
        finally:
            self._context.metrics.ocs_seconds.labels("wallet").observe(perf_counter() - started)
