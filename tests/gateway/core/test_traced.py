"""Spans around the core's edges: each that begins ends."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import pytest

from fakes import ANA, NUMBERS
from flows.values import Purpose
from gateway.core.ports import ShortMessage, SubmitNotSent, SubmitOutcome
from gateway.core.traced import TracedSender

TEXT = ShortMessage("m-1", "", ANA, "text", Purpose.ALERT)
Settled = Callable[[SubmitOutcome], None]


class FakeTraces:
    """Keeps how what began has ended."""

    def __init__(self) -> None:
        self.ends: list[str] = []

    def span(self, name: str) -> AbstractContextManager[object]:
        """See ``Traces``."""
        return nullcontext()

    def begin(self, name: str) -> Callable[[str], None]:
        """See ``Traces``."""
        return self.ends.append

    def note(self, **attributes: str | int) -> None:
        """See ``Traces``."""


class Sender:
    """Does what ``work`` does."""

    name, numbers, slots, ready = "smsc-a", NUMBERS, 1, True

    def __init__(self, work: Callable[[Settled], None]) -> None:
        self._work = work

    def on_ready(self, call: Callable[[], object]) -> None:
        """See ``SmsSender``."""

    def submit(self, message: ShortMessage, settled: Settled) -> None:
        """See ``SmsSender``."""
        self._work(settled)


def test_a_text_whose_fate_is_known_ends_its_span_with_it() -> None:
    """And whoever handed it over is told."""
    traces, outcomes = FakeTraces(), list[SubmitOutcome]()
    TracedSender(Sender(lambda settled: settled(SubmitNotSent("no bind"))), traces).submit(TEXT, outcomes.append)
    assert (traces.ends, outcomes) == (["submit_not_sent"], [SubmitNotSent("no bind")])


def test_a_text_that_cannot_be_handed_over_ends_its_span_too() -> None:
    """With the kind of the error, which goes on to whoever handed it over."""

    def fails(_: Settled) -> None:
        raise RuntimeError("no")

    traces = FakeTraces()
    with pytest.raises(RuntimeError, match="no"):
        TracedSender(Sender(fails), traces).submit(TEXT, lambda _: None)
    assert traces.ends == ["runtime_error"]
