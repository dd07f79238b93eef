"""``chasqui consent``: check the chain of consent records, hand out a person's, erase what is personal in them."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from flows.values import SubscriptionId, parse_msisdn
from gateway.app import utc_now
from gateway.cli.configured import Commands, Words, add_config, load_config
from gateway.cli.consent_document import document
from gateway.cli.private_file import write_private
from gateway.cli.stored import with_store
from gateway.config.tree import Config
from gateway.errors import ConfigError
from store import consents, imsis, subscriptions
from store.consent_check import check
from store.consent_erasure import empty_log, erasure
from store.engine import database_file
from store.reader import Reader
from store.writer import Writer

_CLEAR_LINE = "\r\x1b[K"
_HASH = re.compile(r"[0-9a-f]{64}")


def add_to(commands: Commands, _words: Words) -> None:
    """Add the commands."""
    group = commands.add_parser("consent", help="records of consent").add_subparsers(
        title="commands", required=True, metavar="COMMAND"
    )
    verify = group.add_parser("verify", help="check the chain of records", description=_verify.__doc__)
    add_config(verify)
    verify.add_argument("--database", type=Path, metavar="FILE", help="this database, for example a copy")
    verify.add_argument("--expect-head", default="", metavar="HASH", help="a head noted earlier, still to be there")
    verify.set_defaults(run=_verify)
    export = group.add_parser("export", help="a person's records, as JSON", description=_export.__doc__)
    _add_person(export)
    export.add_argument("--out", type=Path, metavar="FILE", help="write it there (default: standard output)")
    export.set_defaults(run=_export)
    erase = group.add_parser("erase", help="make what is personal unreadable, for good", description=_erase.__doc__)
    _add_person(erase)
    erase.add_argument("--yes", action="store_true", help="do not ask")
    erase.set_defaults(run=_erase)


def _add_person(parser: argparse.ArgumentParser) -> None:
    add_config(parser)
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--msisdn", help="the number of whoever holds it now")
    who.add_argument("--subscription", metavar="ID", help="a subscription, also one that has ended")


def _verify(arguments: argparse.Namespace) -> int:
    """Check that no record was changed, removed or moved. Reads only. Exit status 1 names the first bad record."""
    expected = arguments.expect_head.strip().lower()
    if expected and not _HASH.fullmatch(expected):
        raise ConfigError("--expect-head must be the 64 hexadecimal digits of a head")
    file: Path = arguments.database or _file(load_config(arguments))
    verdict = check(file, expected, _show_progress if sys.stderr.isatty() else lambda records: None)
    if sys.stderr.isatty():
        print(_CLEAR_LINE, end="", file=sys.stderr, flush=True)
    if verdict.fault:
        print(verdict.fault)
        return 1
    records = "1 record" if verdict.records == 1 else f"{verdict.records} records"
    print(f"{records}, chain whole, head {verdict.head}")
    return 0


def _show_progress(records: int) -> None:
    print(f"{_CLEAR_LINE}{records} records read", end="", file=sys.stderr, flush=True)


def _export(arguments: argparse.Namespace) -> int:
    """A person's consent records as JSON, with the fields of ISO/IEC TS 27560 and of a Kantara consent receipt."""
    config = load_config(arguments)

    async def run(engine: AsyncEngine, reader: Reader) -> str:
        subscription = await _person(reader, arguments)
        views = await consents.of_subscription(reader, subscription)
        at = utc_now()
        sims = await imsis.of_subscription(reader, subscription, at)
        return json.dumps(document(subscription, views, sims, at), ensure_ascii=False, indent=2)

    text = with_store(config, run)
    if arguments.out is None:
        print(text)
        return 0
    write_private(arguments.out, f"{text}\n".encode())
    return 0


def _erase(arguments: argparse.Namespace) -> int:
    """Delete the key of a person's consent records, and which SIM was theirs. The records stay as proof; number,
    screens, answers and session in them can never be read again.
    """
    config = load_config(arguments)
    if not arguments.yes and not _sure():
        return 1

    async def run(engine: AsyncEngine, reader: Reader) -> tuple[bool, bool]:
        subscription = await _person(reader, arguments)
        writer = Writer(engine)
        writer.start()
        try:
            erased = await writer.commit(erasure(subscription, "operator", utc_now()))
        finally:
            await writer.stop()
        return erased, await empty_log(engine)

    erased, gone = with_store(config, run)
    print("erased" if erased else "nothing to erase: there is no key")
    if not gone:
        print("chasqui: the write-ahead log is in use and still holds the key; run it again later", file=sys.stderr)
    return 0 if gone else 1


def _sure() -> bool:
    if not sys.stdin.isatty():
        raise ConfigError("consent erase cannot be undone; add --yes to do it without being asked")
    return input("This cannot be undone. Erase? [y/N] ").strip().lower() in ("y", "yes")


def _file(config: Config) -> Path:
    return database_file(config.store.url, config.folder)


async def _person(reader: Reader, arguments: argparse.Namespace) -> SubscriptionId:
    """The subscription that is meant. Raises ConfigError when there is none."""
    if arguments.subscription is not None:
        found = await subscriptions.by_id(reader, SubscriptionId(arguments.subscription))
        if found is None:
            raise ConfigError("--subscription: there is none with this id")
        return found.id
    msisdn = parse_msisdn(arguments.msisdn)
    if msisdn is None:
        raise ConfigError("--msisdn must be an E.164 number, with or without +")
    known = await subscriptions.by_msisdn(reader, [msisdn])
    if msisdn not in known:
        raise ConfigError("--msisdn: nobody with this number has been seen")
    return known[msisdn].id
