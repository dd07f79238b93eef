"""Which offer a yes, a no or a digit is to, where one number has made a person several.

    1, yes   the newest offer whose text asked for 1; or the one that a second yes was just asked for
    2        what the latest text from us offers for 2; where it offers nothing for it, a no
    3 … 9    what the latest text from us offers for this digit; what an older one offered is asked about first
    no       what a yes would be to, and with it all that has a digit

So a digit buys only what stands behind it in the latest text that a person got from us. Whatever answer names no digits
ends a list as that (``unasked``): its offers stay open, but their digits need a yes. A no or a stop to a list ends its
offers as well (``dropped``).

A question about a second yes is answered before all else: as long as it is the latest, no yes buys anything else, and
a no is to it alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from flows.frozen import dataclass
from flows.keywords import Intent, Meaning, Topic
from flows.offer import CONFIRM_WITHIN
from flows.records import Offer

CODES = range(2, 10)


@dataclass(frozen=True, slots=True)
class Addressed:
    """A meaning that needs no digit any more, and the offer that it is about, if there is one.

    outdated: by a digit that the latest text does not offer it for: it must be asked about before it is bought.
    """

    meaning: Meaning
    offer: Offer | None
    outdated: bool = False


def address(meaning: Meaning, offers: Sequence[Offer], at: datetime) -> Addressed:
    """What an answer is to. offers: of one person from one number, the newest of each code, whatever became of it."""
    if meaning.intent is Intent.CODE:
        return _by_code(meaning.code, offers, at)
    if meaning.intent in (Intent.ACCEPT, Intent.DECLINE, Intent.ALMOST):
        return Addressed(meaning, in_question(offers, at) or of_code(offers, None))
    return Addressed(meaning, None)


def _by_code(code: int, offers: Sequence[Offer], at: datetime) -> Addressed:
    named = of_code(offers, code)
    current = named is not None and named.last_asked == _latest_ask(offers) and named != in_question(offers, at)
    if code == CODES.start and (named is None or not current or named.state == "declined"):
        return address(Meaning(Intent.DECLINE), offers, at)
    return Addressed(Meaning(Intent.UNKNOWN if named is None else Intent.ACCEPT), named, outdated=not current)


def dropped(meaning: Meaning, offers: Sequence[Offer], at: datetime) -> tuple[Offer, ...]:
    """What ends along with a no or a stop that was understood so: a list, with what heads it."""
    listed = [one for one in offers if one.reply_code is not None and one.open_at(at)]
    if meaning.intent is Intent.DECLINE and in_question(offers, at) is None:
        return tuple(listed)
    if meaning.intent is Intent.STOP and meaning.topic is not Topic.ALERTS and listed:
        head = of_code(offers, None)
        return (*listed, head) if head is not None and head.open_at(at) else tuple(listed)
    return ()


def unasked(offers: Sequence[Offer], at: datetime) -> tuple[Offer, ...]:
    """Whose digits the latest text has named so far, and a newer one does not."""
    latest, asked = _latest_ask(offers), in_question(offers, at)
    return tuple(
        one
        for one in offers
        if one.reply_code is not None and one.open_at(at) and one.last_asked == latest and one != asked
    )


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
