"""One step of a machine: a state, a fact, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from statemachine import StateMachine

from flows.effects import Effect


@dataclass(frozen=True, slots=True)
class Step:
    """The state after a fact, and the effects to carry out, in order."""

    state: str
    effects: tuple[Effect, ...]


class Flow(StateMachine):
    """Base of the business machines.

    Callbacks are synchronous and pure and return effects. A machine is shared: each step sets the state
    that the row has and reads the state after, without an await between (facts: an instance per row costs
    kilobytes and hundreds of microseconds). No state is final, for a shared machine dies in a final state.
    """

    allow_event_without_transition = False

    def step(self, state: str, event: str, **facts: Any) -> Step:
        """The step that ``event`` makes from ``state``. Raises TransitionNotAllowed for one that cannot be."""
        self.current_state_value = state
        effects = self.send(event, **facts)
        return Step(state=str(self.current_state_value), effects=tuple(_flat(effects)))


def _flat(result: object) -> Iterable[Effect]:
    """Callbacks of one transition come back as None, one result, or a list of results."""
    if result is None:
        return
    if isinstance(result, list | tuple):
        for item in result:
            yield from _flat(item)
    else:
        yield result  # type: ignore[misc]
