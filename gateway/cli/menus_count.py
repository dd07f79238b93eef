"""``chasqui menus count``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

from gateway.cli import menu_files
from gateway.cli.configured import Commands
from gateway.errors import GatewayError
from gateway.smpp.text import TextTooLong, encode
from menus.counting import Count, Sign, count

_NOT_UTF8 = "the text is not UTF-8; write it as UTF-8"
_ON_SCREENS = "a text by SMS moves to UCS-2; a menu's screen shows ? instead, unless its page or door is ucs2"
_ROOM = {"gsm7": 182, "ucs2": 80}
_UNITS = {"gsm7": "septet", "ucs2": "unit"}
_NAMES = {"gsm7": "GSM-7", "ucs2": "UCS-2"}


def add_to(group: Commands) -> None:
    """Add the command."""
    counter = group.add_parser("count", help="the room that a text takes", description=_count.__doc__)
    counter.add_argument("text", metavar="TEXT", help="the text; '-' reads it from standard input")
    counter.add_argument("--lang", default="", metavar="LANGUAGE", help="whose spellings are used, such as hu")
    counter.set_defaults(run=_count)


def _count(arguments: argparse.Namespace) -> int:
    """Count a text as a phone does: in septets, or in UCS-2 units if a character needs it, which is named. Names in
    braces count as they are written, not as what they stand for.
    """
    text = _read() if arguments.text == "-" else arguments.text
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise GatewayError(_NOT_UTF8)
    menu_files.print_lines(_told(count(text, arguments.lang)))
    return 0


def _read() -> str:
    """Standard input, without the line end of a file. Raises GatewayError."""
    try:
        return sys.stdin.read().removesuffix("\n")
    except UnicodeDecodeError:
        raise GatewayError(_NOT_UTF8) from None


def _told(found: Count) -> Iterator[str]:
    size = menu_files.counted(found.size, _UNITS[found.charset])
    left = _ROOM[found.charset] - found.size
    fits = f"{left} of a screen of {_ROOM[found.charset]} left" if left >= 0 else f"{-left} too many for one screen"
    yield f"{size} in {_NAMES[found.charset]}: {fits}; {_messages(found.sent)}"
    yield from (f"{_where(sign)} forces UCS-2" for sign in found.forcing)
    if found.forcing:
        yield _ON_SCREENS
    yield from (f"{_where(sign)}, {f'sent as {sign.sent}' if sign.sent else 'left out'}" for sign in found.replaced)
    yield from (f"{_where(sign)}, costs two septets" for sign in found.doubled)


def _where(sign: Sign) -> str:
    shown = f"{sign.char} " if sign.char.isprintable() and not sign.char.isspace() else ""
    return f"{shown}at {sign.at}: {sign.name}"


def _messages(sent: str) -> str:
    """How many texts it would be."""
    try:
        parts: Sequence[bytes] = encode(sent, 0).parts
    except TextTooLong as error:
        raise GatewayError(f"as an SMS: {error}") from None
    return f"{len(parts)} SMS"
