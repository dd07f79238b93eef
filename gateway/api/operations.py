"""Routes as values: path, right, parameters, bodies, answers and problems in one place, so that no document goes stale.

``Access.add`` registers an operation with its handler; ``gateway.api.openapi`` writes what was registered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta

from flows.frozen import dataclass
from gateway.api.models import SourceName
from gateway.api.rights import Right

Problems = tuple[tuple[int, str], ...]
"""Status and code of each."""

AT_THE_DOOR: Problems = ((401, "unauthorized"), (403, "forbidden"), (429, "too-many-requests"))
OF_BODIES: Problems = (
    (400, "not-json"),
    (400, "bad-body"),
    (400, "unknown-encoding"),
    (400, "bad-encoding"),
    (408, "too-slow"),
    (413, "too-large"),
)
OF_KEYS: Problems = ((400, "idempotency-key-missing"), (409, "in-progress"), (422, "idempotency-key-reused"))
OF_PEOPLE: Problems = ((400, "invalid-msisdn"),)
OF_LISTS: Problems = ((400, "invalid-limit"),)
MOST_ITEMS = 200

_Limit = Annotated[int, Meta(ge=1, le=MOST_ITEMS, extra_json_schema={"default": 50})]
_Token = Annotated[str, Meta(min_length=1, max_length=80, extra_json_schema={"pattern": "^[A-Za-z0-9._:-]+$"})]
_Person = Annotated[str, Meta(extra_json_schema={"pattern": r"^\+?[1-9][0-9]{6,14}$"})]
_Kind = Annotated[str, Meta(extra_json_schema={"enum": ["stop", "blackout", "test", "dry_run"]})]
_Key = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=255,
        examples=["8e03978e-40d5-43e8-bc93-6894a57f9324"],
        extra_json_schema={"pattern": "^[!-~]([ -~]*[!-~])?$"},
    ),
]
PATH_TYPES: Mapping[str, Any] = {"msisdn": _Person, "kind": _Kind, "source": SourceName}
"""What stands in a path's braces; others are ids."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. type: what a schema can be made of."""

    name: str
    where: Literal["path", "query", "header"]
    type: Any
    what: str
    required: bool = False


PAGES = (
    Parameter("limit", "query", _Limit, "How many at most."),
    Parameter("after", "query", str, "The `next` of the page before."),
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One route.

    id: what client generators call it. answers: model by status, None for an answer without a body. body: model of what
    is sent. key: whether an Idempotency-Key is needed, may be given, or means nothing. problems: beside the usual ones.
    """

    id: str
    method: Literal["GET", "PUT", "POST", "DELETE"]
    path: str
    summary: str
    right: Right
    answers: Mapping[int, Any]
    body: Any = None
    key: Literal["needed", "optional", "none"] = "none"
    parameters: tuple[Parameter, ...] = ()
    problems: Problems = ()

    @property
    def in_path(self) -> tuple[Parameter, ...]:
        """The parameters in its path."""
        names = [part[1:-1] for part in self.path.split("/") if part.startswith("{")]
        return tuple(Parameter(one, "path", PATH_TYPES.get(one, _Token), _SAID.get(one, ""), True) for one in names)

    @property
    def all_parameters(self) -> tuple[Parameter, ...]:
        """Every one, the Idempotency-Key among them."""
        key = (Parameter("Idempotency-Key", "header", _Key, _KEY, self.key == "needed"),)
        return (*self.in_path, *self.parameters, *(key if self.key != "none" else ()))

    @property
    def all_problems(self) -> Problems:
        """Every one that is known beforehand."""
        names = {one.name for one in self.all_parameters}
        return (
            *AT_THE_DOOR,
            *(OF_PEOPLE if "msisdn" in names else ()),
            *(OF_LISTS if "limit" in names else ()),
            *(OF_BODIES if self.body is not None else ()),
            *(OF_KEYS if self.key != "none" else ()),
            *(((404, "not-found"),) if self.in_path else ()),
            *self.problems,
        )


_KEY = "The same key with the same request gets the first one's answer; with another request it is refused."
_SAID: Mapping[str, str] = {"msisdn": "The subscriber: an E.164 number, with or without +.", "kind": "Of the control."}
