"""What can be made to go wrong in the simulated charging system (``PUT /faults``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace

from flows.frozen import dataclass

_STATES = frozenset(
    {"acknowledged", "pending", "inProgress", "held", "partial", "assessingCancellation", "pendingCancellation"}
)
_REFUSAL = "refused by the simulator"
_MOST_ORDERS = 10**9
_MOST_RESULT_CODE = 2**32 - 1


class BadFault(ValueError):
    """A fault that does not exist or cannot be set so; one line."""


@dataclass(frozen=True, slots=True)
class Faults:
    """One set of faults; ``PUT /faults`` replaces the whole.

    delay, balance_delay: seconds before an answer, to an order or to a question for buckets. hold: orders wait
    un-applied until the faults change. late: seconds after which an order is applied, its connection closed at once.
    drop_answer: how many next orders are applied and not answered. lose: how many next orders are neither.
    grant_nothing: how many next orders are charged and grant nothing. do_nothing: how many are said to be done alone.
    refuse: how many next orders are rejected with ``refusal``. status: an HTTP status for every call, nothing applied.
    state: orders stay in this state, uncharged, until the faults change. unknown_subscriber: nobody is known.
    On Diameter alone, result_code: a Result-Code for every request, nothing applied; forget_sessions: a repeated
    request is charged again; hide_balance: a balance check does not tell how much.
    recognise_repeats: a UCIP message that comes again is answered as it was, and not carried out again.
    hide_keys: over TM Forum no list shows a key of ours: no order is found by it, no balance action described by it.
    """

    delay: float = 0.0
    balance_delay: float = 0.0
    late: float = 0.0
    hold: bool = False
    drop_answer: int = 0
    lose: int = 0
    grant_nothing: int = 0
    do_nothing: int = 0
    refuse: int = 0
    refusal: str = _REFUSAL
    status: int = 0
    state: str = ""
    unknown_subscriber: bool = False
    result_code: int = 0
    forget_sessions: bool = False
    hide_balance: bool = False
    recognise_repeats: bool = False
    hide_keys: bool = False

    def one_less(self, name: str) -> Faults:
        """The same faults after one of a counted kind has happened."""
        left: int = getattr(self, name) - 1
        return replace(self, **{name: left})  # type: ignore[arg-type]  # only counted kinds are named


def parse_faults(body: object) -> Faults:
    """Faults from the body of ``PUT /faults``; ``{}`` is none. Raises BadFault naming the key."""
    if not isinstance(body, dict):
        raise BadFault("faults must be a JSON object")
    known = {fault.name for fault in fields(Faults)} - {"refusal"}
    for name in body:
        if name not in known:
            raise BadFault(f"unknown fault {str(name)[:40]!r}; known are {', '.join(sorted(known | {'down'}))}")
    count, words = _refusal(body)
    return Faults(
        delay=_seconds(body, "delay"),
        balance_delay=_seconds(body, "balance_delay"),
        late=_seconds(body, "late"),
        hold=_flag(body, "hold"),
        drop_answer=_whole(body, "drop_answer", _MOST_ORDERS),
        lose=_whole(body, "lose", _MOST_ORDERS),
        grant_nothing=_whole(body, "grant_nothing", _MOST_ORDERS),
        do_nothing=_whole(body, "do_nothing", _MOST_ORDERS),
        refuse=count,
        refusal=words,
        status=_status(body),
        state=_state(body),
        unknown_subscriber=_flag(body, "unknown_subscriber"),
        result_code=_whole(body, "result_code", _MOST_RESULT_CODE),
        forget_sessions=_flag(body, "forget_sessions"),
        hide_balance=_flag(body, "hide_balance"),
        recognise_repeats=_flag(body, "recognise_repeats"),
        hide_keys=_flag(body, "hide_keys"),
    )


def _refusal(body: Mapping[str, object]) -> tuple[int, str]:
    """``n`` for the next n orders, ``{"reason": words, "count": n}`` with every order where there is no count."""
    value = body.get("refuse", 0)
    if not isinstance(value, dict):
        return _whole(body, "refuse", _MOST_ORDERS), _REFUSAL
    reason = value.get("reason", _REFUSAL)
    if not isinstance(reason, str) or not reason or not value.keys() <= {"reason", "count"}:
        raise BadFault("refuse must be a number of orders, or an object with reason and perhaps count")
    return _whole({"refuse": value.get("count", _MOST_ORDERS)}, "refuse", _MOST_ORDERS), reason


def _seconds(body: Mapping[str, object], name: str) -> float:
    value = body.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 3600:
        raise BadFault(f"{name} must be seconds from 0 to 3600")
    return float(value)


def _whole(body: Mapping[str, object], name: str, most: int) -> int:
    value = body.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise BadFault(f"{name} must be a whole number from 0 to {most}")
    return value


def _flag(body: Mapping[str, object], name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise BadFault(f"{name} must be true or false")
    return value


def _status(body: Mapping[str, object]) -> int:
    status = _whole(body, "status", 599)
    if status and status < 400:
        raise BadFault("status must be from 400 to 599")
    return status


def _state(body: Mapping[str, object]) -> str:
    state = body.get("state", "")
    if state and state not in _STATES:
        raise BadFault(f"state must be one of {', '.join(sorted(_STATES))}")
    return str(state)
