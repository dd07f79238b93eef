"""The models in service, as the core has them: read once, replaced as a whole, never changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import Any, Literal

from flows.frozen import dataclass
from scoring.artefact import Artefact
from scoring.values import Floats, UsageBatch

Role = Literal["champion", "challenger"]
RULES = "rules"
"""Stands for a version where no model is in service."""


@dataclass(frozen=True, slots=True)
class Served:
    """A model in service. model: what the loader of its kind made of the artefact, ready to be asked.

    night: the same for many rows at once (``scoring.many_rows``), None for no other. rows: the features that it is
    given for a batch, ``(n, features)``, so that they can be held against those of training; None = they are not.
    proven: whether it beat its baseline on what training had not seen; what did not is not put in service unasked.
    """

    artefact: Artefact
    model: Any
    night: Any = None
    rows: Callable[[UsageBatch], Floats] | None = None
    proven: bool = True


@dataclass(frozen=True, slots=True)
class Models:
    """By kind. champions: decide. challengers: score the same inputs, and decide nothing (ADR 34)."""

    champions: Mapping[str, Served] = field(default_factory=dict)
    challengers: Mapping[str, Served] = field(default_factory=dict)

    def champion(self, kind: str) -> Any:
        """The model that decides; None where the rules do that need none."""
        served = self.champions.get(kind)
        return None if served is None else served.model

    def challenger(self, kind: str) -> Any:
        """The model that is tried beside it; None for none."""
        served = self.challengers.get(kind)
        return None if served is None else served.model

    def version(self, kind: str, role: Role = "champion") -> str:
        """The version that a decision names; ``rules`` without a model."""
        served = (self.champions if role == "champion" else self.challengers).get(kind)
        return RULES if served is None else served.artefact.version

    def __iter__(self) -> Iterator[tuple[str, Role, Served]]:
        """Each with its kind and role."""
        for kind, served in self.champions.items():
            yield kind, "champion", served
        for kind, served in self.challengers.items():
            yield kind, "challenger", served
