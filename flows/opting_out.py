"""Whether a text says that somebody wants out, and of what.

A stop word begins the text, or stands among three words at most. In up to twelve words a plea counts wherever it
stands: one that cannot be mistaken (*no me manden*, *leave me alone*), one that what comes next makes clear (*sáquenme*
of the list, but not of a doubt), and a stop word that is wished for (*quero sair* disso, but not sair de casa). Between
these and what is meant only words may stand that say nothing by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import dropwhile, takewhile

from flows import keywords as k
from flows.keywords import Intent, Meaning, Topic
from flows.spelling import undrawn

_FEW = 3
"""Words of a text in which a stop word counts wherever it stands."""
_PHRASE_WITHIN = 6
"""Words of a text in which a phrase that stops counts wherever it stands."""
_PLEA_WITHIN = 12
_BEHIND_STOP = frozenset({*k.TOPICS, "YA", "JA", "NOW", "MAS", "MAIS", "MORE"})
_SAYS_NOTHING = k.SMALL_WORDS | k.FILLERS
_OURS = k.OURS | k.TOPICS.keys()
_NEGATED_WITHIN = 3
"""Words before a plea in which a no turns it round: *no quiero que me quiten las ofertas*."""

Words = tuple[str, ...]


def _by_first_word(phrases: Iterable[Words]) -> Mapping[str, Sequence[Words]]:
    """Most texts hold no first word of any, and need not be held against all."""
    found: dict[str, list[Words]] = {}
    for phrase in phrases:
        found.setdefault(phrase[0], []).append(phrase)
    return found


_PHRASES, _PLEAS, _PLEAS_OF_OURS, _PLEAS_BY_THEMSELVES = map(
    _by_first_word, (k.STOPPING_PHRASES, k.PLEAS, k.PLEAS_OF_OURS, k.PLEAS_BY_THEMSELVES)
)


def stop(said: Words, stopping: frozenset[str]) -> Meaning | None:
    """The opt-out that a text is; None for any other. stopping: the stop words of the market."""
    if not said:
        return None
    few = len(said) <= _FEW
    begins = said[0] in stopping or undrawn(said[0]) in stopping
    if begins and not few:
        return _out_of(_named_behind(said[1:]))
    among = few and not stopping.isdisjoint(said)
    alone = few and said[0] in k.STOPPING_ALONE and _BEHIND_STOP.issuperset(said[1:])
    if begins or among or alone:
        return _out_of(said)
    return _by_phrase(said) or _by_plea(said, stopping)


def topic_of(said: Sequence[str]) -> Topic:
    """What a text names; offers if it names nothing."""
    named = {k.TOPICS[word] for word in said if word in k.TOPICS}
    if "STOPALL" in said or {Topic.OFFERS, Topic.ALERTS} <= named:
        return Topic.ALL
    return next((topic for topic in (Topic.ALERTS, Topic.ALL) if topic in named), Topic.OFFERS)


def _out_of(named: Sequence[str]) -> Meaning:
    return Meaning(Intent.STOP, topic=topic_of(named))


def _by_phrase(said: Words) -> Meaning | None:
    """If it begins with a phrase and goes on, or is short and holds one."""
    begun = next(_behind(said, 0, _PHRASES), None)
    if begun is not None and len(said) > 1:
        return _out_of(_named_behind(begun))
    holds = len(said) <= _PHRASE_WITHIN and any(True for at in range(len(said)) for _ in _behind(said, at, _PHRASES))
    return _out_of(said) if holds else None


def _by_plea(said: Words, stopping: frozenset[str]) -> Meaning | None:
    if len(said) > _PLEA_WITHIN:
        return None
    pleas = (behind for at in range(len(said)) for behind in _behind_pleas(said, at, stopping))
    behind = next(pleas, None)
    return None if behind is None else _out_of(_named_behind(_meant(behind)))


def _behind_pleas(said: Words, at: int, stopping: frozenset[str]) -> Iterator[Words]:
    """What stands behind each plea to be let out that begins here."""
    yield from _behind(said, at, _PLEAS)
    yield from (rest for rest in _behind(said, at, _PLEAS_OF_OURS) if _begins_with_ours(rest, or_nothing=False))
    if k.NOT.isdisjoint(said[max(0, at - _NEGATED_WITHIN) : at]):
        yield from (rest for rest in _behind(said, at, _PLEAS_BY_THEMSELVES) if _begins_with_ours(rest))
    if said[at] in k.WISHES and k.NOT.isdisjoint(said[max(0, at - 1) : at]):
        wished = _meant(said[at + 1 :])
        if wished and wished[0] in stopping and _begins_with_ours(wished[1:]):
            yield wished[1:]


def _behind(said: Words, at: int, phrases: Mapping[str, Sequence[Words]]) -> Iterator[Words]:
    """What stands behind each of the phrases that stands here."""
    for phrase in phrases.get(said[at], ()):
        end = at + len(phrase)
        if said[at:end] == phrase:
            yield said[end:]


def _begins_with_ours(said: Words, *, or_nothing: bool = True) -> bool:
    """Whether it goes on with what we send; or, if that will do, with nothing that means anything."""
    meant = _meant(said)
    return meant[0] in _OURS if meant else or_nothing


def _meant(said: Words) -> Words:
    """A text from the first word on that says something by itself."""
    return tuple(dropwhile(_SAYS_NOTHING.__contains__, said))


def _named_behind(said: Words) -> Words:
    """What stands right behind a stop word, small words aside: further on people speak of other things."""
    left = [word for word in said if word not in k.SMALL_WORDS]
    return tuple(takewhile(_OURS.__contains__, left))
