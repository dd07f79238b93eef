"""The numbers that texts leave from, and what the market's regulator wants to be said with each text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from flows.frozen import dataclass

NumberKind = Literal["short", "long", "alphanumeric"]
MoTariff = Literal["free", "standard", "premium"]
"""What a text to the number costs whoever sends it."""
_LONGEST_VARIABLE: Final = 120
"""Characters."""


@dataclass(frozen=True, slots=True)
class Template:
    """A text as it is registered with the regulator, such as India's DLT. words: those around its variables."""

    id: str
    words: tuple[str, ...]

    def fits(self, text: str) -> bool:
        """Whether ``text`` was made from it, with at most 120 characters for each variable.

        All ways to read it are followed at once: a pattern would try one after the other, and with ten variables
        never come to an end.
        """
        ends = [len(self.words[0])] if text.startswith(self.words[0]) else []
        for words in self.words[1:]:
            ends = _ends_after(ends, words, text)
        return bool(ends) and ends[-1] == len(text)


@dataclass(frozen=True, slots=True)
class ServiceNumber:
    """One sender.

    address: as it stands in the text. ton, npi: SMPP 3.4 §5.2.5, §5.2.6. two_way: whether it can be answered; an
    alphanumeric one never can. mo_tariff: what an answer costs. code: the regulator's, as printed in reports.
    tlvs: sent with every text. templates: if any, nothing else may leave; template_tag: the TLV that names one.
    """

    address: str
    two_way: bool = True
    kind: NumberKind = "short"
    ton: int = 3
    npi: int = 0
    mo_tariff: MoTariff = "free"
    code: str = ""
    tlvs: tuple[tuple[int, bytes], ...] = ()
    templates: tuple[Template, ...] = ()
    template_tag: int = 0x1401

    @property
    def answerable(self) -> bool:
        """Whether a text that asks for an answer may leave from here: subscribers without airtime must be able to."""
        return self.two_way and self.kind != "alphanumeric" and self.mo_tariff == "free"

    def template_of(self, text: str) -> Template | None:
        """The template that ``text`` was made from; None also where there are none."""
        return next((one for one in self.templates if one.fits(text)), None)


def _ends_after(ends: Sequence[int], words: str, text: str) -> list[int]:
    """Where ``words`` end wherever they stand one variable after one of ``ends``; both in order."""
    found: list[int] = []
    at, start = 0, text.find(words, ends[0]) if ends else -1
    while start >= 0:
        while at + 1 < len(ends) and ends[at + 1] <= start:
            at += 1
        if start - ends[at] <= _LONGEST_VARIABLE:
            found.append(start + len(words))
        start = text.find(words, start + 1)
    return found
