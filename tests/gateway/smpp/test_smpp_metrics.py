"""What Prometheus is told of a bind."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry
from smpp_fakes import Wire, mt, wired, within

from fakes import eventually, submitted
from gateway.smpp.counters import BOUNDS, Latency
from gateway.smpp.metrics import BindCollector
from gateway.smpp.pdu import format_pdu
from gateway.smpp.vocabulary import Command


class Page:
    """A registry with the client of one wire."""

    def __init__(self, wire: Wire) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(BindCollector([wire.client]))

    def value(self, name: str, **labels: str) -> float | None:
        """One sample of the bind; None where there is none."""
        return self._registry.get_sample_value(f"chasqui_smpp_{name}", {"smsc": "smsc-a", **labels})


async def test_answers_are_counted_by_status_and_vendors_own_together() -> None:
    """However many a peer invents, there is one more label for them."""
    async with wired() as wire:
        for status in (0, 0x0B, 0x400, 0x401, 0xFFFFFFFF):
            wire.smsc.answer = lambda *_, status=status: (status, "x")
            await within(submitted(wire.client, mt()))
        page = Page(wire)
        counts = {name: page.value("answers_total", status=name) for name in ("ESME_ROK", "ESME_RINVDSTADR", "vendor")}
        assert counts == {"ESME_ROK": 1, "ESME_RINVDSTADR": 1, "vendor": 3}
        assert (page.value("segments_total"), page.value("binds_total"), page.value("window_size")) == (5, 1, 50)


async def test_what_waits_and_what_is_under_way_is_told() -> None:
    """And what the SMSC never answered."""
    async with wired(window=2, response_timeout=0.3) as wire:
        wire.smsc.answer = lambda *_: None
        waiting = [submitted(wire.client, mt()) for _ in range(5)]
        for _ in range(2):
            await within(wire.smsc.arrived.get())
        page = Page(wire)
        assert (page.value("window"), page.value("waiting")) == (2, 3)
        await wire.client.stop(0.1)
        for one in waiting:
            await within(one)
        assert (page.value("window"), page.value("waiting")) == (0, 0)
        assert page.value("answers_total", status="none") == 2


async def test_what_comes_in_and_what_goes_wrong_is_told() -> None:
    """By kind."""
    async with wired() as wire:
        await wire.deliver(b"1")
        await wire.deliver(b"id:1 stat:DELIVRD", esm_class=4)
        wire.esme.session.write_raw(format_pdu(0x00010200, 0, 9))
        wire.esme.session.write_raw(format_pdu(Command.SUBMIT_SM_RESP, 0, 9))
        page = Page(wire)
        await eventually(lambda: page.value("errors_total", kind="late_answer") == 1)
        assert page.value("errors_total", kind="bad_pdu") == 1
        assert [page.value("received_total", kind=kind) for kind in ("text", "receipt", "alert")] == [1, 1, 0]


async def test_a_throttled_bind_shows_as_slowed() -> None:
    """Until something is accepted."""
    async with wired() as wire:
        page = Page(wire)
        assert page.value("slowed") == 0
        wire.smsc.answer = lambda *_: (0x58, "")
        await within(submitted(wire.client, mt()))
        assert page.value("slowed") == 1


async def test_the_time_to_an_answer_is_a_histogram() -> None:
    """Each bucket holds those before it."""
    async with wired() as wire:
        await within(submitted(wire.client, mt()))
        page, latency = Page(wire), wire.client.counters.session.latency
        latency.counts, latency.seconds = [0] * (len(BOUNDS) + 1), 0.0
        for seconds in (0.0005, 0.004, 0.004, 60.0):
            latency.add(seconds)
        found = [page.value("answer_seconds_bucket", le=le) for le in ("0.001", "0.0025", "0.005", "10.0", "+Inf")]
        assert found == [1, 1, 3, 3, 4]
        assert page.value("answer_seconds_sum") == pytest.approx(60.0085)


def test_a_latency_on_a_bound_belongs_to_it() -> None:
    """As Prometheus has it: less or equal."""
    latency = Latency()
    latency.add(BOUNDS[0])
    assert latency.counts[0] == 1
