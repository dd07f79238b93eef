"""A plain page that says what is running, what was said last, and what to try."""

from __future__ import annotations

import html
import re
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web
from prometheus_client import Counter

from flows.frozen import dataclass
from flows.masking import masked
from gateway.config.tree import PolicyConfig
from gateway.console import in_force
from gateway.console.listed_doors import Listed
from gateway.core.context import Context
from store import messages, offers, orders, outbox
from store.messages import Message

_SHOWN = 15
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"


_BREAKS = re.compile(r"([/:,])(?=[^/:])")
"""Where an address or a command may go on in the next line."""
_LONG = 40
"""Characters from which on a cell is wide even on a small screen."""


class _Markup(str):
    """A cell that is HTML already."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that runs, or should. detail: why it does not. link: what a browser gets of it; empty: nothing."""

    name: str
    where: str
    up: bool
    detail: str = ""
    link: str = ""


class StatusPage:
    """``GET /``. commands: title and shell line of things to try.

    policy: what it withholds is shown. local: only then are texts, doors and commands shown.
    """

    def __init__(
        self,
        context: Context,
        parts: Callable[[], Awaitable[Sequence[Part]]],
        commands: Callable[[], Sequence[tuple[str, str]]],
        doors: Sequence[Listed],
        policy: PolicyConfig,
        *,
        local: bool,
    ) -> None:
        self._context = context
        self._parts = parts
        self._commands = commands
        self._doors = doors
        self._policy = policy
        self._local = local

    def add_to(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_get("/", self._page)

    async def _page(self, request: web.Request) -> web.Response:
        reader = self._context.reader
        latest = await messages.latest(reader, _SHOWN) if self._local else ()
        figures = {
            "Offers open": await offers.count_open(reader),
            **{f"Orders {state}": count for state, count in (await orders.count_by_state(reader)).items()},
            **{
                f"Texts {state}": count
                for (kind, state), count in (await outbox.count_by_state(reader)).items()
                if kind == "sms"
            },
            "USSD hops since the start": _total(self._context.metrics.hops),
        }
        parts = [_part(part) for part in await self._parts()]
        stopped = in_force.rows(self._context.reach.in_force, self._policy)
        body = "".join(
            (
                _tabled("Running", ("Part", "State", "Where"), parts),
                _tabled("Stopped and held back", in_force.HEAD, stopped) if stopped else "",
                _tabled("Doors", ("Name", "Dialect", "Asks for"), self._doors) if self._local else "",
                _tabled("So far", ("What", "How many"), [(k, str(v)) for k, v in figures.items()]),
                _texts("Last messages", latest) if self._local else "",
                _section("Try it", _tries(self._commands())) if self._local else "",
            )
        )
        renewed = "renew" in request.query
        text = (
            _PAGE.replace("{market}", html.escape(self._context.market.name))
            .replace("{refresh}", _REFRESH if renewed else "")
            .replace("{renewing}", _STOP_RENEWING if renewed else _RENEW)
            .replace("{body}", body)
        )
        return web.Response(text=text, content_type="text/html", headers={"Content-Security-Policy": _POLICY})


def _part(part: Part) -> tuple[str, str, str]:
    down = _Markup(f"<strong>DOWN</strong> {html.escape(part.detail)}".strip())
    where = _breakable(part.where)
    linked = _Markup(f'<a href="{html.escape(part.link)}">{where}</a>') if part.link else where
    return part.name, "up" if part.up else down, linked


def _total(counter: Counter) -> int:
    """Whatever its labels."""
    return int(sum(one.value for found in counter.collect() for one in found.samples if one.name.endswith("_total")))


def _texts(title: str, latest: Sequence[Message]) -> str:
    if not latest:
        return _section(title, "<p>None yet: send a trigger with the first command below.</p>")
    rows = [
        (
            f"{one.created_at:%H:%M:%S}",
            "to phone" if one.direction == "out" else "from phone",
            masked(one.msisdn),
            one.text,
            one.state if one.reason is None else f"{one.state} ({one.reason})",
        )
        for one in latest
    ]
    return _tabled(title, ("Time (UTC)", "Way", "Number", "Text", "State"), rows)


def _tries(commands: Sequence[tuple[str, str]]) -> str:
    return "".join(f"<h3>{html.escape(title)}</h3><pre>{_breakable(line)}</pre>" for title, line in commands)


def _section(title: str, content: str) -> str:
    return f"<section><h2>{html.escape(title)}</h2>{content}</section>"


def _tabled(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A section with a table, which the keyboard can scroll where it is too wide."""
    header = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in head)
    body = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
    table = f"<table><thead><tr>{header}</tr></thead><tbody>{body}</tbody></table>"
    return _section(
        title, f'<div class="wide" tabindex="0" role="region" aria-label="{html.escape(title)}">{table}</div>'
    )


def _cell(cell: str) -> str:
    if isinstance(cell, _Markup):
        return f"<td>{cell}</td>"
    kind = ' class="long"' if len(cell) > _LONG else ""
    return f"<td{kind}>{html.escape(cell)}</td>"


def _breakable(text: str) -> _Markup:
    return _Markup(_BREAKS.sub(r"\1<wbr>", html.escape(text)))


_REFRESH = '<meta http-equiv="refresh" content="5">\n'
_RENEW = '<a href="/?renew">Renew this page every five seconds</a>'
_STOP_RENEWING = '<a href="/">Stop renewing this page</a>'
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{refresh}<title>Chasqui</title>
<style>
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 62rem; padding: 1.5rem; }
h1 { margin-bottom: 0; } h2 { margin: 2rem 0 .5rem; font-size: 1.15rem; } h3 { margin: 1rem 0 .25rem; font-size: 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; vertical-align: top; }
th, td { border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
pre { padding: .8rem; border-radius: .4rem; white-space: pre-wrap; overflow-wrap: anywhere; }
pre { background: color-mix(in srgb, currentColor 8%, transparent); }
.long { min-width: 13rem; }
.wide { overflow-x: auto; }
</style>
</head>
<body>
<main>
<h1>Chasqui</h1>
<p>USSD/SMS channel gateway, market {market}. {renewing}</p>
{body}
</main>
</body>
</html>
"""
