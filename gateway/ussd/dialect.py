"""What a wire dialect is: a pure pair of reading a hop and writing its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from flows.values import Msisdn
from gateway.core.turn import Reply


class BadHop(ValueError):
    """A request that is not a hop in this dialect; the message says what is wrong, without any value.

    status: of the HTTP answer.
    """

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class HopRequest:
    """What came over HTTP. query, headers: by name."""

    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hop:
    """One hop. transcript: all that was said since the session began, joined by ``*``."""

    session: str
    msisdn: Msisdn
    service: str
    network: str
    transcript: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The network has closed a session. status: its own word."""

    session: str
    status: str


@dataclass(frozen=True, slots=True)
class HopResponse:
    """What goes back over HTTP."""

    body: bytes
    content_type: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Dialect(Protocol):
    """How one kind of gateway speaks."""

    @property
    def name(self) -> str:
        """As it stands in the path and in ``[[doors]]``."""
        ...

    def parse(self, request: HopRequest) -> Hop:
        """The hop. Raises BadHop."""
        ...

    def parse_end(self, request: HopRequest) -> Ended:
        """The end of a session. Raises BadHop."""
        ...

    def format(self, reply: Reply, status: int = 200) -> HopResponse:
        """The answer. The same reply is always the same bytes."""
        ...
