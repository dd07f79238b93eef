"""Why an offer was made, in a person's language, from the reasons that are kept with the decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flows.texts import Voice
from flows.values import Money
from locales.catalogues import N_

_BY = {
    "rule": N_("Chosen by margin and fit among {count} that could be paid: fit {fit} %"),
    "held_out": N_("Chosen by margin and fit among {count} that could be paid, to compare with: fit {fit} %"),
    "learned": N_(
        "Chosen among {count} that could be paid: about {acceptance} % accept it, fit {fit} %, drawn with {chance} %"
    ),
}
_LEFT_OUT = {
    "dear": N_("Left out as too dear for the balance: {count}"),
    "refused": N_("Left out as refused lately: {count}"),
    "barred": N_("Left out as not for this person: {count}"),
}


def lines(reasons: Mapping[str, Any], voice: Voice) -> Iterator[str]:
    """What there is to say; nothing where no reasons were kept. reasons: see ``gateway.core.decision_log``."""
    if not reasons:
        return
    if "bundle" in reasons:
        told = {name: _percent(reasons[name]) for name in ("fit", "acceptance", "chance") if name in reasons}
        yield voice.say(_BY[reasons["by"]], count=str(reasons["of"]), **told)
    else:
        yield voice.say(N_("Nothing could be offered"))
    if "price" in reasons:
        told = {name: voice.money(Money(reasons[name], reasons["currency"])) for name in ("price", "listed")}
        yield voice.say(N_("At a price of their own: {price} instead of {listed}"), **told)
    if reasons.get("content"):
        yield voice.say(N_("It is content, since nothing else could be paid"))
    if reasons.get("size"):
        yield voice.say(N_("Its size and validity are those that fit this person best"))
    for code, text in _LEFT_OUT.items():
        if reasons.get(code):
            yield voice.say(text, count=str(reasons[code]))


def _percent(share: float) -> str:
    return f"{share * 100:.0f}"
