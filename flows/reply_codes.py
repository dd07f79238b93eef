"""Which offer a yes, a no or a digit is to, where one number has made a person several.

    1, yes   the newest offer whose text asked for 1; or the one that a second yes was just asked for
    2        that offer whose text asked for 2, if the latest text to ask did; else it is a no
    3 … 9    that offer whose text asked for this digit; of two the newer
    no       what a yes would be to

A question about a second yes is answered before all else: as long as it is the latest, no yes buys anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flows.keywords import Intent, Meaning
from flows.offer import CONFIRM_WITHIN
from flows.records import Offer

CODES = range(2, 10)


@dataclass(frozen=True, slots=True)
class Addressed:
    """A meaning that needs no digit any more, and the offer that it is about, if there is one."""

    meaning: Meaning
    offer: Offer | None


def address(meaning: Meaning, offers: Sequence[Offer], at: datetime) -> Addressed:
    """What an answer is to. offers: of one person from one number, the newest of each code, whatever became of it."""
    if meaning.intent is Intent.CODE:
        named = of_code(offers, meaning.code)
        if meaning.code == CODES.start and (named is None or named.last_asked != _latest_ask(offers)):
            return address(Meaning(Intent.DECLINE), offers, at)
        return Addressed(Meaning(Intent.UNKNOWN if named is None else Intent.ACCEPT), named)
    if meaning.intent in (Intent.ACCEPT, Intent.DECLINE, Intent.ALMOST):
        return Addressed(meaning, in_question(offers, at) or of_code(offers, None))
    return Addressed(meaning, None)


def of_code(offers: Iterable[Offer], code: int | None) -> Offer | None:
    """The newest offer whose text asked for this digit, None for 1."""
    return max((one for one in offers if one.reply_code == code), key=lambda one: one.id, default=None)


def in_question(offers: Sequence[Offer], at: datetime) -> Offer | None:
    """The offer about which a second yes is the latest that was asked.

    One that was bought meanwhile stays so for a while: another yes is one too many, and buys nothing.
    """
    latest = max(offers, key=lambda one: (one.last_asked, one.id), default=None)
    if latest is None or latest.yes_at is None:
        return None
    lately = latest.state != "declined" and at - latest.last_asked <= CONFIRM_WITHIN
    return latest if latest.open_at(at) or lately else None


def free_codes(offers: Iterable[Offer], at: datetime) -> list[int]:
    """The digits for new offers, in the order in which to take them: first those that no open offer has."""
    taken = {one.reply_code for one in offers if one.open_at(at)}
    return sorted(CODES, key=lambda code: (code in taken, code))


def _latest_ask(offers: Iterable[Offer]) -> datetime | None:
    return max((one.last_asked for one in offers), default=None)
