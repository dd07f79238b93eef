"""Fitting a page into screens.

A page is a body, lines that are never broken (options, list items) and navigation lines. What fits into one screen is
one part. What does not is dealt out in order: the body breaks between words, each line stays whole, every part carries
its navigation, "more" only where there is more.

Of a page with several parts each part leaves room for the notice, whether it is shown or not: so the parts are the same
with and without it, and what "more" leads to never depends on a mistake made before. A single word or line that is
longer than a screen can only come from a fact longer than its vocabulary says; a word is broken, a line is cut.
"""

from __future__ import annotations

import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from menus.charset import is_gsm7, septets, transliterate
from menus.errors import ScreenTooSmall
from menus.values import Budget, Charset

_CUT = ".."


@dataclass(frozen=True, slots=True)
class Rails:
    """The navigation lines of a page, ready to show.

    back: shown where there is a part before. at_first: whether also on the first part. home: ``""`` for none.
    closes: the last part ends the session and offers nothing.
    """

    more: str
    back: str
    home: str = ""
    at_first: bool = False
    closes: bool = False

    def lines(self, part: int, *, last: bool) -> tuple[str, ...]:
        """The lines under one part."""
        if last and self.closes:
            return ()
        back = self.back if part > 0 or self.at_first else ""
        return tuple(line for line in ("" if last else self.more, back, self.home) if line)


@dataclass(frozen=True, slots=True)
class Content:
    """A page with its facts filled in. notice: what a screen may begin with. noticed: whether this one does.

    language: of the texts, which may have spellings of its own.
    """

    body: str
    lines: Sequence[str]
    rails: Rails
    notice: str = ""
    noticed: bool = False
    language: str = ""


@dataclass(slots=True)
class _Piece:
    text: str
    before: str
    is_word: bool


def spell(text: str, charset: Charset, language: str = "") -> str:
    """``text`` in the phone's alphabet; for gsm7 what has no equal there becomes a question mark."""
    if charset == "ucs2":
        return unicodedata.normalize("NFC", text)
    plain = transliterate(text, language)
    return plain if is_gsm7(plain) else "".join(char if is_gsm7(char) else "?" for char in plain)


def units(text: str, charset: Charset) -> int:
    """The room that ``text`` takes: septets, or UTF-16 code units."""
    if charset == "gsm7":
        return septets(text)
    return len(text) + sum(char > "\uffff" for char in text)


@dataclass(frozen=True, slots=True)
class Part:
    """One screen's worth. lines: of the page's lines so many were shown up to its end."""

    text: str
    lines: int


def fit(content: Content, budget: Budget) -> tuple[str, ...]:
    """The texts of ``deal``."""
    return tuple(part.text for part in deal(content, budget))


def deal(content: Content, budget: Budget) -> tuple[Part, ...]:
    """The parts of a page, at least one. Raises ScreenTooSmall when not even one character fits."""
    content = _spelled(content, budget.charset)
    whole = _joined((content.body, *content.lines, *content.rails.lines(0, last=True)))
    shown = _joined((content.notice, whole)) if content.noticed else whole
    if units(shown, budget.charset) <= budget.size:
        return (Part(whole, len(content.lines)),)
    return tuple(_Dealer(content, budget).parts())


def with_notice(part: str, content: Content, budget: Budget) -> str:
    """``part`` as it is shown: the notice above it if there is one to show."""
    return _joined((spell(content.notice, budget.charset, content.language), part)) if content.noticed else part


def room(rails: Rails, notice: str, budget: Budget, language: str = "") -> int:
    """What the fullest navigation and the notice leave of a screen for the page itself."""
    lines = (spell(line, budget.charset, language) for line in (rails.more, rails.back, rails.home, notice))
    return budget.size - sum(units(line, budget.charset) + 1 for line in lines if line)


def _spelled(content: Content, charset: Charset) -> Content:
    def spelled(text: str) -> str:
        return spell(text, charset, content.language)

    rails = content.rails
    return replace(
        content,
        body="\n".join(" ".join(line.split(" ")).strip() for line in spelled(content.body).split("\n")).strip(),
        lines=tuple(map(spelled, content.lines)),
        rails=replace(rails, more=spelled(rails.more), back=spelled(rails.back), home=spelled(rails.home)),
        notice=spelled(content.notice),
    )


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(line for line in lines if line)


class _Dealer:
    """Deals a page out over parts, front to back."""

    def __init__(self, content: Content, budget: Budget) -> None:
        self._content, self._budget = content, budget
        self._left = deque(_pieces(content))
        self._notice = units(content.notice, budget.charset) + 1 if content.notice else 0
        self._rest = sum(self._units(piece.text) + len(piece.before) for piece in self._left)

    def _units(self, text: str) -> int:
        return units(text, self._budget.charset)

    def _room(self, navigation: Sequence[str]) -> int:
        return self._budget.size - self._notice - sum(self._units(line) + 1 for line in navigation)

    def parts(self) -> Iterator[Part]:
        """Each part with its navigation."""
        part, count = 0, len(self._content.lines)
        while True:
            lines = self._content.rails.lines(part, last=True)
            # the blank before the first piece of a part is dropped
            first = len(self._left[0].before) if self._left else 0
            if self._rest - first <= self._room(lines):
                yield Part(_joined((self._taken(self._rest), *lines)), count)
                return
            lines = self._content.rails.lines(part, last=False)
            text = self._taken(self._room(lines))
            yield Part(_joined((text, *lines)), count - sum(not piece.is_word for piece in self._left))
            part += 1

    def _taken(self, room: int) -> str:
        """What goes into ``room`` from the front of what is left."""
        text, used = "", 0
        while self._left:
            piece = self._left[0]
            before = piece.before if text else ""
            size = self._units(piece.text) + len(before)
            if used + size > room:
                break
            self._rest -= self._units(piece.text) + len(piece.before)
            self._left.popleft()
            text, used = text + before + piece.text, used + size
        return text or self._broken(room)

    def _broken(self, room: int) -> str:
        """The front of a word, or of a line, that is longer than a screen."""
        if not self._left:
            return ""
        piece = self._left[0]
        head = self._head(piece.text, room if piece.is_word else room - len(_CUT))
        if not head:
            raise ScreenTooSmall(f"{self._budget.size} units leave no room for the page; shorten its navigation")
        self._rest -= self._units(piece.text) + len(piece.before)
        if not piece.is_word:
            self._left.popleft()
            return head + _CUT
        self._left[0] = _Piece(piece.text[len(head) :], "", is_word=True)
        self._rest += self._units(self._left[0].text)
        return head

    def _head(self, text: str, room: int) -> str:
        end = used = 0
        for char in text:
            used += self._units(char)
            if used > room:
                break
            end += 1
        return text[:end]


def _pieces(content: Content) -> Iterator[_Piece]:
    for line in content.body.split("\n"):
        for at, word in enumerate(line.split()):
            yield _Piece(word, " " if at else "\n", is_word=True)
    for line in content.lines:
        yield _Piece(line, "\n", is_word=False)
