"""The cells: when something happens to a purchase, and what."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

FIRST_NUMBER: Final = 573_100_000_000


class Moment(StrEnum):
    """How far the call for a purchase has come."""

    BEFORE_SEND = "before send"
    AFTER_SEND = "after send"
    AFTER_APPLY = "after apply"
    AFTER_ANSWER = "after answer"
    DURING_COMMIT = "during commit"


class Fault(StrEnum):
    """What happens then. ``WRONG_ANSWER``: one that is not about this order; ``TWICE``: the answer comes two times."""

    KILL = "kill -9"
    TIMEOUT = "time-out"
    RESET = "reset"
    SERVER_ERROR = "500"
    WRONG_ANSWER = "wrong answer"
    TWICE = "answer twice"


_BEFORE_THE_ANSWER: Final = (Moment.BEFORE_SEND, Moment.AFTER_SEND, Moment.AFTER_APPLY)
POSSIBLE: Final[dict[Fault, Sequence[Moment]]] = {
    Fault.KILL: tuple(Moment),
    Fault.TIMEOUT: _BEFORE_THE_ANSWER,
    Fault.RESET: (*_BEFORE_THE_ANSWER, Moment.AFTER_ANSWER),
    Fault.SERVER_ERROR: _BEFORE_THE_ANSWER,
    Fault.WRONG_ANSWER: _BEFORE_THE_ANSWER,
    Fault.TWICE: (Moment.AFTER_ANSWER,),
}
"""An answer that has come cannot be late, and only a process that is killed is hit while it commits."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One order. repeat: the same cell again, at another instant of its moment."""

    msisdn: str
    moment: Moment
    fault: Fault
    repeat: int

    def __str__(self) -> str:
        return f"{self.fault} {self.moment} #{self.repeat}"


def cells(repeats: int, kills: Collection[Moment] = tuple(Moment)) -> Sequence[Cell]:
    """All of them, each for a subscriber of its own. kills: at which moments; each costs a start of the gateway."""
    places = [
        (fault, moment, repeat)
        for fault in Fault
        for moment in POSSIBLE[fault]
        if fault is not Fault.KILL or moment in kills
        for repeat in range(repeats)
    ]
    return [
        Cell(str(FIRST_NUMBER + number), moment, fault, repeat) for number, (fault, moment, repeat) in enumerate(places)
    ]
