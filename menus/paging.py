"""From a page to screens: never inside a word where that can be helped, never inside an option, never over the budget.

Budgets are septets of the GSM alphabet (3GPP TS 23.038 §6.2.1; one USSD string takes 160 octets, 182 septets) or
UTF-16 code units. The lines that lead on ("98 More", "0 Back") are counted in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from menus.charset import is_gsm7, septets, transliterate
from menus.values import Budget

_CUT = "..."
Navigation = Callable[[int, bool], Sequence[str]]
"""The lines under a screen, by its number and whether another one follows."""


@dataclass(frozen=True, slots=True)
class Ruler:
    """Measures texts as one door does."""

    budget: Budget

    def spelled(self, text: str) -> str:
        """``text`` as the door can show it: what GSM-7 has no letter for becomes its nearest kin, or ``?``."""
        if self.budget.charset == "ucs2":
            return text
        plain = transliterate(text)
        return plain if is_gsm7(plain) else "".join(char if is_gsm7(char) else "?" for char in plain)

    def length(self, text: str) -> int:
        """What ``text`` takes of the budget."""
        if self.budget.charset == "ucs2":
            return len(text.encode("utf-16-be", "surrogatepass")) // 2
        return septets(text)

    def cut(self, text: str, room: int) -> tuple[str, str]:
        """The longest beginning of ``text`` that takes at most ``room``, at least one character, and the rest."""
        end = max(1, min(len(text), room))
        while end > 1 and self.length(text[:end]) > room:
            end -= 1
        return text[:end], text[end:]


def fit(body: str, lines: Sequence[str], navigation: Navigation, budget: Budget) -> list[str]:
    """The screens of a page, at least one. Everything is spelled for the door first.

    A line that is longer than a whole screen is cut at its end.
    """
    ruler = Ruler(budget)
    left = _Left(ruler, [ruler.spelled(line) for line in body.split("\n")] if body else [])
    left.lines = [ruler.spelled(line) for line in lines]
    screens: list[str] = []
    while True:
        last = _under(ruler, navigation(len(screens), False))
        rest = "\n".join([*left.words, *left.lines])
        if ruler.length(rest) + ruler.length(last) <= budget.size:
            screens.append((rest + last).removeprefix("\n"))
            return screens
        under = _under(ruler, navigation(len(screens), True))
        screens.append((left.take(budget.size - ruler.length(under)) + under).removeprefix("\n"))
        if not (left.words or left.lines):  # the last line alone was longer than a screen
            return screens


def _under(ruler: Ruler, lines: Sequence[str]) -> str:
    return "".join(f"\n{ruler.spelled(line)}" for line in lines)


class _Left:
    """What is still to be put on screens: lines of the body, which may be split at blanks, and whole lines."""

    def __init__(self, ruler: Ruler, words: list[str]) -> None:
        self.words = words
        self.lines: list[str] = []
        self._ruler = ruler

    def take(self, room: int) -> str:
        """One screen's worth, at most ``room``."""
        taken: list[str] = []
        used = 0
        while self.words or self.lines:
            line = (self.words or self.lines)[0]
            needed = self._ruler.length(line) + bool(taken)
            if used + needed <= room:
                taken.append((self.words or self.lines).pop(0))
                used += needed
                continue
            if not taken:
                taken.append(self._split(room))
            break
        return "\n".join(taken)

    def _split(self, room: int) -> str:
        """The beginning of a line that does not fit into a screen of its own."""
        if not self.words:
            line = self.lines.pop(0)
            return self._ruler.cut(line, max(1, room - len(_CUT)))[0] + (_CUT if room > len(_CUT) else "")
        line = self.words.pop(0)
        head, _ = self._ruler.cut(line, room)
        at = head.rfind(" ") if len(head) < len(line) and line[len(head)] != " " else len(head)
        if at > 0:
            head = line[:at]
        rest = line[len(head) :].lstrip(" ")
        if rest:
            self.words.insert(0, rest)
        return head.rstrip(" ")
