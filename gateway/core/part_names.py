"""Under which names a receipt's part may be known: some SMSCs answer in hexadecimal and report in decimal."""

from __future__ import annotations

from gateway.core.ports import DeliveryReceipt


class PartNames:
    """What receipts have shown of how each SMSC writes ids.

    An SMSC that was seen to write ids as it gave them is taken at its word; only before that does another spelling
    count, for it may be the name of another text.
    """

    def __init__(self) -> None:
        self._literal: set[str] = set()
        self._respelled: set[str] = set()

    def all(self, receipt: DeliveryReceipt) -> tuple[str, ...]:
        """Every name that counts, the likeliest first."""
        return (receipt.message_id,) if receipt.smsc in self._literal else (receipt.message_id, *receipt.also)

    def sure(self, receipt: DeliveryReceipt) -> tuple[str, ...]:
        """Those under which it may be found before anybody has looked for its own."""
        return self.all(receipt) if receipt.smsc in self._respelled else (receipt.message_id,)

    def learn(self, receipt: DeliveryReceipt, name: str) -> None:
        """A receipt was for the part of this name: so its SMSC writes ids."""
        (self._literal if name == receipt.message_id else self._respelled).add(receipt.smsc)
