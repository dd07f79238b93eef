"""What is typed into a page: read into one canonical spelling, or refused.

What was typed is kept under the input's name as text: digits as they are, an amount in major units with a full stop
(``12.50``), a number as digits with its country code and no plus (E.164), a date as ISO 8601.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final, Literal

import phonenumbers
import regex
from phonenumbers import NumberParseException, PhoneNumberType

InputKind = Literal["digits", "amount", "msisdn", "date", "text"]
ANY_REGION = "ZZ"
"""No region: numbers of every country, with their code."""
MOST_TYPED = 160
"""Characters: no network's hop has more."""
LONGEST_MATCH = 0.01
"""Seconds for an operator's pattern; what takes longer counts as no match."""
MOST_PATTERN = 200
_MOST_REPEATS = 4
_AMOUNT = re.compile(r"(?P<whole>[0-9]{1,12})(?:[.,](?P<part>[0-9]{1,2}))?")
_GROUPED = re.compile(
    r"(?P<whole>[1-9][0-9]{0,2}(?P<between>[.,' ])[0-9]{3}(?:(?P=between)[0-9]{3}){0,3})"
    r"(?:(?!(?P=between))[.,](?P<part>[0-9]{1,2}))?"
)
_DIALLED = re.compile(r"\+?[0-9 ().-]{3,25}")
_MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
_DATE = re.compile(r"(?P<day>[0-9]{1,2})[-/. ](?P<month>[0-9]{1,2})[-/. ](?P<year>[0-9]{4})")
_DATE_DIGITS = re.compile(r"(?P<day>[0-9]{2})(?P<month>[0-9]{2})(?P<year>[0-9]{4})")


@dataclass(frozen=True, slots=True)
class Rule:
    """What may be typed. least, most: of digits or characters, of an amount in major units, of a date.

    pattern: of a text, matched whole. region: ISO 3166, whose numbers are taken, as they are written there.
    """

    kind: InputKind
    least: Decimal | date | None = None
    most: Decimal | date | None = None
    pattern: str = ""
    region: str = ANY_REGION


def read(rule: Rule, typed: str) -> str | None:
    """The canonical spelling of what was typed, or None for what the rule does not take."""
    text = typed.strip()
    return _READERS[rule.kind](rule, text) if text and len(text) <= MOST_TYPED and text.isprintable() else None


def longest(rule: Rule) -> str:
    """An example of the longest thing that can be typed: screens are measured with it."""
    if rule.kind == "msisdn":
        return "573001112233444"
    if rule.kind == "date":
        return "2026-12-31"
    if rule.kind == "amount":
        return f"{rule.most or Decimal('999999999')}.00"
    return "9" * int(rule.most if isinstance(rule.most, Decimal) else 20)


def wrong_pattern(pattern: str) -> str:
    """What is wrong with an operator's pattern, in a few words; empty for nothing.

    Repeats within repeats and looking back are refused, for they take for ever on a text made for it.
    """
    if len(pattern) > MOST_PATTERN:
        return f"has more than {MOST_PATTERN} characters"
    try:
        regex.compile(pattern)
    except regex.error as error:
        return f"is no pattern: {error}"
    bare = re.sub(r"\\.|\[(?:\\.|[^\]\\])*\]", "x", pattern)
    if re.search(r"\\[1-9]|\(\?(?!:)", re.sub(r"\\\\", "", pattern)):
        return "looks around or back; use plain groups '(?:…)' alone"
    if re.search(r"\([^()]*(?:[*+]|\{[0-9]*,)[^()]*\)[*+{]", bare) or re.search(r"\([^()]*\([^()]*\)", bare):
        return "repeats what repeats, or nests groups; that can take for ever"
    if len(re.findall(r"[*+]|\{[0-9]*,", bare)) > _MOST_REPEATS:
        return f"repeats more than {_MOST_REPEATS} things; that can take for ever"
    return ""


def _digits(rule: Rule, text: str) -> str | None:
    plain = text.replace(" ", "").replace("-", "")
    return plain if plain.isascii() and plain.isdigit() and _within(rule, Decimal(len(plain))) else None


def _amount(rule: Rule, text: str) -> str | None:
    found = _AMOUNT.fullmatch(text) or _GROUPED.fullmatch(text)
    if found is None:
        return None
    whole = re.sub(r"[^0-9]", "", found["whole"])
    try:
        value = Decimal(f"{whole}.{found['part'] or '0'}")
    except InvalidOperation:  # pragma: no cover - the pattern lets nothing else through
        return None
    plain = f"{value:.2f}" if found["part"] else str(int(value))
    return plain if value and _within(rule, value) else None


def _msisdn(rule: Rule, text: str) -> str | None:
    """A mobile number of the region: nobody gives a bundle to a fixed line, or to another country's subscriber."""
    if not _DIALLED.fullmatch(text):
        return None
    try:
        number = phonenumbers.parse(text, None if text.startswith("+") else rule.region)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in _MOBILE:
        return None
    if rule.region not in (ANY_REGION, phonenumbers.region_code_for_number(number)):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")


def _date(rule: Rule, text: str) -> str | None:
    found = _DATE.fullmatch(text) or _DATE_DIGITS.fullmatch(text)
    if found is None:
        return None
    try:
        day = date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return None
    return day.isoformat() if _within(rule, day) else None


def _text(rule: Rule, text: str) -> str | None:
    if not _within(rule, Decimal(len(text))):
        return None
    if not rule.pattern:
        return text
    try:
        found = regex.fullmatch(rule.pattern, text, timeout=LONGEST_MATCH)
    except TimeoutError:
        return None
    return text if found else None


_READERS: Final[Mapping[InputKind, Callable[[Rule, str], str | None]]] = {
    "digits": _digits,
    "amount": _amount,
    "msisdn": _msisdn,
    "date": _date,
    "text": _text,
}


def _within(rule: Rule, value: Decimal | date) -> bool:
    low, high = rule.least, rule.most
    return (low is None or low <= value) and (high is None or value <= high)  # type: ignore[operator]
