"""chasqui orders: what became of orders, told in a way that can be handed on and checked, and what needs a person."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from flows.masking import masked
from flows.order_kinds import movement_of
from gateway.app import utc_now
from gateway.app.building import catalogue_of, market_of
from gateway.app.order_desks import story_key
from gateway.cli import orders_reconcile
from gateway.cli.configured import Commands, Words, add_config, load_config
from gateway.cli.private_file import write_private
from gateway.cli.stored import with_store
from gateway.config.tree import Config
from gateway.core.stories import StoryDesk
from gateway.core.story_seal import check, key_id, make_key, open_key, open_public, public_pem
from gateway.errors import OrdersProblem
from locales.catalogues import load_catalogues
from store import order_lists
from store.orders import OrderView
from store.reader import Reader

_STATES = ("pending", "sent", "confirmed", "declined", "in_doubt", "refunded")
_MOST_LISTED = 10_000


def add_to(commands: Commands, _words: Words) -> None:
    """Add the commands."""
    parser = commands.add_parser("orders", help="stories of orders, and what does not add up", description=__doc__)
    group = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    story = group.add_parser("story", help="all that is known of an order, with times", description=_story.__doc__)
    story.add_argument("key", metavar="KEY", help="the order's key")
    story.add_argument("--language", default="", metavar="LANG", help="of the text (default: the payer's)")
    story.add_argument("--full", action="store_true", help="with whole numbers")
    story.add_argument("--json", action="store_true", help="the signed document instead of the text")
    story.add_argument("--out", type=Path, metavar="FILE", help="write the signed document there")
    add_config(story)
    story.set_defaults(run=_story)
    checked = group.add_parser("check", help="is a story as it was signed?", description=_check.__doc__)
    checked.add_argument("file", type=Path, metavar="FILE")
    checked.add_argument("--key", type=Path, metavar="PEM", help="the public key (default: the installation's own)")
    checked.add_argument("--text", action="store_true", help="also print what the story says")
    add_config(checked)
    checked.set_defaults(run=_check)
    key = group.add_parser("key", help="make the key that stories are signed with", description=_key.__doc__)
    key.add_argument("--public", action="store_true", help="make none; print the public key that there is")
    add_config(key)
    key.set_defaults(run=_key)
    listed = group.add_parser("list", help="orders, newest first", description=_list.__doc__)
    which = listed.add_mutually_exclusive_group()
    which.add_argument("--state", choices=_STATES)
    which.add_argument("--needs-person", action="store_true", help="those that are asked about no more")
    listed.add_argument("--limit", type=_limit, default=50, metavar="N", help="at most so many (default: 50)")
    listed.add_argument("--full", action="store_true", help="with whole numbers")
    listed.add_argument("--json", action="store_true")
    add_config(listed)
    listed.set_defaults(run=_list)
    orders_reconcile.add_to(group)


def _story(arguments: argparse.Namespace) -> int:
    """Tell the story of an order: trigger, rule, offer, texts, answer, steps, charge and proof. As a text for people,
    or signed as a document that chasqui orders check can check anywhere.
    """
    config = load_config(arguments)
    signed = arguments.json or arguments.out is not None
    seal = open_key(story_key(config)) if signed else None
    story = with_store(config, lambda engine, reader: _told(config, reader, arguments))
    if seal is None:
        print(*story["text"], sep="\n")
        return 0
    document = seal.signed(story, utc_now())
    if arguments.out is not None:
        write_private(arguments.out, document)
        print(f"{arguments.out}: signed by {seal.key_id}")
    if arguments.json:
        sys.stdout.write(document.decode())
    return 0


async def _told(config: Config, reader: Reader, arguments: argparse.Namespace) -> dict[str, Any]:
    desk = StoryDesk(reader, market_of(config), catalogue_of(config), load_catalogues(), utc_now)
    story = await desk.tell(arguments.key, language=arguments.language, full=arguments.full)
    if story is None:
        raise OrdersProblem(f"{arguments.key}: there is no order with this key")
    return story


def _check(arguments: argparse.Namespace) -> int:
    """Check a signed story with the public key alone, without gateway or database. Exit status 1 says what does not
    hold.
    """
    public = open_public(arguments.key or story_key(load_config(arguments)))
    try:
        document = arguments.file.read_bytes()
    except OSError as error:
        raise OrdersProblem(f"{arguments.file}: cannot be read: {error.strerror}") from None
    verdict = check(document, public)
    if verdict.fault:
        print(f"{arguments.file}: DOES NOT HOLD: {verdict.fault}")
        return 1
    print(f"{verdict.about}: unchanged since {verdict.signed_at}, signed by {key_id(public)}")
    if arguments.text:
        print(*json.loads(document)["story"]["text"], sep="\n")
    return 0


def _key(arguments: argparse.Namespace) -> int:
    """Make the installation's key for stories (Ed25519, a file that its owner alone can read) and print its public
    half, which whoever shall check stories needs. Publish it where nobody else can write.
    """
    file = story_key(load_config(arguments))
    if arguments.public:
        print(public_pem(open_public(file)), end="")
        return 0
    seal = make_key(file)
    print(f"{file}: {seal.key_id}")
    print(seal.public_pem, end="")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    """List orders, newest first; numbers by their last digits unless --full."""

    async def run(engine: AsyncEngine, reader: Reader) -> list[OrderView]:
        found = await order_lists.latest(
            reader, arguments.limit, state=arguments.state or "", needs_person=arguments.needs_person
        )
        return list(found)

    found = with_store(load_config(arguments), run)
    if arguments.json:
        print(json.dumps([_view(one, full=arguments.full) for one in found], ensure_ascii=False, indent=2))
        return 0
    for one in found:
        order, number = one.order, one.order.msisdn if arguments.full else masked(one.order.msisdn)
        moved = movement_of(order)
        price = f"{moved.amount} {moved.currency}"
        made = order.created_at.isoformat(sep=" ", timespec="seconds")
        print(f"{made}  {order.key}  {order.state:<9} {number:>6} {order.bundle} {price} {one.reason or ''}".rstrip())
    if not found:
        print("there are none")
    return 0


def _view(one: OrderView, *, full: bool) -> dict[str, Any]:
    order = one.order
    return {
        "key": order.key,
        "msisdn": order.msisdn if full else masked(order.msisdn),
        "beneficiary": order.beneficiary if full else masked(order.beneficiary),
        "kind": order.kind,
        "bundle": order.bundle,
        "credit": None if order.credit is None else {"amount": order.credit.amount, "currency": order.credit.currency},
        "price": {"amount": order.price.amount, "currency": order.price.currency},
        "channel": order.channel,
        "state": order.state,
        "reason": one.reason,
        "detail": one.detail,
        "ocs_reference": one.ocs_reference,
        "attempts": order.attempts,
        "queries": order.queries,
        "created_at": order.created_at.isoformat(),
        "settled_at": one.settled_at.isoformat() if one.settled_at else None,
    }


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= _MOST_LISTED:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 to {_MOST_LISTED}")
    return int(text)
