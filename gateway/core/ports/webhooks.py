"""What the core asks of whoever posts events to the operator's own systems."""

from __future__ import annotations

from typing import Protocol

from flows.frozen import dataclass
from store.webhook_rows import WebhookRow


@dataclass(frozen=True, slots=True)
class Taken:
    """Answered with 2xx."""


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Not answered so, or not at all: it goes again. reason: a code; wait: seconds that were asked for, if any."""

    reason: str
    wait: float | None = None


@dataclass(frozen=True, slots=True)
class EndpointGone:
    """Answered with 410: nothing more is to be sent there."""


@dataclass(frozen=True, slots=True)
class NotSo:
    """What it would tell did not come to pass: nothing was sent."""


PostOutcome = Taken | NotTaken | EndpointGone | NotSo


class WebhookPoster(Protocol):
    """One endpoint. Raises nothing that a peer can cause."""

    async def post(self, row: WebhookRow) -> PostOutcome:
        """Compose the event and post it, once."""
        ...
