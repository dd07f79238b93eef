"""From nodes to what is typed into a page."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import get_args

import yaml

from menus.inputs import MOST_TYPED, InputKind, Rule, wrong_pattern
from menus.lead_parsing import LEADS, parse_leads
from menus.pages import Input
from menus.reading import Nodes, Reader, did_you_mean, line_of

_KINDS: tuple[InputKind, ...] = get_args(InputKind)
_BOUNDS = ("least", "most")
_MOST_DIGITS = 11
_BOUNDED = ("digits", "amount", "date", "text")


def parse_input(reader: Reader, where: str, node: yaml.Node) -> Input:
    """An input and where a good one leads."""
    where = f"{where}: input"
    found = reader.fields(node, where, ("as", "kind"), ("least", "most", "pattern", "wrong", *LEADS))
    return Input(
        choice=reader.ident(found["as"], f"{where}: as") if "as" in found else "",
        rule=_rule(reader, where, found),
        leads=parse_leads(reader, where, node, found),
        wrong=reader.texts(found["wrong"], f"{where}: wrong") if "wrong" in found else None,
        line=line_of(node),
    )


def _rule(reader: Reader, where: str, found: Nodes) -> Rule:
    word = reader.scalar(found["kind"], f"{where}: kind") if "kind" in found else "text"
    kind: InputKind | None = next((known for known in _KINDS if known == word), None)
    if kind is None:
        hint = did_you_mean(word, _KINDS) or f"; it is one of {', '.join(_KINDS)}"
        reader.problems.add(line_of(found["kind"]), f"{where}: '{word}' is no kind of input{hint}")
        return Rule("text")
    least, most = (_bound(reader, f"{where}: {name}", found[name], kind) if name in found else None for name in _BOUNDS)
    if least is not None and most is not None and type(least) is type(most) and least > most:  # type: ignore[operator]
        reader.problems.add(line_of(found["least"]), f"{where}: least is more than most: nothing could be typed")
    return Rule(kind, least, most, _pattern(reader, where, found, kind), reader.vocabulary.region)


def _bound(reader: Reader, where: str, node: yaml.Node, kind: InputKind) -> Decimal | date | None:
    text = reader.scalar(node, where)
    if not text:
        return None
    try:
        if kind == "date":
            return date.fromisoformat(text)
        value = Decimal(text)
    except (ValueError, InvalidOperation):
        value = Decimal("NaN")
    if kind not in _BOUNDED:
        reader.problems.add(line_of(node), f"{where}: an input of kind {kind} has no bounds")
    elif kind == "date" or not _is_bound(value, kind):
        wanted = {
            "date": "a date such as 2026-12-31",
            "amount": "an amount such as 10.50, below a million million",
        }.get(kind, f"a whole number from 0 to {MOST_TYPED}")
        reader.problems.add(line_of(node), f"{where}: must be {wanted}")
    else:
        return value
    return None


def _is_bound(value: Decimal, kind: InputKind) -> bool:
    """Sizes first: an exponent can stand for a number that fills the memory."""
    if not value.is_finite() or value < 0 or value.adjusted() > _MOST_DIGITS:
        return False
    return kind == "amount" or (value == value.to_integral_value() and value <= MOST_TYPED)


def _pattern(reader: Reader, where: str, found: Nodes, kind: InputKind) -> str:
    if "pattern" not in found:
        return ""
    node = found["pattern"]
    pattern = reader.scalar(node, f"{where}: pattern")
    if kind != "text":
        reader.problems.add(line_of(node), f"{where}: only an input of kind text has a pattern")
    wrong = wrong_pattern(pattern)
    if wrong:
        reader.problems.add(line_of(node), f"{where}: the pattern {wrong}")
        return ""
    return pattern
