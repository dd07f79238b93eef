"""Conditions of pages and options: ``balance >= price and not roaming``. What is not known holds for nobody.

A guard compares names of a whitelist with each other or with a literal. It is no expression language: no arithmetic,
no "or" (write a second option), nothing is ever evaluated as code.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

GuardKind = Literal["flag", "number", "text"]
GuardValue = bool | int | str | None
"""None: not known, or not in time. A number of money is in minor units."""

_TERM = re.compile(
    r"(?P<no>not\s+)?(?P<name>[a-z][a-z0-9_]*)"
    r"(?:\s*(?P<op>==|!=|>=|<=|>|<)\s*(?P<value>[A-Za-z][A-Za-z0-9_]*|-?[0-9]{1,15}|\"[^\"]{0,60}\"))?"
)
_AND = re.compile(r"\s+and\s+")
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_TEXT_OPS = ("==", "!=")


class GuardError(ValueError):
    """What is wrong with a condition, in a few words."""


@dataclass(frozen=True, slots=True)
class Term:
    """One comparison. op: empty for a flag, whose ``value`` is whether it must be set. other: a name, not a literal."""

    name: str
    op: str
    value: bool | int | str
    other: bool = False


@dataclass(frozen=True, slots=True)
class Guard:
    """Terms that must all hold. text: as it was written."""

    text: str
    terms: tuple[Term, ...]
    line: int = field(default=0, compare=False)

    @property
    def names(self) -> frozenset[str]:
        """What must be known."""
        return frozenset(term.name for term in self.terms) | {str(term.value) for term in self.terms if term.other}

    def holds(self, values: Mapping[str, GuardValue]) -> bool:
        """Whether all terms hold; one about something unknown does not, also not with ``not``."""
        return all(_holds(term, values) for term in self.terms)


def parse_guard(text: str, kinds: Mapping[str, GuardKind], line: int = 0) -> Guard:
    """The guard that ``text`` writes. Raises GuardError; KeyError with the name for one that is not in ``kinds``."""
    return Guard(text, tuple(_term(found, kinds) for found in _written(text.strip())), line)


def _written(text: str) -> Iterator[re.Match[str]]:
    """One match a term: an "and" between quotes is a word like others."""
    at = 0
    while True:
        found = _TERM.match(text, at)
        joint = _AND.match(text, found.end()) if found else None
        if found is None or (joint is None and found.end() < len(text)):
            wrong = text[at:] or text
            raise GuardError(f"'{wrong}' is not 'NAME', 'not NAME' or 'NAME >= VALUE', joined by 'and'")
        yield found
        if joint is None:
            return
        at = joint.end()


def _term(found: re.Match[str], kinds: Mapping[str, GuardKind]) -> Term:
    name, op, written = found["name"], found["op"] or "", found["value"] or ""
    kind = kinds[name]
    if kind == "flag":
        if op:
            raise GuardError(f"{name} is yes or no: write '{name}' or 'not {name}'")
        return Term(name, "", value=not found["no"])
    if found["no"]:
        raise GuardError(f"{name} is no yes or no: 'not' has no meaning here")
    if not op:
        raise GuardError(f"{name} must be compared with something")
    return _comparison(name, kind, op, written, kinds)


def _comparison(name: str, kind: GuardKind, op: str, written: str, kinds: Mapping[str, GuardKind]) -> Term:
    if kind == "text":
        if op not in _TEXT_OPS:
            raise GuardError(f"{name} is a word: compare it with == or !=")
        return Term(name, op, written.strip('"'))
    if re.fullmatch(r"-?[0-9]+", written):
        return Term(name, op, int(written))
    if written.startswith('"') or kinds[written] != "number":
        raise GuardError(f"{name} is a number: compare it with a number")
    return Term(name, op, written, other=True)


def _holds(term: Term, values: Mapping[str, GuardValue]) -> bool:
    value = values.get(term.name)
    wanted = values.get(str(term.value)) if term.other else term.value
    if value is None or wanted is None:
        return False
    return bool(value is wanted) if not term.op else _COMPARE[term.op](value, wanted)
