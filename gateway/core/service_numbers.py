"""The numbers that texts leave from, and what the market's regulator wants to be said with each text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

NumberKind = Literal["short", "long", "alphanumeric"]
MoTariff = Literal["free", "standard", "premium"]
"""What a text to the number costs whoever sends it."""


@dataclass(frozen=True, slots=True)
class Template:
    """A text as it is registered with the regulator, such as India's DLT. pattern: matches every text made from it."""

    id: str
    pattern: re.Pattern[str]


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
        return next((one for one in self.templates if one.pattern.fullmatch(text)), None)
