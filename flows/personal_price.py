"""What a bundle costs one person for a while, and why, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any

from flows.catalogue import Bundle
from flows.documents import decode
from flows.frozen import dataclass
from flows.texts import Voice
from flows.values import BundleId, Money
from locales.catalogues import N_

OwnPrices = Mapping[BundleId, Money]
"""What costs one person less than the list, and how much: a fact of theirs, for whoever decides, lists or sells."""


def at_own_price(bundle: Bundle, own: OwnPrices) -> Bundle:
    """The bundle at what it costs this person."""
    return replace(bundle, price=own[bundle.id]) if bundle.id in own else bundle


@dataclass(frozen=True, slots=True)
class PersonalPrice:
    """price: what is asked and charged, tax as in the list's. until: how long it stands, on every channel.

    reason: JSON, all that it was worked out from.
    """

    price: Money
    listed: Money
    until: datetime
    reason: str

    def document(self) -> Mapping[str, Any]:
        """For an offer's decision: the same inputs give the same price again."""
        return {"until": self.until.isoformat(), **decode(self.reason)}


def why(voice: Voice, price: Money, listed: Money, until: datetime, zone: tzinfo) -> str:
    """Why this person is asked less than the list, for care and for themselves."""
    return voice.say(
        N_(
            "Your price is {price} instead of {listed} until {day}: we would like you to stay. It follows from what you"
            " buy and how you use your line, not from who you are."
        ),
        price=voice.money(price),
        listed=voice.money(listed),
        day=voice.day(until, zone),
    )
