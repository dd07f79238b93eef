"""Commands that work on the store, also while a gateway runs on it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.config.tree import Config
from gateway.errors import ConfigError
from store.engine import database_file, open_engine
from store.errors import DatabaseUnusable, WriteFailed
from store.reader import Reader

Result = TypeVar("Result")
NO_DATABASE = "there is no such database; chasqui db upgrade makes it; which gateway is meant? give its --config"


def with_store(config: Config, run: Callable[[AsyncEngine, Reader], Awaitable[Result]]) -> Result:
    """The result of ``run`` on a database that is there; it is not migrated. Raises DatabaseUnusable, ConfigError."""
    file = database_file(config.store.url, config.folder)
    if not file.is_file():
        raise DatabaseUnusable(f"{file}: {NO_DATABASE}")

    async def opened() -> Result:
        async with AsyncExitStack() as stack:
            engine = open_engine(config.store.url, config.folder)
            stack.push_async_callback(engine.dispose)
            reader = Reader(engine)
            stack.push_async_callback(reader.stop)
            await reader.start()
            return await run(engine, reader)

    try:
        return asyncio.run(opened())
    except UnicodeEncodeError as error:
        raise ConfigError(f"{error.object!a}: is no UTF-8 text, so nothing is kept under it") from None
    except (SQLAlchemyError, sqlite3.Error, WriteFailed) as error:
        cause = error.__cause__ if isinstance(error, WriteFailed) else error
        reason = str(getattr(cause, "orig", None) or cause).splitlines()[0]
        hint = "; chasqui db upgrade makes it" if "no such table" in reason else ""
        raise DatabaseUnusable(f"{file}: {reason}{hint}") from None
