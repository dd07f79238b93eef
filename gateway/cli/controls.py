"""chasqui controls: stops, blackouts, test numbers and dry run, in force within a second and kept over restarts."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.app import utc_now
from gateway.cli.author import system_user
from gateway.cli.configured import Commands, Words, add_config, load_config
from gateway.cli.number_lists import wishes_of
from gateway.cli.stored import with_store
from gateway.core.control_desk import MOST_WORDS, ControlDesk, TakenBack, Wish, checked, period
from gateway.errors import BadControl
from store.controls import Control, Kind
from store.reader import Reader
from store.writer import Writer

Result = TypeVar("Result")
_IN_FORCE = "a running gateway takes it up within a second"
_LONGEST_AUTHOR = 60
_WHAT = "everything, marketing, or campaign:NAME"


def add_to(commands: Commands, _words: Words) -> None:
    """Add the commands."""
    group = commands.add_parser("controls", help="stop, hold back, restrict", description=__doc__)
    controls = group.add_subparsers(title="commands", required=True, metavar="COMMAND")
    shown = controls.add_parser("list", help="what is set", description=_list.__doc__)
    shown.add_argument("--numbers", action="store_true", help="also each number of blackout and test lists")
    add_config(shown)
    shown.set_defaults(run=_list)
    stop = controls.add_parser("stop", help="let nothing of this out", description=_stop.__doc__)
    stop.add_argument("what", metavar="WHAT", help=_WHAT)
    stop.add_argument("--from", dest="starts_at", type=_instant, metavar="TIME", help="ISO 8601 (default: at once)")
    stop.add_argument("--until", dest="ends_at", type=_instant, metavar="TIME", help="ISO 8601 (default: for good)")
    _signed(stop, _stop)
    resume = controls.add_parser("resume", help="take a stop back", description=_resume.__doc__)
    resume.add_argument("what", metavar="WHAT", help=_WHAT)
    resume.add_argument("--scheduled", action="store_true", help="also those that are still to begin")
    _signed(resume, _resume)
    for kind, text, run in (
        ("blackout", "who gets nothing that they did not ask for", _blackout),
        ("test", "who alone is contacted and charged", _test),
    ):
        numbers = controls.add_parser(kind, help=text, description=run.__doc__)
        numbers.add_argument("numbers", nargs="*", metavar="MSISDN", help="with or without +")
        numbers.add_argument("--file", type=Path, help="a number a line; # begins a remark")
        numbers.add_argument("--remove", action="store_true", help="take them off the list")
        _signed(numbers, run)
    dry_run = controls.add_parser("dry-run", help="everything but sending and charging", description=_dry_run.__doc__)
    dry_run.add_argument("state", choices=("on", "off"))
    _signed(dry_run, _dry_run)


def _signed(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    parser.add_argument("--message", default="", metavar="TEXT", help="why; it is kept")
    parser.add_argument("--author", metavar="NAME", help="who (default: the system's user)")
    add_config(parser)
    parser.set_defaults(run=run)


def _list(arguments: argparse.Namespace) -> int:
    """Show what is set, by whom and why. Numbers are counted, and named with --numbers alone."""
    found, now = _at(arguments, ControlDesk.all), utc_now()
    named = [one for one in found if one.kind in ("stop", "dry_run") or arguments.numbers]
    for one in named:
        print(f"{one.kind:<9} {one.value:<24} {_state(one, now):<52} {one.author}: {one.message}".rstrip(": "))
    for kind in ("blackout", "test"):
        count = sum(one.kind == kind for one in found)
        if count and not arguments.numbers:
            print(f"{kind:<9} {count} {'number' if count == 1 else 'numbers'}")
    if not found:
        print("nothing is stopped, nobody is held back")
    return 0


def _stop(arguments: argparse.Namespace) -> int:
    """Let nothing of this out. Marketing: no offer leaves, also none beside an alert; alerts go alone. Everything: no
    text, no screen, no charge. What waits goes once the stop is taken back or over, if it still makes sense then.
    """
    wish = checked("stop", arguments.what, arguments.starts_at, arguments.ends_at)

    async def stop(desk: ControlDesk) -> Sequence[Control]:
        before = [one for one in await desk.periods("stop", wish.value) if one.starts_at == wish.starts_at]
        await desk.put([wish], *_signature(arguments))
        return [one for one in before if one.ends_at != wish.ends_at and not one.over(utc_now())]

    instead = "".join(f", instead of{period(None, one.ends_at) or ' for good'}" for one in _at(arguments, stop))
    print(f"{arguments.what} is stopped{period(wish.starts_at, wish.ends_at)}{instead}; {_IN_FORCE}")
    return 0


def _resume(arguments: argparse.Namespace) -> int:
    """Take back the stop that is in force: what waits and still makes sense goes. One that is still to begin stays,
    and is told.
    """
    done = _take_back(arguments, [checked("stop", arguments.what)], scheduled=arguments.scheduled)
    stays = f"; it is stopped again{_periods(done.stay)} (--scheduled takes that back, too)" if done.stay else ""
    print(f"{arguments.what} goes on; {_IN_FORCE}{stays}")
    return 0


def _blackout(arguments: argparse.Namespace) -> int:
    """Send these numbers nothing that they did not ask for: no alert, no offer, no screen. Their questions and
    purchases are answered.
    """
    return _numbers(arguments, "blackout", "on the blackout list: nothing goes there unasked", "off the blackout list")


def _test(arguments: argparse.Namespace) -> int:
    """Contact and charge these numbers alone, beside policy.test_msisdns of the configuration. With the last number
    removed everybody is contacted.
    """
    return _numbers(arguments, "test", "on the test list: nobody else is contacted or charged", "off the test list")


def _dry_run(arguments: argparse.Namespace) -> int:
    """Do everything but send and charge: texts are kept as suppressed, orders are refused."""
    wish = checked("dry_run", "on")
    if arguments.state == "on":
        _at(arguments, lambda desk: desk.put([wish], *_signature(arguments)))
    else:
        _take_back(arguments, [wish])
    print(f"dry run is {arguments.state}; {_IN_FORCE}")
    return 0


def _numbers(arguments: argparse.Namespace, kind: Kind, added: str, removed: str) -> int:
    wishes = list(dict.fromkeys(wishes_of(kind, arguments.numbers, arguments.file)))
    if not wishes:
        raise BadControl("no number is given; name some, or a --file with one a line")
    if arguments.remove:
        _take_back(arguments, wishes)
    else:
        _at(arguments, lambda desk: desk.put(wishes, *_signature(arguments)))
    counted = f"{len(wishes)} {'number' if len(wishes) == 1 else 'numbers'}"
    print(f"{counted} {removed if arguments.remove else added}; {_IN_FORCE}")
    return 0


def _take_back(arguments: argparse.Namespace, wishes: Sequence[Wish], *, scheduled: bool = True) -> TakenBack:
    """Take them back. Raises BadControl if none of them is there to be."""
    named = {(one.kind, one.value) for one in wishes}

    async def take_back(desk: ControlDesk) -> TakenBack:
        found = [one for one in await desk.all() if (one.kind, one.value) in named]
        return await desk.take_back(found, *_signature(arguments), scheduled=scheduled)

    done = _at(arguments, take_back)
    if not done.gone and done.stay:
        raise BadControl(f"it is not in force; --scheduled takes back what is set{_periods(done.stay)}")
    if not done.gone:
        raise BadControl("it is not set; chasqui controls list tells what is")
    return done


def _at(arguments: argparse.Namespace, work: Callable[[ControlDesk], Awaitable[Result]]) -> Result:
    async def run(engine: AsyncEngine, reader: Reader) -> Result:
        writer = Writer(engine)
        writer.start()
        try:
            return await work(ControlDesk(reader, writer, utc_now))
        finally:
            await writer.stop()

    return with_store(load_config(arguments), run)


def _signature(arguments: argparse.Namespace) -> tuple[str, str]:
    author, message = arguments.author or system_user(), " ".join(arguments.message.split())
    if not author.isprintable() or len(author) > _LONGEST_AUTHOR or len(message) > MOST_WORDS:
        raise BadControl(f"--author has at most {_LONGEST_AUTHOR} characters, --message {MOST_WORDS}")
    return author, message


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 2026-12-24T18:00-05:00") from None
    raise argparse.ArgumentTypeError(f"{text!r} has no time zone; add one, such as Z or -05:00")


def _state(one: Control, now: datetime) -> str:
    if one.over(now):
        return "over"
    if one.scheduled(now):
        return period(one.starts_at, one.ends_at).strip()
    return period(None, one.ends_at).strip() or "in force"


def _periods(these: Sequence[Control]) -> str:
    return ",".join(period(one.starts_at, one.ends_at) for one in these)
