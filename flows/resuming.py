"""Going on where a session was broken off: networks drop them all the time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from flows.session import Session
from flows.texts import Voice
from menus.paging import Content, Rails, fit
from menus.values import Budget, Place

_YES = "1"


def worth_asking(left: Session, start: Place, *, answered: datetime, at: datetime, seconds: float) -> bool:
    """Whether somebody who dials again is asked: soon enough, and not if they had only dialled.

    answered: when the session was last answered. start: where its menu begins.
    """
    soon = 0 <= (at - answered).total_seconds() <= seconds
    return soon and left.left is None and left.place.page != start.page


def question(voice: Voice, budget: Budget) -> str:
    """The screen that asks."""
    ask, go_on, anew = voice.resume()
    lines = (f"{_YES} {go_on}", f"2 {anew}")
    return fit(Content(ask, lines, Rails("", "", closes=True), language=voice.language), budget)[0]


def answered(session: Session, said: str) -> Session:
    """Where the answer leads: to where the last session was left, or, whatever else was said, to the beginning."""
    left = session.left
    if left is None or said.strip() != _YES:
        return replace(session, left=None)
    return replace(left, place=replace(left.place, mistakes=0))
