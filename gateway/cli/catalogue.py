"""chasqui catalogue: bundles that were proposed, and a person's word on each."""

from __future__ import annotations

import argparse
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from flows.catalogue import Bundle, parse_catalogue
from flows.catalogue_drafts import fit_to_sell, respelled
from gateway.app import utc_now
from gateway.app.approved_bundles import add_approved
from gateway.app.building import catalogue_of, market_of
from gateway.cli.author import system_user
from gateway.cli.configured import Commands, Words, add_config, load_config
from gateway.cli.stored import with_store
from gateway.config.tree import Config
from gateway.core.draft_desk import DraftDesk
from gateway.errors import ConfigError, DraftProblem
from locales.formats import money
from store.catalogue_drafts import Draft
from store.reader import Reader
from store.writer import Writer

Result = TypeVar("Result")
_LONGEST_AUTHOR, _MOST_WORDS = 60, 500


def add_to(commands: Commands, _words: Words) -> None:
    """Add the commands."""
    group = commands.add_parser("catalogue", help="bundles that were proposed", description=__doc__)
    kinds = group.add_subparsers(title="commands", required=True, metavar="COMMAND")
    drafts = kinds.add_parser("drafts", help="list, show, approve, reject", description=__doc__)
    actions = drafts.add_subparsers(title="commands", required=True, metavar="COMMAND")
    listed = actions.add_parser("list", help="drafts, newest first", description=_list.__doc__)
    listed.add_argument("--all", action="store_true", help="also those that were decided on")
    listed.add_argument("--json", action="store_true")
    _configured(listed, _list)
    shown = actions.add_parser("show", help="one draft", description=_show.__doc__)
    shown.add_argument("draft", metavar="DRAFT", help="its id, or its bundle's")
    shown.add_argument("--yaml", action="store_true", help="the bundle alone, to be changed and approved --from a file")
    _configured(shown, _show)
    approve = actions.add_parser("approve", help="put it on sale", description=_approve.__doc__)
    approve.add_argument("draft", metavar="DRAFT", help="its id, or its bundle's")
    approve.add_argument("--from", dest="source", type=Path, metavar="FILE", help="the bundle as it is in this file")
    approve.add_argument("--note", default="", metavar="TEXT", help="why; it is kept")
    _signed(approve, _approve)
    reject = actions.add_parser("reject", help="it is not wanted", description=_reject.__doc__)
    reject.add_argument("draft", metavar="DRAFT", help="its id, or its bundle's")
    reject.add_argument("--note", required=True, metavar="TEXT", help="why; it is kept")
    _signed(reject, _reject)


def _signed(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    parser.add_argument("--by", metavar="NAME", help="who (default: the system's user)")
    _configured(parser, run)


def _configured(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    add_config(parser)
    parser.set_defaults(run=run)


def _list(arguments: argparse.Namespace) -> int:
    """Show what was proposed and nobody has decided on."""
    found = at_desk(load_config(arguments), DraftDesk.all)
    drafts = [one for one in found if arguments.all or one.state == "open"]
    if arguments.json:
        print(json.dumps([_document(one) for one in drafts], ensure_ascii=False, indent=2))
        return 0
    for one in drafts:
        bundle = _bundle(one)
        price = money(bundle.price.amount, bundle.price.currency, "en")
        print(
            f"{one.id}  {one.state:<8}  {one.mark:<32}  {price:>12}  {bundle.name('en')}  ({one.author}, {one.at:%F})"
        )
    if not drafts:
        print("no draft waits; chasqui score combos --drafts proposes some")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    """Show a draft, and what speaks for it."""
    draft = at_desk(load_config(arguments), lambda desk: desk.named(arguments.draft))
    if arguments.yaml:
        print(draft.body, end="")
        return 0
    print(f"{draft.mark}, {draft.state}; proposed by {draft.author} on {draft.at:%F %R} UTC, id {draft.id}")
    if draft.decided_at is not None:
        print(f"{draft.state} by {draft.decided_by} on {draft.decided_at:%F %R} UTC: {draft.note}".rstrip(": "))
    print(f"\n{draft.body}\n{json.dumps(dict(draft.evidence), ensure_ascii=False, indent=2)}")
    return 0


def _approve(arguments: argparse.Namespace) -> int:
    """Put a draft on sale: as it is, or as it is in a file that was made of show --yaml and changed. It is written to
    the file that catalogue.approved names, which gateways read when they start. Approving again what was approved
    writes it there again, if it is missing.
    """
    config, author, note = load_config(arguments), author_of(arguments), _note(arguments)
    changed = _changed(arguments.source)

    async def run(desk: DraftDesk) -> Draft:
        draft = await desk.named(arguments.draft)
        if draft.state != "approved" or changed:
            body = changed or draft.body
            fit_to_sell(body, str(arguments.source or draft.mark), market_of(config).currency, catalogue_of(config))
            await desk.approve(draft, body, author, note)
        return await desk.named(arguments.draft)

    _require_place(config)
    draft = at_desk(config, run)
    bundle = _bundle(draft)
    print(f"{bundle.id} is approved, and in {add_approved(config, draft.body)}; gateways sell it from their next start")
    for warning in _warnings(bundle, config):
        print(f"  {warning}")
    return 0


def _reject(arguments: argparse.Namespace) -> int:
    """Say that a draft is not wanted. The same plan is not proposed again."""
    author, note = author_of(arguments), _note(arguments)

    async def run(desk: DraftDesk) -> Draft:
        draft = await desk.named(arguments.draft)
        await desk.reject(draft, author, note)
        return draft

    print(f"{at_desk(load_config(arguments), run).mark} is rejected")
    return 0


def at_desk(config: Config, work: Callable[[DraftDesk], Awaitable[Result]]) -> Result:
    """The result of ``work`` on the configured store. Raises GatewayError, StoreError."""

    async def run(engine: AsyncEngine, reader: Reader) -> Result:
        writer = Writer(engine)
        writer.start()
        try:
            return await work(DraftDesk(reader, writer, utc_now))
        finally:
            await writer.stop()

    return with_store(config, run)


def _bundle(draft: Draft) -> Bundle:
    return parse_catalogue(draft.body, draft.mark).bundles[0]


def _changed(source: Path | None) -> str:
    if source is None:
        return ""
    try:
        return respelled(source.read_text(encoding="utf-8"), str(source))
    except OSError as error:
        raise ConfigError(f"{source}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{source}: is not UTF-8; save it as UTF-8") from None


def _require_place(config: Config) -> None:
    if not config.catalogue.approved:
        raise ConfigError("catalogue.approved must name a file, such as approved-bundles.yaml")


def _warnings(bundle: Bundle, config: Config) -> list[str]:
    said = []
    if not bundle.margin:
        said.append("its margin is 0: it is offered after everything else until the file says otherwise")
    if config.ocs.kind != "simulator" and config.ocs.kind not in bundle.ocs:
        said.append(f"ocs.{config.ocs.kind} is not told: the charging system may not know what to grant")
    return said


def _document(draft: Draft) -> dict[str, Any]:
    return {
        "id": draft.id,
        "bundle": draft.mark,
        "state": draft.state,
        "body": draft.body,
        "evidence": dict(draft.evidence),
        "author": draft.author,
        "at": draft.at.isoformat(),
        "decided_by": draft.decided_by,
        "decided_at": draft.decided_at.isoformat() if draft.decided_at else None,
        "note": draft.note,
    }


def author_of(arguments: argparse.Namespace) -> str:
    """Who --by says, or the system's user. Raises DraftProblem, ConfigError."""
    author: str = arguments.by or system_user()
    if not author.isprintable() or not 0 < len(author) <= _LONGEST_AUTHOR:
        raise DraftProblem(f"--by has at most {_LONGEST_AUTHOR} characters")
    return author


def _note(arguments: argparse.Namespace) -> str:
    note = " ".join(arguments.note.split())
    if not note.isprintable() or len(note) > _MOST_WORDS:
        raise DraftProblem(f"--note must be a text of at most {_MOST_WORDS} characters")
    return note
