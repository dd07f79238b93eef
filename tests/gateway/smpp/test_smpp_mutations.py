"""Mutated PDUs, both ways: ``python -m benchmarks.mutations`` does the same with a million."""

from __future__ import annotations

import logging
import random

import pytest

from benchmarks.mutations import attacked
from gateway.simulators.mutations import REAL, mutated
from gateway.smpp.framing import Framer
from gateway.smpp.pdu import HEADER, parse_request, parse_response


async def test_twenty_thousand_mutated_pdus_cost_no_other_bind_anything(caplog: pytest.LogCaptureFixture) -> None:
    """Every text of the bind beside is answered, both targets work afterwards, memory stays, and no code failed."""
    with caplog.at_level(logging.ERROR):
        report = await attacked(20_000)
    assert report.handled >= 20_000
    assert report.held, report
    assert caplog.records == []


def test_the_pdus_that_are_mutated_are_real_ones() -> None:
    """Each is one whole PDU that this gateway reads."""
    for pdu in REAL:
        assert Framer().feed(pdu) == ([pdu], None)
        _, command, status, sequence = HEADER.unpack_from(pdu)
        if command & 0x80000000:
            assert parse_response(command, status, sequence, pdu).sequence == sequence
        else:
            assert parse_request(command, sequence, pdu).sequence == sequence


def test_the_same_seed_makes_the_same_mutations() -> None:
    """A run that failed can be had again."""
    first, second = ([mutated(chance) for _ in range(500)] for chance in (random.Random(4), random.Random(4)))
    assert first == second
    assert len(set(first)) > 400
