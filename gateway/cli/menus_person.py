"""The facts of a person who is really there, read for a preview. Nothing is written."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from flows.menu_examples import example_facts
from flows.menu_vocabulary import starter_vocabulary
from flows.records import Subscriber
from flows.session import Session
from flows.values import Msisdn, parse_msisdn
from gateway.app import utc_now
from gateway.app.building import catalogue_of, context_of, market_of
from gateway.app.peers import Outside
from gateway.cli.stored import NO_DATABASE
from gateway.config.tree import Config, SmppConfig
from gateway.core.facts import Facts as CoreFacts
from gateway.core.menu_facts import MenuFacts
from gateway.core.ocs_traits import KeptTraits
from gateway.core.service_numbers import ServiceNumber
from gateway.errors import ConfigError
from gateway.telemetry import Metrics
from menus.table import CompiledMenu
from menus.values import Facts, Item, Place, Vocabulary
from store import subscriptions
from store.engine import database_file, open_engine
from store.errors import DatabaseUnusable
from store.reader import Reader
from store.writer import Writer

_SIMULATOR = "http://127.0.0.1:9200"
"""Where a gateway on this machine has its simulated charging system, if no other is configured."""
_MADE_BY_COMMANDS = ("order", "report")
_UNUSED_BIND = SmppConfig(name="unused", host="127.0.0.1", port=1, system_id="unused", source="1")


@dataclass(slots=True)
class Person:
    """Somebody who has a subscription. language: theirs, or the one that was asked for."""

    menu: CompiledMenu
    subscriber: Subscriber
    reads: MenuFacts
    runner: asyncio.Runner

    @property
    def language(self) -> str:
        return self.subscriber.language

    def likely(self, _vocabulary: Vocabulary, place: Place, language: str) -> Facts:
        """What the page at ``place`` needs, as it is now."""
        names = self.menu.facts_of(place.page)
        return self.runner.run(self._fetched(names, place, replace(self.subscriber, language=language)))

    async def _fetched(self, names: tuple[str, ...], place: Place, subscriber: Subscriber) -> Facts:
        session = Session(self.menu.id, self.menu.version, place)
        found = await self.reads.fetch(names, subscriber, session)
        missing = [name for name in _MADE_BY_COMMANDS if name in names and not found[name]]
        if not missing:
            return found
        # nothing is carried out here: what a command would have made is shown as an example
        examples = example_facts(starter_vocabulary(), place, subscriber.language)
        made = {name: examples[name] for name in missing}
        bought = await self.reads.fetch(("bundle", "balance"), subscriber, session)
        if "order" in made and isinstance(bought["bundle"], Item) and isinstance(bought["balance"], str):
            made["order"] = Item("order", {**bought["bundle"].fields, "balance": bought["balance"]})
        return {**found, **made}


@contextmanager
def somebody(config: Config, number: str, menu: CompiledMenu, language: str | None) -> Iterator[Person]:
    """Whoever holds ``number``. Raises ConfigError for a number that nobody has, DatabaseUnusable."""
    msisdn = parse_msisdn(number)
    if msisdn is None:
        raise ConfigError("--msisdn must be an E.164 number, with or without +")
    file = database_file(config.store.url, config.folder)
    if not file.is_file():
        raise DatabaseUnusable(f"{file}: {NO_DATABASE}")
    stack = AsyncExitStack()
    with asyncio.Runner() as runner:
        try:
            subscriber, reads = runner.run(_told(file.name, _open(stack, config, msisdn)))
            yield Person(menu, replace(subscriber, language=language or subscriber.language), reads, runner)
        finally:
            runner.run(stack.aclose())


async def _told(file: str, opening: Coroutine[Any, Any, tuple[Subscriber, MenuFacts]]) -> tuple[Subscriber, MenuFacts]:
    """What was opened. Raises DatabaseUnusable for a file that is no database of this version."""
    try:
        return await opening
    except (SQLAlchemyError, sqlite3.Error) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        hint = "; chasqui db upgrade makes it" if "no such" in reason else ""
        raise DatabaseUnusable(f"{file}: {reason}{hint}") from None


async def _open(stack: AsyncExitStack, config: Config, msisdn: Msisdn) -> tuple[Subscriber, MenuFacts]:
    engine = open_engine(config.store.url, config.folder)
    stack.push_async_callback(engine.dispose)
    reader = Reader(engine)
    stack.push_async_callback(reader.stop)
    await reader.start()
    known = await subscriptions.by_msisdn(reader, [msisdn])
    if msisdn not in known:
        raise ConfigError("--msisdn: nobody with this number has been seen")
    market, catalogue = market_of(config), catalogue_of(config)
    outside = replace(config, smpp=(_UNUSED_BIND,), ocs=replace(config.ocs, url=config.ocs.url or _SIMULATOR))
    writer = Writer(engine)  # never started: nothing can be written
    traits = partial(KeptTraits, reader=reader, writer=writer, clock=utc_now)
    peers = await Outside(stack, traits).open(outside, market, catalogue)
    context = context_of(
        config,
        market,
        catalogue,
        writer=writer,
        reader=reader,
        clock=utc_now,
        metrics=Metrics(),
        number=ServiceNumber(_UNUSED_BIND.source),
    )
    return known[msisdn], MenuFacts(context, CoreFacts(context, peers.ocs))
