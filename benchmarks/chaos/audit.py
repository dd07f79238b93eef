"""Holds the books against each other: nothing lost, nothing sent twice that is not marked, nothing charged twice.

Pure. Each finding names the ids that offend.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from benchmarks.chaos.books import Books, Submit, Text
from gateway.smpp.text import decode, encode

FATES = ("sent", "delivered", "failed", "expired", "in_doubt", "suppressed")
"""What a text may be in the end; all else is open."""
_TAKEN = ("sent", "delivered")


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that does not hold, and for whom."""

    rule: str
    ids: tuple[str, ...]

    def __str__(self) -> str:
        more = f" and {len(self.ids) - 10} more" if len(self.ids) > 10 else ""
        return f"{self.rule}: {', '.join(self.ids[:10])}{more}"


def audit(books: Books) -> Sequence[Finding]:
    """The rules that do not hold; none: every message is accounted for."""
    owners = owned(books)
    found = ((rule, tuple(sorted(check(books, owners)))) for rule, check in _RULES.items())
    return [Finding(rule, ids) for rule, ids in found if ids]


Owners = Mapping[str, Sequence[Submit]]
"""By the id of a text, what SMSCs accepted of it; by an empty id what belongs to none."""


def owned(books: Books) -> Owners:
    """Each accepted submit at its text: by the id that its answer brought, else by number and words."""
    by_id = {text.id: text for text in books.texts}
    by_number: dict[str, list[Text]] = defaultdict(list)
    for text in books.texts:
        by_number[text.msisdn].append(text)
    found: dict[str, list[Submit]] = defaultdict(list)
    unnamed: list[Submit] = []
    for submit in books.submits:
        row = by_id.get(books.named.get((submit.smsc, submit.id), ""))
        if row is not None and row.msisdn == submit.to and _says(row, submit):
            found[row.id].append(submit)
        else:
            unnamed.append(submit)
    for submit in unnamed:
        able = [text for text in by_number[submit.to] if _says(text, submit)]
        found[_likeliest(able, found)].append(submit)
    return found


def copies(accepted: Iterable[Submit]) -> int:
    """How often the phone has got it, or its most frequent part."""
    return max(Counter(one.part for one in accepted).values(), default=0)


def _likeliest(able: Sequence[Text], found: Owners) -> str:
    """Of several texts with the same words the one that has the fewest copies beyond what it says of itself."""
    return min(able, key=lambda text: len(found.get(text.id, ())) - text.repeats).id if able else ""


def _says(text: Text, submit: Submit) -> bool:
    wordings = (_as_sent(text.text), _as_sent(text.bare))
    return submit.text in wordings if submit.parts == 1 else any(submit.text in one for one in wordings)


@lru_cache(maxsize=65_536)
def _as_sent(text: str) -> str:
    """As a phone shows what GSM 7-bit makes of it."""
    encoded = encode(text, 1)
    if len(encoded.parts) == 1:
        return decode(encoded.parts[0], encoded.data_coding)
    return "".join(decode(part[6:], encoded.data_coding) for part in encoded.parts)  # behind their headers


def _without_fate(books: Books, _: Owners) -> Iterable[str]:
    return (text.id for text in books.texts if text.state not in FATES)


def _without_text(books: Books, _: Owners) -> Iterable[str]:
    keys = {text.key for text in books.texts}
    taken = {entry.event_id: entry for entry in books.inbox if entry.kind == "trigger"}
    return (event for event in books.triggers if event not in taken or f"alert:{taken[event].id}" not in keys)


def _unprocessed(books: Books, _: Owners) -> Iterable[str]:
    return (entry.id for entry in books.inbox if not entry.processed or entry.outcome == "failed")


def _not_accepted(books: Books, owners: Owners) -> Iterable[str]:
    """A text that is said to have been taken, of which a part is in no journal."""
    for text in books.texts:
        if text.state in _TAKEN and len({one.part for one in owners.get(text.id, ())}) < (text.parts or 1):
            yield text.id


def _nobodys(_: Books, owners: Owners) -> Iterable[str]:
    return (f"{one.smsc}/{one.id}" for one in owners.get("", ()))


def _misnamed(books: Books, owners: Owners) -> Iterable[str]:
    """A part whose id no journal has, or has for another text."""
    journal = {(one.smsc, one.id): row for row, accepted in owners.items() for one in accepted}
    return (f"{smsc}/{name}" for (smsc, name), row in books.named.items() if journal.get((smsc, name)) != row)


def _twice_unmarked(books: Books, owners: Owners) -> Iterable[str]:
    return (text.id for text in books.texts if copies(owners.get(text.id, ())) > 1 + text.repeats)


def _offers_again(books: Books, owners: Owners) -> Iterable[str]:
    """A repetition that offers again what was perhaps offered before."""
    for text in books.texts:
        if text.bare and text.bare != text.text:
            whole = _as_sent(text.text)
            if copies(one for one in owners.get(text.id, ()) if _says_whole(one, whole, text)) > 1:
                yield text.id


def _says_whole(submit: Submit, whole: str, text: Text) -> bool:
    return submit.text == whole if submit.parts == 1 else submit.text not in _as_sent(text.bare)


def _reply_lost(books: Books, _: Owners) -> Iterable[str]:
    kept = Counter(entry.subject for entry in books.inbox if entry.kind == "mo")
    return (person for person, times in books.replies.items() if kept[person] < times)


def _charged_twice(books: Books, _: Owners) -> Iterable[str]:
    offers = Counter(books.orders.get(key, key) for key, _ in books.charges)
    return (offer for offer, times in offers.items() if times > 1)


def _charged_unknown(books: Books, _: Owners) -> Iterable[str]:
    return (key for key, _ in books.charges if key not in books.orders)


def _paid_twice(books: Books, _: Owners) -> Iterable[str]:
    """Everybody has one bundle that ran low, so one offer."""
    return (person for person, times in Counter(person for _, person in books.charges).items() if times > 1)


_RULES: Mapping[str, Callable[[Books, Owners], Iterable[str]]] = {
    "a text has no fate": _without_fate,
    "a trigger that was acknowledged led to no text": _without_text,
    "an entry of the inbox was not dealt with": _unprocessed,
    "a text was taken, and no SMSC has it": _not_accepted,
    "an SMSC accepted what no text of ours says": _nobodys,
    "a part has a name that no SMSC gave it": _misnamed,
    "a text went out twice and does not say so": _twice_unmarked,
    "an offer went out twice": _offers_again,
    "a reply that was acknowledged is not in the inbox": _reply_lost,
    "an offer was charged twice": _charged_twice,
    "a charge belongs to no order": _charged_unknown,
    "a person was charged twice": _paid_twice,
}
