"""What a wire dialect is: a pure pair of reading a hop and writing its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from types import MappingProxyType
from typing import NamedTuple, Protocol

from flows.frozen import dataclass
from flows.values import Msisdn
from gateway.core.turn import Reply, Said

MOST_TEXT = 4_000
"""Characters of what is said: more than any network's session can say."""
_MOST_SESSION = 128
CONTROL = dict.fromkeys((*range(32), 127))
"""For ``str.translate``: what nobody types."""


_NOTHING: Mapping[str, str] = MappingProxyType({})


class BadHop(ValueError):
    """A request that is not a hop in this dialect; the message says what is wrong, without any value.

    status: of the HTTP answer.
    """

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Way:
    """One address of a dialect, below ``/ussd/{dialect}``. path: may hold ``{names}``."""

    method: str = "POST"
    path: str = ""


class HopRequest(NamedTuple):
    """What came over HTTP. query, headers: by name. way: where it came in; parts: what its path's names stand for."""

    body: bytes
    query: Mapping[str, str] = _NOTHING
    headers: Mapping[str, str] = _NOTHING
    way: Way = Way()
    parts: Mapping[str, str] = _NOTHING


@dataclass(frozen=True, slots=True)
class Hop:
    """One hop.

    msisdn: None, and service, network: empty, where the wire does not say them at every hop. service: what was
    dialled, alone or with what came behind it (``*123*4#``). echo: what the answer must repeat of the request.
    """

    session: str
    msisdn: Msisdn | None
    service: str
    network: str
    said: Said
    echo: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ended:
    """The network has closed a session. status: its own word. echo: what the answer must repeat of the request."""

    session: str
    status: str
    echo: Mapping[str, str] = field(default_factory=dict)


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

    @property
    def ways(self) -> Sequence[Way]:
        """Where its requests come in."""
        ...

    @property
    def septets(self) -> int:
        """What one of its screens usually holds."""
        ...

    def parse(self, request: HopRequest) -> Hop | Ended:
        """The hop, or the end of a session. Raises BadHop."""
        ...

    def format(self, reply: Reply, hop: Hop | None = None, status: int = 200) -> HopResponse:
        """The answer. The same reply to the same hop is always the same bytes.

        hop: None where the request was none, or nobody was let in.
        """
        ...

    def format_ended(self, ended: Ended) -> HopResponse:
        """The answer to the notice that a session has ended."""
        ...


def session_id(value: str, name: str) -> str:
    """A session's id as the wire gives it. Raises BadHop."""
    session = value.strip()
    if not session:
        raise BadHop(f"{name} is missing")
    if len(session) > _MOST_SESSION or not session.isprintable():
        raise BadHop(f"{name} must be at most {_MOST_SESSION} printable characters")
    return session


def typed(value: str, name: str) -> str:
    """What was typed, without what nobody types. Raises BadHop."""
    if len(value) > MOST_TEXT:
        raise BadHop(f"{name} has more than {MOST_TEXT} characters")
    return value.translate(CONTROL)
