"""One step of a machine: a state, a fact, and what follows from it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from statemachine import StateMachine
from statemachine.exceptions import InvalidStateValue, TransitionNotAllowed

from flows.effects import Effect
from flows.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """The state after a fact, and the effects to carry out, in order."""

    state: str
    effects: tuple[Effect, ...]


class Flow(StateMachine):
    """Base of the business machines.

    Callbacks are synchronous and pure and return effects. A machine is shared; no state is final, for a shared
    machine dies in a final state. The library checks the machine, draws it, and is what steps are held against;
    ``step`` itself walks a table made from its transitions, some hundred microseconds quicker (ADR 2).
    """

    allow_event_without_transition = False

    def __init__(self) -> None:
        super().__init__()
        self._table = _table(self)

    def step(self, state: str, event: str, **facts: Any) -> Step:
        """The step that ``event`` makes from ``state``. Raises TransitionNotAllowed, InvalidStateValue."""
        for way in self._table.get((state, event), ()):
            if all(bool(condition(facts)) is wanted for condition, wanted in way.conditions):
                return Step(way.target, tuple(effect for act in way.actions for effect in _flat(act(facts))))
        if all(known.value != state for known in self.states):
            raise InvalidStateValue(state)  # type: ignore[no-untyped-call]
        raise TransitionNotAllowed(
            next((known for known in self.events if str(known) == event), None),
            {one for one in self.states if one.value == state},
        )

    def step_by_machine(self, state: str, event: str, **facts: Any) -> Step:
        """The same by the library's own engine."""
        self.current_state_value = state
        effects = self.send(event, **facts)
        return Step(state=str(self.current_state_value), effects=tuple(_flat(effects)))


_Callback = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class _Way:
    target: str
    conditions: tuple[tuple[_Callback, bool], ...]
    actions: tuple[_Callback, ...]


def _table(flow: Flow) -> Mapping[tuple[str, str], tuple[_Way, ...]]:
    """By state and event the transitions, in the order in which the machine tries them."""
    table: dict[tuple[str, str], tuple[_Way, ...]] = {}
    for state in flow.states:
        for transition in state.transitions:
            way = _Way(
                target=str(transition.target.value),
                conditions=tuple(
                    (_callback(flow, spec.func), bool(spec.expected_value))
                    for spec in transition.cond
                    if not spec.is_convention
                ),
                actions=tuple(_callback(flow, spec.func) for spec in transition.on if not spec.is_convention),
            )
            for event in transition.events:
                key = (str(state.value), str(event))
                table[key] = (*table.get(key, ()), way)
    return table


def _callback(flow: Flow, name: str) -> _Callback:
    """Calls a method of the machine with those facts that it asks for by name, as the library does."""
    method = getattr(flow, name)
    wanted = tuple(inspect.signature(method).parameters)
    return lambda facts: method(**{fact: facts[fact] for fact in wanted})


def _flat(result: object) -> Iterable[Effect]:
    """Callbacks of one transition come back as None, one result, or a list of results."""
    if result is None:
        return
    if isinstance(result, list | tuple):
        for item in result:
            yield from _flat(item)
    else:
        yield result  # type: ignore[misc]
