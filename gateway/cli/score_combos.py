"""``chasqui score combos``: what is bought together, and the plans that could be made of it."""

from __future__ import annotations

import argparse
import json
import sys
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path

from flows.catalogue_drafts import draft_of, mark_of
from flows.recharge_groups import NO_GROUPS, RechargeGroups, parse_groups
from gateway.app.building import market_of
from gateway.cli.catalogue import at_desk, author_of
from gateway.cli.combo_report import document, plan_document, text
from gateway.cli.configured import add_config, load_config
from gateway.cli.score_commands import ScoreCommands
from gateway.cli.score_progress import Progress
from gateway.core.draft_desk import DraftDesk, Proposal
from gateway.errors import ConfigError
from scoring import combo_pictures
from scoring.combo_plans import Terms
from scoring.combo_rows import SUCCESS, Counted
from scoring.combo_values import Combos
from scoring.combos import Mining, from_recharges, from_transactions

_TOP = 20
"""How much of each list is printed unless told."""


def add_to(score: ScoreCommands) -> None:
    """Add the command."""
    combos = score.root.add_parser("combos", help="what is bought together, and plans of it", description=_run.__doc__)
    source = combos.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--recharges",
        type=Path,
        metavar="FILE",
        help="CSV or Parquet: customer_id, recharge_type, recharge_date, amount, status; "
        "perhaps circle, service_type, validity_days",
    )
    source.add_argument(
        "--transactions", type=Path, metavar="FILE", help="one transaction a line, items separated by blanks"
    )
    combos.add_argument(
        "--groups", type=Path, metavar="YAML", help="groups of amounts (default: quarters of each type)"
    )
    combos.add_argument(
        "--min-support", type=_share, required=True, metavar="S", help="share of all baskets, above 0, at most 1"
    )
    combos.add_argument(
        "--min-confidence", type=_share, default=Fraction(1, 2), metavar="C", help="of rules (default: 0.5)"
    )
    combos.add_argument("--top", type=_count, metavar="K", help=f"the best K of each list (printed: {_TOP})")
    combos.add_argument("--json", action="store_true")
    combos.add_argument("--pictures", type=Path, metavar="DIR", help="draw rules as scatter and heat map there")
    _add_counted(combos)
    combos.add_argument("--drafts", action="store_true", help="keep what is proposed as drafts of the catalogue")
    combos.add_argument("--by", metavar="NAME", help="with --drafts: who proposes (default: the system's user)")
    add_config(combos)
    combos.set_defaults(run=_run)


def _add_counted(combos: argparse.ArgumentParser) -> None:
    terms = Terms()
    combos.add_argument("--circle", action="append", default=[], metavar="NAME", help="only this one (may be repeated)")
    combos.add_argument(
        "--service-type", action="append", default=[], metavar="TYPE", help="only this one (default: prepaid)"
    )
    combos.add_argument(
        "--status", action="append", default=[], metavar="STATUS", help=f"what counts (default: {', '.join(SUCCESS)})"
    )
    combos.add_argument(
        "--discount",
        type=_share,
        default=terms.discount,
        metavar="D",
        help=f"plans are so much below the sum (default: {float(terms.discount):g})",
    )
    combos.add_argument(
        "--take-up",
        type=_share,
        default=terms.take_up,
        metavar="T",
        help=f"share of those within reach that is assumed to take a plan (default: {float(terms.take_up):g})",
    )


def _run(arguments: argparse.Namespace) -> int:
    """Find what customers recharge together in a month, the rules behind it, and plans that would be a little cheaper
    than their parts without losing money. Supports and confidences are compared exactly.
    """
    groups = _groups(arguments)
    _require(arguments)
    with Progress() as told:
        if arguments.recharges:
            found = from_recharges(arguments.recharges, groups.groups, _mining(arguments), told)
        else:
            found = from_transactions(arguments.transactions, _mining(arguments), told)
        if arguments.pictures:
            told("drawing", None)
            combo_pictures.draw(found.rules, arguments.pictures)
    _print(found, arguments)
    if arguments.drafts:
        _keep(found, groups, arguments)
    return 0


def _require(arguments: argparse.Namespace) -> None:
    """What would go wrong after the long work is told before it."""
    if arguments.pictures:
        combo_pictures.require()
    if arguments.drafts:
        if not arguments.recharges:
            raise ConfigError("--drafts goes with --recharges; without amounts there is no price")
        author_of(arguments)
        at_desk(load_config(arguments), DraftDesk.all)


def _keep(found: Combos, groups: RechargeGroups, arguments: argparse.Namespace) -> None:
    config, author = load_config(arguments), author_of(arguments)
    currency = market_of(config).currency
    source = {"transactions": found.transactions, "source": arguments.recharges.name}
    proposals = [
        Proposal(mark_of(plan), draft_of(plan, groups, currency, arguments.circle), {**plan_document(plan), **source})
        for plan in found.plans[: arguments.top]
        if plan.proposed
    ]
    kept = at_desk(config, lambda desk: desk.propose(proposals, author))
    print(f"{len(kept)} drafts wait; chasqui catalogue drafts list shows them", file=sys.stderr)


def _print(found: Combos, arguments: argparse.Namespace) -> None:
    if arguments.json:
        print(json.dumps(document(found, arguments.top), ensure_ascii=False, indent=2))
        return
    for one in text(found, arguments.top or _TOP):
        print(one)


def _mining(arguments: argparse.Namespace) -> Mining:
    counted = Counted()
    return Mining(
        support=arguments.min_support,
        confidence=arguments.min_confidence,
        counted=Counted(
            statuses=_folded(arguments.status) or counted.statuses,
            circles=_folded(arguments.circle),
            service_types=_folded(arguments.service_type) or counted.service_types,
        ),
        terms=Terms(discount=arguments.discount, take_up=arguments.take_up),
    )


def _groups(arguments: argparse.Namespace) -> RechargeGroups:
    path: Path | None = arguments.groups
    if path is None:
        return NO_GROUPS
    if not arguments.recharges:
        raise ConfigError("--groups goes with --recharges; transactions have no amounts")
    try:
        return parse_groups(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8; save it as UTF-8") from None


def _folded(words: list[str]) -> frozenset[str]:
    return frozenset(word.strip().casefold() for word in words if word.strip())


def _share(text: str) -> Fraction:
    """Exactly what was typed: 0.07 is seven hundredths."""
    try:
        found = Fraction(Decimal(text))
    except (InvalidOperation, ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
    if not 0 < found <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a share above 0 and at most 1")
    return found


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)
