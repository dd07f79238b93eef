"""chasqui orders reconcile, report, settle: what we and the charging system do not tell alike, and what is done."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.app import utc_now
from gateway.app.building import catalogue_of, market_of
from gateway.app.charging import charging_system
from gateway.cli.author import system_user
from gateway.cli.configured import Commands, add_config, load_config
from gateway.cli.stored import with_store
from gateway.config.tree import Config
from gateway.core import discrepancy_views as views
from gateway.core.ocs_traits import KeptTraits, name_of
from gateway.core.ports import ChargingSystem
from gateway.core.reconciling import Period, Reconciler, yesterday
from gateway.core.settling import Decision, SettlingDesk
from gateway.errors import ConfigError, OrdersProblem, StatementUnreadable
from gateway.ocs.statement import charges
from store import reconciliations
from store.reader import Reader
from store.reconciliations import Discrepancy, Run
from store.statement_table import StatementTable
from store.writer import Writer

Result = TypeVar("Result")
_CLEAR_LINE = "\r\x1b[K"
_LONGEST_AUTHOR, _MOST_WORDS, _LONGEST_REFERENCE = 60, 500, 120
_PAGE = 500
_BAR = 30
_ENDS: Mapping[Decision, str] = {"confirm": "confirmed", "decline": "declined", "refund": "refunded"}
_TAKEN_UP = "a running gateway does it within seconds, else the next start"


def add_to(group: Commands) -> None:
    """Add the commands."""
    reconcile = group.add_parser("reconcile", help="compare with the charging system", description=_reconcile.__doc__)
    whole = "a day of the market, or a time with its zone"
    reconcile.add_argument("--from", dest="starts", metavar="DAY", help=f"{whole} (default: yesterday)")
    reconcile.add_argument(
        "--to", dest="ends", metavar="DAY", help="the last day, or a time that is not in it any more"
    )
    reconcile.add_argument(
        "--statement", type=Path, metavar="FILE", help="compare with this CSV file instead of asking"
    )
    reconcile.add_argument("--by", metavar="NAME", help="who (default: the system's user)")
    _shown(reconcile, _reconcile)
    report = group.add_parser("report", help="what a reconciliation found", description=_report.__doc__)
    report.add_argument("id", nargs="?", default="", metavar="ID", help="default: the newest")
    _shown(report, _report)
    settle = group.add_parser("settle", help="decide on what does not add up", description=_settle.__doc__)
    settle.add_argument("which", metavar="ID", help="of a discrepancy, or the key of an order that needs a person")
    how = settle.add_mutually_exclusive_group()
    how.add_argument("--confirm", action="store_true", help="it was charged and granted")
    how.add_argument("--decline", action="store_true", help="it was not charged")
    how.add_argument("--refund", action="store_true", help="it was charged: give the price, or the excess, back")
    settle.add_argument("--reference", default="", metavar="REF", help="with --confirm: the charging system's own id")
    settle.add_argument("--note", required=True, metavar="TEXT", help="on what evidence; it is kept")
    settle.add_argument("--by", metavar="NAME", help="who (default: the system's user)")
    add_config(settle)
    settle.set_defaults(run=_settle)


def _shown(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    parser.add_argument("--full", action="store_true", help="with whole numbers")
    parser.add_argument("--json", action="store_true")
    add_config(parser)
    parser.set_defaults(run=run)


def _reconcile(arguments: argparse.Namespace) -> int:
    """Compare the orders of a period with the charging system: ask it about each, gently, or hold its statement (CSV:
    key, msisdn, at, amount or amount_major, currency, reference) against them. Exit status 1 when something does not
    add up.
    """
    config = load_config(arguments)
    zone = market_of(config).time_zones[0]
    period, author = _period(arguments, zone), _author(arguments)

    async def run(reader: Reader, writer: Writer) -> tuple[Run, list[Discrepancy]]:
        reconciler = Reconciler(reader, writer, utc_now)
        if arguments.statement:
            done = await _compared(arguments.statement, config, reconciler, period, author)
        else:
            done = await _asked(_charging_system(config, reader, writer), config, reconciler, period, author)
        return done, await _all_of(reader, done)

    found = _with_writer(config, run)
    _progress("", 0)
    _print(*found, arguments)
    return 1 if any(one.settled_at is None for one in found[1]) else 0


def _charging_system(config: Config, reader: Reader, writer: Writer) -> ChargingSystem:
    """The configured one. Raises ConfigError."""
    url = config.ocs.url
    if not url:
        raise ConfigError("ocs.url is missing: the simulator inside a gateway cannot be asked from here")
    traits = KeptTraits(name_of(config.ocs.kind, url), reader, writer, utc_now)
    return charging_system(config.ocs, url, market_of(config), catalogue_of(config), traits)


async def _asked(ocs: ChargingSystem, config: Config, reconciler: Reconciler, period: Period, author: str) -> Run:
    try:
        if ocs.can_be_asked and not await ocs.answers():
            raise OrdersProblem("the charging system does not answer; nothing was compared")
        rate, all_of = config.reconciliation.per_second, await reconciler.count(period)
        return await reconciler.ask(
            period, ocs, per_second=rate, author=author, progress=lambda n: _progress("orders asked about", n, all_of)
        )
    finally:
        await ocs.close()


async def _compared(file: Path, config: Config, reconciler: Reconciler, period: Period, author: str) -> Run:
    with StatementTable() as table:
        for lines in table.load(charges(_lines(file), file.name, market_of(config).currency)):
            _progress("lines read", lines)
        return await reconciler.compare(
            period, table, file.name[:200], author=author, progress=lambda n: _progress("orders compared", n)
        )


def _lines(file: Path) -> Iterator[str]:
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            yield from opened
    except OSError as error:
        raise StatementUnreadable(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise StatementUnreadable(f"{file}: is no UTF-8 text") from None


def _report(arguments: argparse.Namespace) -> int:
    """Show a reconciliation and what it found, with the ways to settle each."""

    async def run(engine: AsyncEngine, reader: Reader) -> tuple[Run, list[Discrepancy]]:
        newest = await reconciliations.latest(reader, 1)
        found = await reconciliations.by_id(reader, arguments.id) if arguments.id else next(iter(newest), None)
        if found is None:
            raise OrdersProblem(
                f"{arguments.id or 'report'}: there is no such reconciliation; chasqui orders reconcile"
            )
        return found, await _all_of(reader, found)

    _print(*with_store(load_config(arguments), run), arguments)
    return 0


def _settle(arguments: argparse.Namespace) -> int:
    """Decide on what does not add up. --confirm and --decline settle the order by the purchase machine, which tells the
    subscriber; --refund gives its price back once, or what was charged beyond it; a note alone closes a discrepancy
    that was put right elsewhere. Who, what and why stand in the audit.
    """
    author, note = _author(arguments), " ".join(arguments.note.split())
    if not 0 < len(note) <= _MOST_WORDS or not note.isprintable():
        raise OrdersProblem(f"--note must be a text of at most {_MOST_WORDS} characters")
    reference = arguments.reference.strip()
    if len(reference) > _LONGEST_REFERENCE or not reference.isprintable() or (reference and not arguments.confirm):
        raise OrdersProblem(f"--reference goes with --confirm and has at most {_LONGEST_REFERENCE} characters")
    decision = next((one for one in _ENDS if getattr(arguments, one)), None)

    async def run(reader: Reader, writer: Writer) -> str:
        desk = SettlingDesk(reader, writer, utc_now)
        if decision is None:
            await desk.close(arguments.which, note=note, author=author)
            return f"{arguments.which} is closed"
        key = await desk.decide(arguments.which, decision, reference=reference, note=note, author=author)
        return f"{key} is to be {_ENDS[decision]}; {_TAKEN_UP}"

    print(_with_writer(load_config(arguments), run))
    return 0


def _with_writer(config: Config, work: Callable[[Reader, Writer], Awaitable[Result]]) -> Result:
    async def run(engine: AsyncEngine, reader: Reader) -> Result:
        writer = Writer(engine)
        writer.start()
        try:
            return await work(reader, writer)
        finally:
            await writer.stop()

    return with_store(config, run)


async def _all_of(reader: Reader, run: Run) -> list[Discrepancy]:
    found: list[Discrepancy] = []
    while page := await reconciliations.of_run(reader, run.id, _PAGE, found[-1].id if found else None):
        found += page
    return found


def _print(run: Run, found: list[Discrepancy], arguments: argparse.Namespace) -> None:
    if arguments.json:
        items = [views.discrepancy(one, full=arguments.full) for one in found]
        print(json.dumps({**views.run(run), "items": items}, ensure_ascii=False, indent=2))
        return
    counts = run.counts
    against = (
        f"statement {run.statement}, {counts.charges} charges" if run.kind == "statement" else "the charging system"
    )
    state = "" if run.ended_at else " (not finished)"
    print(
        f"reconciliation {run.id}{state}: orders from {run.starts_at:%F %R} to {run.ends_at:%F %R} UTC with {against}"
    )
    print(
        f"{counts.orders} orders: {counts.agreed} agree, {counts.left_out} left out, "
        f"{counts.unanswered} without an answer; {len(found)} discrepancies"
    )
    for one in found:
        print(_line(views.discrepancy(one, full=arguments.full)))


def _line(view: dict[str, Any]) -> str:
    if view["settled_at"]:
        end = f"settled ({view['settlement']}, by {view['settled_by']}: {view['note']})"
    else:
        ways = " | ".join("--note" if way == "note" else f"--{way}" for way in view["ways"])
        end = f"chasqui orders settle {view['id']} {ways}"
    ours, theirs = view["evidence"].get("ours"), view["evidence"].get("theirs")
    we = f"we: {ours['state']} {ours['amount']} {ours['currency']}" if ours else "we: no order"
    return f"{view['kind']:<9} {view['order'] or '-'} {view['msisdn']}  {we}  they: {_theirs(theirs)}  {end}"


def _theirs(theirs: Any) -> str:
    if isinstance(theirs, dict):
        return f"charged {theirs['reference']}" if theirs["charged"] else theirs["detail"] or "not charged"
    return ", ".join(f"{one['amount']} {one['currency']} {one['reference']}".strip() for one in theirs) or "nothing"


def _period(arguments: argparse.Namespace, zone: tzinfo) -> Period:
    if not arguments.starts and not arguments.ends:
        return yesterday(utc_now(), zone)
    if not arguments.starts or not arguments.ends:
        raise OrdersProblem("--from and --to go together")
    period = Period(_instant("--from", arguments.starts, zone, 0), _instant("--to", arguments.ends, zone, 1))
    if period.ends <= period.starts:
        raise OrdersProblem("--to is before --from")
    return period


def _instant(option: str, text: str, zone: tzinfo, days: int) -> datetime:
    """A time, or the beginning of a day of the market so many days later."""
    try:
        found = datetime.fromisoformat(text)
        if len(text) <= len("2026-11-24"):
            day = found.date() + timedelta(days=days)
            return datetime.combine(day, time(), zone).astimezone(UTC)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise OrdersProblem(f"{option}: {text!r} is neither a day such as 2026-11-24 nor a time with its zone")


def _author(arguments: argparse.Namespace) -> str:
    author: str = arguments.by or system_user()
    if not author.isprintable() or not 0 < len(author) <= _LONGEST_AUTHOR:
        raise OrdersProblem(f"--by has at most {_LONGEST_AUTHOR} characters")
    return author


def _progress(what: str, done: int, of: int = 0) -> None:
    """How far long work is, on a terminal alone; a bar where it is known how much there is."""
    if not sys.stderr.isatty():
        return
    bar = f"[{'#' * min(_BAR, done * _BAR // of):<{_BAR}}] " if of else ""
    print(f"{_CLEAR_LINE}{bar}{f'{done} {what}' if what else ''}", end="", file=sys.stderr, flush=True)
