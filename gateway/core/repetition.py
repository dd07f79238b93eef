"""The network says again what a person said once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from flows.records import Offer
from store.inbox import Entry

SAME_TEXT_WITHIN = timedelta(seconds=60)
"""An equal text within this time, with nothing said in between by either side, is the network's repetition."""
REPEATED = "repeated"
"""The outcome of a text that was said before."""


def repeats(entry: Entry, before: Entry | None, made: Iterable[Offer]) -> bool:
    """Whether the network says again what it said before, and no offer was made in between.

    before: the last text of the same person within that time. made: offers to them from this number. A question about a
    second yes is no offer: it asks for another word than the first.
    """
    if before is None or before.body != entry.body:
        return False
    return all(offer.created_at <= before.received_at for offer in made)
