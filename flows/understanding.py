"""What a text means. What costs money must be typed out exactly; whoever wants out is understood generously.

- A yes, a no or a code is the whole text, courtesies aside. One slip from a yes is ``ALMOST``: it is asked about.
- What says that somebody wants out is looked for first (``flows.opting_out``).
- Other words begin a text of their own. In words of four letters and more one slip is forgiven if it leaves one
  meaning, never in a yes, a code or an opt-in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from flows import keywords as k
from flows import opting_out
from flows.keywords import Intent, Meaning
from flows.opting_out import topic_of
from flows.spelling import one_slip_apart, undrawn, words

_UNKNOWN = Meaning(Intent.UNKNOWN)
_ALMOST = Meaning(Intent.ALMOST)
_FEW = 3
"""Words of a text that is an answer or a question."""
_SHORTEST_WITH_SLIP = 4


@lru_cache(maxsize=1024)
def understand(text: str, stop_words: frozenset[str] = frozenset()) -> Meaning:
    """The meaning of a text. stop_words: the market's own opt-out words, beside those of all languages.

    Most texts are one of a few hundred, and the latest are remembered with their meaning.
    """
    said = _without_courtesies(words(text))
    stopping = _stopping(stop_words)
    meaning = (
        opting_out.stop(said, stopping)
        or _answer(said)
        or _start(said)
        or _question(said)
        or _with_slip(said, stopping)
    )
    return meaning or (_ALMOST if _almost_yes(said) else _UNKNOWN)


@lru_cache(maxsize=16)
def _stopping(own: frozenset[str]) -> frozenset[str]:
    """All stop words of a market."""
    return k.STOPPING | own


def _without_courtesies(said: tuple[str, ...]) -> tuple[str, ...]:
    """What is left of a text without its courtesies; all of it if it is nothing else."""
    if len(said) < 2:
        return said
    left = said
    for phrase in k.COURTESIES:
        if left[-len(phrase) :] == phrase:
            left = left[: -len(phrase)]
        if left[: len(phrase)] == phrase:
            left = left[len(phrase) :]
    return left or said


def _answer(said: Sequence[str]) -> Meaning | None:
    """Yes, no or a code, if it is the whole text."""
    if len(said) == 1:
        word = undrawn(said[0])
        return k.YES.get(word) or k.NO.get(word) or k.CODES.get(said[0])
    no_thanks = len(said) <= _FEW and said[:1] and said[0] in k.NO and all(word in _WANT for word in said[1:])
    return Meaning(Intent.DECLINE) if no_thanks else None


_WANT = frozenset({"QUIERO", "QUERO", "NO", "NAO"})


def _start(said: Sequence[str]) -> Meaning | None:
    if not said or said[0] not in k.STARTING or not all(word in k.TOPICS for word in said[1:]):
        return None
    return Meaning(Intent.START, topic=topic_of(said))


def _question(said: Sequence[str]) -> Meaning | None:
    if not said or len(said) > _FEW:
        return None
    if len(said) == 2 and said[0] in k.ASKING_LANGUAGE and said[1] in k.LANGUAGES:
        return Meaning(Intent.LANGUAGE, language=k.LANGUAGES[said[1]])
    return k.ASKING.get(said[0]) if len(said) == 1 else k.ASKING_PHRASES.get(tuple(said))


def _with_slip(said: Sequence[str], stopping: frozenset[str]) -> Meaning | None:
    """The one meaning that a word with a slip can have; behind a stop word what to stop may stand."""
    if not said or len(said[0]) < _SHORTEST_WITH_SLIP or not k.TOPICS.keys() >= set(said[1:]):
        return None
    known = _long_words(stopping)
    near = [
        word
        for length in range(len(said[0]) - 1, len(said[0]) + 2)
        for word in known.get(length, ())
        if one_slip_apart(said[0], word)
    ]
    meanings = {_meant(word, said) for word in near}
    return meanings.pop() if len(meanings) == 1 else None


def _meant(word: str, said: Sequence[str]) -> Meaning | None:
    """What ``word`` means in the place of the first; None where nothing is guessed."""
    if word in k.STARTING or word in k.CODES or (len(said) > 1 and word in k.ASKING):
        return None
    return k.ASKING.get(word) or Meaning(Intent.STOP, topic=topic_of(said))


@lru_cache(maxsize=16)
def _long_words(stopping: frozenset[str]) -> Mapping[int, tuple[str, ...]]:
    """By length the words in which a slip can be seen: also those that are never guessed, for they may be meant."""
    known = sorted({*stopping, *k.ASKING, *k.STARTING, *k.CODES})
    lengths = {len(word) for word in known if len(word) >= _SHORTEST_WITH_SLIP}
    return {length: tuple(word for word in known if len(word) == length) for length in lengths}


def _almost_yes(said: Sequence[str]) -> bool:
    if not said or len(said) > _FEW:
        return False
    first = said[0]
    if first in k.NEARLY_YES or (len(said) > 1 and first in k.YES):
        return True
    return len(said) == 1 and any(one_slip_apart(first, word) for word in k.YES if word.isalpha())
