"""The values that conditions of pages and options ask for. The names are those of ``flows.menu_vocabulary``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from flows.menu_vocabulary import SERVICES
from gateway.core.context import Context
from gateway.core.menu_need import Need
from gateway.core.pricing import at_price
from menus.guards import GuardValue
from store import offers


class MenuGuards:
    """Fetches guard values by name. Money is in minor units; None is what is not known."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known: Mapping[str, Callable[[Need], GuardValue]] = {
            "market": lambda _: context.market.code,
            "segment": lambda need: need.subscriber.segment,
            "circle": lambda need: need.subscriber.circle,
            "language": lambda need: need.subscriber.language,
            "alerts": lambda need: need.subscriber.alerts,
            "marketing": lambda need: bool(need.subscriber.marketing),
            "out_of_bundle": lambda need: need.subscriber.out_of_bundle,
            "arm": lambda need: need.session.arm,
            "price": self._price,
            **{f"can_{service}": partial(_offers_service, service) for service in SERVICES},
        }
        self._asked: Mapping[str, Callable[[Need], Awaitable[GuardValue]]] = {
            "balance": _balance,
            "has_bundle": _has_bundle,
            "has_offer": self._has_offer,
        }

    def asks(self, name: str) -> bool:
        """Whether somebody has to be asked for this value."""
        return name in self._asked

    def known(self, name: str, need: Need) -> GuardValue:
        """A value that is known already; None for one that is asked for."""
        return self._known[name](need) if name in self._known else None

    async def ask(self, name: str, need: Need) -> GuardValue:
        """A value that is asked for."""
        return await self._asked[name](need)

    def _price(self, need: Need) -> GuardValue:
        """Of the bundle that was chosen."""
        bundle = self._context.catalogue.get(need.session.place.chosen.get("bundle", ""))
        return at_price(bundle, need.standing).price.amount if bundle else None

    async def _has_offer(self, need: Need) -> GuardValue:
        return bool(await offers.open_of(self._context.reader, need.subscriber.id, need.at))


def _offers_service(service: str, need: Need) -> GuardValue:
    return service in need.facts.abilities.services


async def _balance(need: Need) -> GuardValue:
    wallet = await need.wallet()
    return wallet.balance.amount if wallet and wallet.balance else None


async def _has_bundle(need: Need) -> GuardValue:
    wallet = await need.wallet()
    return None if wallet is None else any(bucket.runs_at(need.at) for bucket in wallet.buckets)
