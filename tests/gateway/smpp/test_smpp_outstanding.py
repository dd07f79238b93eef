"""Who waits for which answer: found at once, however many wait."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from gateway.smpp.counters import SessionCounters
from gateway.smpp.outstanding import Answer, NoAnswer, Outstanding
from gateway.smpp.pdu import Response
from gateway.smpp.vocabulary import Command, Status

MANY = 10_000


class Watched(dict[int, Any]):
    """Counts how many entries were looked at one after the other."""

    looked_at = 0

    def __iter__(self) -> Iterator[int]:
        for key in super().__iter__():
            self.looked_at += 1
            yield key

    def items(self) -> Any:
        """Those of the loop over them."""
        return ((key, self[key]) for key in self)


def outstanding(counters: SessionCounters | None = None) -> Outstanding:
    """Nobody waits yet; ten seconds for an answer."""
    return Outstanding(10.0, counters or SessionCounters(), lambda: None)


def response(sequence: int, command: int = Command.SUBMIT_SM_RESP, status: int = Status.OK) -> Response:
    """An answer."""
    return Response(command, status, sequence)


def test_neither_an_answer_nor_the_sweep_looks_through_those_that_wait() -> None:
    """A correlator that scans everything on each put is quadratic: 294 messages a second with 8,000 waiting."""
    waiting, answers = outstanding(), list[Answer]()
    waiting._waiting = watched = Watched()
    sequences = [waiting.add(Command.SUBMIT_SM, at / MANY, answers.append) for at in range(MANY)]
    for at, sequence in enumerate(reversed(sequences)):
        waiting.settle(response(sequence), 1.0)
        waiting.sweep(1.0 + at / MANY)
    assert len(answers) == MANY
    assert watched.looked_at < 2 * MANY


def test_the_sweep_gives_up_those_that_are_late_and_no_others() -> None:
    """By itself, without another send."""
    counters, answers = SessionCounters(), list[tuple[int, Answer]]()
    waiting = outstanding(counters)

    def told(at: int, answer: Answer) -> None:
        answers.append((at, answer))

    for at in range(5):
        waiting.add(Command.SUBMIT_SM, float(at), partial(told, at))
    waiting.sweep(12.0)
    assert answers == [(at, NoAnswer(link_lost=False)) for at in range(3)]
    assert (len(waiting), counters.response_timeouts) == (2, 3)
    waiting.lose()
    assert answers[3:] == [(at, NoAnswer(link_lost=True)) for at in (3, 4)]


def test_an_answer_to_nothing_or_of_another_kind_settles_nothing() -> None:
    """It is counted; generic_nack answers anything, and never with ESME_ROK."""
    counters, answers = SessionCounters(), list[Answer]()
    waiting = outstanding(counters)
    sequence = waiting.add(Command.SUBMIT_SM, 0.0, answers.append)
    waiting.settle(response(sequence + 1), 0.1)
    waiting.settle(response(sequence, 0x80000015), 0.1)
    assert (answers, counters.late_answers) == ([], 2)
    waiting.settle(response(sequence, Command.GENERIC_NACK), 0.1)
    assert answers == [response(sequence, Command.GENERIC_NACK, Status.UNKNOWN_ERROR)]


def test_sequence_numbers_begin_again_and_leave_out_those_that_are_waited_for() -> None:
    """After 0x7FFFFFFF comes 1 (SMPP 3.4 §3.2)."""
    waiting = outstanding()
    first = waiting.add(Command.SUBMIT_SM, 0.0, lambda _: None)
    waiting._sequence = 0x7FFFFFFE
    numbers = [waiting.add(Command.SUBMIT_SM, 0.0, lambda _: None) for _ in range(3)]
    assert (first, numbers) == (1, [0x7FFFFFFF, 2, 3])


def test_a_failing_owner_does_not_keep_the_others_from_their_answers() -> None:
    """Each is told by itself."""
    waiting, answers = outstanding(), list[Answer]()

    def fail(_: Answer) -> None:
        raise RuntimeError("owner")

    for told in (fail, answers.append, fail, answers.append):
        waiting.add(Command.SUBMIT_SM, 0.0, told)
    waiting.lose()
    assert answers == [NoAnswer(link_lost=True)] * 2
