"""Parts of texts for which receipts are to come, by the names that SMSCs gave them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from itertools import groupby

from gateway.core.expected_text import ExpectedPart, ExpectedText, settled_state
from store.parts import Part

Key = tuple[str, str]
"""SMSC and message id."""


class RememberedParts:
    """The latest ones; which are more than ``most`` are in the store alone, the eldest first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[Key, ExpectedPart] = OrderedDict()

    def get(self, key: Key) -> ExpectedPart | None:
        """The part that this SMSC gave this id."""
        return self._known.get(key)

    def remember(self, text: ExpectedText) -> None:
        """A text was handed over just now; what had one of its ids before has it no more."""
        for number, message_id in enumerate(text.message_ids):
            self._known[text.smsc, message_id] = ExpectedPart(text, number, text.smsc, message_id)
        self._shorten()

    def recall(self, stored: Sequence[Part]) -> Mapping[Key, ExpectedPart]:
        """All of these parts, whole texts from the store; those that are open are remembered from now on.

        What is remembered already knows more than the store, and stays as it is.
        """
        found: dict[Key, ExpectedPart] = {}
        for _, of_one in groupby(stored, lambda part: part.outbox_id):
            siblings = list(of_one)
            text = self._remembered(siblings) or _text(siblings)
            for part in siblings:
                key = part.smsc, part.message_id
                found[key] = self._known.get(key) or ExpectedPart(text, part.part, *key)
                if part.part not in text.states:
                    self._known.setdefault(key, found[key])
        self._shorten()
        return found

    def forget(self, text: ExpectedText, smsc: str, message_id: str) -> None:
        """The last word on this part is durable, or nothing is known of it."""
        known = self._known.get((smsc, message_id))
        if known is not None and known.text is text:
            del self._known[smsc, message_id]

    def _remembered(self, siblings: Sequence[Part]) -> ExpectedText | None:
        known = (self._known.get((part.smsc, part.message_id)) for part in siblings)
        return next((one.text for one in known if one is not None and one.text.id == siblings[0].outbox_id), None)

    def _shorten(self) -> None:
        while len(self._known) > self._most:
            self._known.popitem(last=False)


def _text(siblings: Sequence[Part]) -> ExpectedText:
    """A text as the store knows it."""
    names = {part.part: part.message_id for part in siblings}
    total = siblings[0].of or len(names)
    return ExpectedText(
        siblings[0].outbox_id,
        siblings[-1].smsc,
        tuple(names.get(number, "") for number in range(total)),
        {part.part: part.state for part in siblings if settled_state(part.state)},
        {part.part: part.error for part in siblings if part.error and settled_state(part.state)},
        stored=True,
    )
