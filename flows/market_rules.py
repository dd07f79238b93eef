"""The kinds of rules that a market pack holds, and the days on which each holds."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from enum import StrEnum
from typing import Generic, TypeVar

from flows.frozen import dataclass
from flows.holidays import CALENDARS


class AlertScope(StrEnum):
    """What the thresholds are counted on."""

    WALLET = "wallet"
    EACH_BUNDLE = "each_bundle"


class OptIn(StrEnum):
    """Whether marketing needs the person's yes beforehand."""

    PRIOR = "prior"
    NOT_REQUIRED = "not_required"


@dataclass(frozen=True, slots=True)
class AlertRules:
    """When a person is to be told that a bundle runs out.

    thresholds: shares used, ascending. mandatory: law, not practice.
    """

    thresholds: tuple[float, ...]
    scope: AlertScope
    mandatory: bool


@dataclass(frozen=True, slots=True)
class Window:
    """From ``start`` up to but not including ``end``, local time."""

    start: time
    end: time

    def holds(self, moment: time) -> bool:
        return self.start <= moment < self.end


@dataclass(frozen=True, slots=True)
class ContactHours:
    """When marketing may be sent.

    windows: one entry a weekday, Monday first; an empty entry allows nothing that day.
    holidays: name of a calendar (``flows.holidays``) on whose days nothing may be sent; empty = none.
    """

    windows: tuple[tuple[Window, ...], ...]
    holidays: str = ""

    def allow(self, local: datetime) -> bool:
        """Whether marketing may be sent at this local time."""
        day = local.date()
        if self.holidays and day in CALENDARS[self.holidays](day.year):
            return False
        return any(window.holds(local.time()) for window in self.windows[day.weekday()])


@dataclass(frozen=True, slots=True)
class Caps:
    """How much marketing one person may get.

    per_day: None = no limit. one_channel_a_week: all of a week's marketing must come on one channel.
    """

    per_day: int | None = None
    one_channel_a_week: bool = False


@dataclass(frozen=True, slots=True)
class SmsConfirmation:
    """A purchase by text above this many minor units needs a second yes; 0 = every one."""

    above: int


class ProofCollector(StrEnum):
    """Who takes the proof that a person wants to port."""

    US = "us"
    DONOR = "donor"
    CLEARING_HOUSE = "clearing_house"


@dataclass(frozen=True, slots=True)
class PortingProof:
    """What a person is sent as proof, and who takes it from them.

    pattern: of the whole text, in capitals, words parted by one blank; None where it is not for us.
    valid_hours: so long after the request it counts.
    """

    collected_by: ProofCollector
    pattern: re.Pattern[str] | None
    valid_hours: int


RuleT_co = TypeVar("RuleT_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Dated(Generic[RuleT_co]):
    """A rule, where it is from, and the first and last day on which it holds (None = open)."""

    rule: RuleT_co
    source: str
    valid_from: date | None
    valid_to: date | None

    def holds_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)
