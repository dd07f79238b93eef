"""What an aggregator's wire is: how a text is handed over and the answer read, and how what comes in is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from flows.frozen import dataclass
from gateway.core.ports import DeliveryReceipt, MobileOriginated, ShortMessage, SubmitOutcome
from gateway.sms.account import Account
from gateway.sms.fields import Received


class Ask(NamedTuple):
    """The request that hands a text over. query, form: in order; what goes in which is the wire's."""

    url: str
    query: Sequence[tuple[str, str]] = ()
    form: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = {}


class Answer(NamedTuple):
    """What came back. body: None where it did not come whole, or is longer than any. retry_after: seconds."""

    status: int
    body: bytes | None
    retry_after: float | None = None


class Verdict(NamedTuple):
    """What an answer means. pause: seconds for which the account is to be left alone."""

    outcome: SubmitOutcome
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Whose:
    """What a request says of the account that it is for; empty = nothing.

    name: ours, as we wrote it into the URL; user: the aggregator's own name for it; number: the service number.
    """

    name: str = ""
    user: str = ""
    number: str = ""


class Wire(Protocol):
    """How one kind of aggregator speaks.

    kind: as it stands in the path and in ``[[aggregators]]``. method: of requests that hand texts over; calls_by: of
    those that come in. signs: whether a request that comes in carries a signature. thanks: what it is answered with.
    """

    @property
    def kind(self) -> str: ...

    @property
    def method(self) -> str: ...

    @property
    def calls_by(self) -> str: ...

    @property
    def signs(self) -> bool: ...

    @property
    def thanks(self) -> tuple[bytes, str]:
        """Body and content type."""
        ...

    def ask(self, message: ShortMessage, account: Account) -> Ask:
        """The request; the text whole, for the aggregator to cut."""
        ...

    def judge(self, answer: Answer, message: ShortMessage, account: Account) -> Verdict:
        """What the answer means for the text."""
        ...

    def foretold(self, message: ShortMessage, account: Account) -> tuple[str, ...]:
        """The name that receipts will have for the text, where that is known whatever is answered."""
        ...

    def whose(self, received: Received) -> Whose:
        """Which account it is for."""
        ...

    def is_signed(self, received: Received, account: Account) -> bool:
        """Whether it comes from whoever knows the account's secret; true where the wire has no signatures."""
        ...

    def text(self, received: Received, account: Account) -> MobileOriginated:
        """A text from a subscriber. Raises BadRequest."""
        ...

    def receipt(self, received: Received, account: Account) -> DeliveryReceipt:
        """What became of a text. Raises BadRequest. also: our own id of it, where the wire brings that back."""
        ...
