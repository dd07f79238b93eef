"""Decisions are made on what the model in service says, by hand where it cannot say; and it learns from what became."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from fakes import ANA, TUESDAY, House
from flat_model import flat
from flows.events import BundleChange, BundleReported, LifeCycle, LifeCycleChanged, Trigger, TriggerFact, UsageReported
from flows.events import UsageSession as Session
from flows.records import Subscriber
from flows.values import Bucket, Unit, Wallet
from gateway.core.commit import Committer
from gateway.core.deciding import Case, ends, judge
from gateway.core.facts import Facts
from gateway.core.forecasting import Forecasting
from gateway.core.offered import Offered, offered
from gateway.core.triggers import TriggerDesk, Triggered
from gateway.jobs.forecast_learning import ForecastLearning
from scoring.depletion_model import SEGMENTS, DepletionModel
from store import forecasts, inbox
from store.ids import new_id
from store.inbox import Entry

MB = 2**20
BUCKET = Bucket(
    "b-1", Unit.BYTE, 100 * MB, 1024 * MB, TUESDAY + timedelta(days=30), activated_at=TUESDAY - timedelta(days=4)
)
LOW = BundleReported(BundleChange.DEPLETING, BUCKET, threshold=0.1, activated_at=BUCKET.activated_at)
GONE = BundleReported(BundleChange.DEPLETED, replace(BUCKET, remaining=0))
FAR = TUESDAY + timedelta(days=90)


def serving(house: House, model: DepletionModel) -> Forecasting:
    """This one is in service from now on."""
    made = house.context.forecasting = Forecasting(replace(model, version="v1"), house.context.metrics)
    return made


@pytest.fixture
def desk(house: House, committer: Committer, facts: Facts) -> TriggerDesk:
    """The desk of the test."""
    return TriggerDesk(house.context, facts, committer)


async def told(house: House, desk: TriggerDesk, fact: TriggerFact) -> None:
    """The charging system tells this of Ana."""
    at = house.clock()
    entry = Entry(new_id(at), "trigger", "ocs", new_id(at), ANA, "{}", at)
    await house.writer.commit(inbox.take_in(entry))
    assert await desk.work([Triggered(entry, Trigger(ANA, at, fact))]) == []


def counted(house: House, name: str, **labels: str) -> float:
    """How often."""
    return house.context.metrics.registry.get_sample_value(name, labels) or 0


def case(event: BundleReported = LOW, wallet: Wallet | None = None) -> Case:
    """Ana's."""
    return Case(Subscriber(id="s-1", msisdn=ANA, language="es"), event, wallet, None)  # type: ignore[arg-type]


def nothing_sold(unit: Unit) -> Offered:
    """A day on which there is nothing to buy."""
    return offered(unit, ())


async def test_a_verdict_is_made_on_what_the_model_says(house: House) -> None:
    """Its interval is that of the alert's claims; its middle is when the end is foreseen."""
    (by_hand,) = judge([case()], nothing_sold, TUESDAY)
    (by_model,) = judge([case()], nothing_sold, TUESDAY, forecasting=serving(house, flat(0.5, 3.0, 6.0)))
    assert by_model.forecast.p50 > 2 * by_hand.forecast.p50
    assert by_model.forecast.p90 == pytest.approx(2 * by_model.forecast.p50)
    assert by_model.decision["forecast_by"] == "model"
    assert by_hand.decision["forecast_by"] == "rules"
    (foreseen,) = ends([case()], TUESDAY, house.context.forecasting)
    assert foreseen == by_model.forecast


async def test_calls_and_texts_are_forecast_by_hand(house: House) -> None:
    """The model has seen data alone."""
    minutes = replace(LOW, bucket=replace(BUCKET, unit=Unit.SECOND))
    (verdict,) = judge([case(minutes)], nothing_sold, TUESDAY, forecasting=serving(house, flat()))
    assert verdict.decision["forecast_by"] == "rules"
    assert counted(house, "chasqui_forecasts_total", by="model") == 0


@pytest.mark.parametrize(
    "broken",
    [
        replace(flat(), offsets=np.full((len(SEGMENTS), 3), np.nan)),
        replace(flat(), chance=np.array([np.nan, 0.0, 0.0])),
        replace(flat(), starts=np.array([0, 7, 9])),
        replace(flat(), offsets=np.zeros((1, 3))),
    ],
    ids=[
        "edges that are no numbers",
        "a chance that is none",
        "trees that are not there",
        "segments that are not there",
    ],
)
async def test_a_model_that_fails_fails_no_alert(
    house: House, desk: TriggerDesk, caplog: pytest.LogCaptureFixture, broken: DepletionModel
) -> None:
    """It is forecast by hand, counted each time, told in the log once."""
    serving(house, broken)
    with caplog.at_level(logging.ERROR):
        await told(house, desk, LOW)
        await told(house, desk, replace(LOW, bucket=replace(BUCKET, id="b-2")))
    assert len(house.texts()) >= 1
    assert counted(house, "chasqui_forecasts_total", by="failed") == 2
    assert caplog.text.count("the model of depletion failed") == 1
    assert await forecasts.due(house.reader, FAR) == []


async def test_a_forecast_is_watched_until_its_upper_edge(house: House, desk: TriggerDesk) -> None:
    """As it was told, of the segment that it was told by; telling the same again changes nothing."""
    serving(house, flat())
    await told(house, desk, LOW)
    (made,) = await forecasts.due(house.reader, FAR)
    assert (made.bundle, made.model, made.made_at, made.ended_at) == ("b-1", "v1", TUESDAY, None)
    assert made.segment in SEGMENTS
    assert made.due_at - made.made_at == pytest.approx(timedelta(hours=made.p90), abs=timedelta(seconds=1))
    house.clock.advance(hours=1)
    await told(house, desk, replace(LOW, threshold=0.05, bucket=replace(BUCKET, remaining=50 * MB)))
    assert await forecasts.due(house.reader, FAR) == [made]


async def test_a_bundle_that_was_filled_up_is_forecast_anew(house: House, desk: TriggerDesk) -> None:
    """What was foreseen of less is void."""
    serving(house, flat())
    await told(house, desk, LOW)
    house.clock.advance(hours=2)
    await told(house, desk, replace(LOW, threshold=0.5, bucket=replace(BUCKET, remaining=500 * MB)))
    (made,) = await forecasts.due(house.reader, FAR)
    assert made.remaining == 500 * MB


@pytest.mark.parametrize(
    "event",
    [
        replace(LOW, renews=True),
        replace(LOW, shared=True),
        replace(LOW, others=(replace(BUCKET, id="b-9"),)),
        replace(LOW, bucket=replace(BUCKET, remaining=0)),
    ],
    ids=["it renews", "others use of it", "there is another", "nothing is left"],
)
async def test_what_nobody_tells_the_end_of_is_not_watched(
    house: House, desk: TriggerDesk, event: BundleReported
) -> None:
    """Or what has ended."""
    serving(house, flat())
    await told(house, desk, event)
    assert await forecasts.due(house.reader, FAR) == []


@pytest.mark.parametrize(
    ("end", "side", "moves"),
    [
        (GONE, "sooner", -1),
        (UsageReported((), (replace(BUCKET, remaining=0),)), "sooner", -1),
        (None, "later", 1),
    ],
    ids=["told by an event", "told by a report", "not told at all"],
)
async def test_what_became_of_a_forecast_moves_its_segment(
    house: House, desk: TriggerDesk, end: TriggerFact | None, side: str, moves: int
) -> None:
    """Once it is due, not before; it is counted, kept over a restart, and not learnt from twice."""
    serving(house, flat())
    learning = ForecastLearning(house.context)
    await told(house, desk, LOW)
    (made,) = await forecasts.due(house.reader, FAR)
    house.clock.advance(minutes=5)
    if end is not None:
        await told(house, desk, end)
    await learning.look()
    assert await forecasts.offsets(house.reader, "v1") == {}
    house.clock.now = made.due_at
    await learning.look()
    await learning.look()
    (offsets,) = (await forecasts.offsets(house.reader, "v1")).values()
    assert offsets.seen == 1
    assert np.sign(offsets.p90) == moves
    assert counted(house, "chasqui_forecast_outcomes_total", side=side) == 1
    assert await forecasts.due(house.reader, FAR) == []
    before = judge([case()], nothing_sold, TUESDAY, forecasting=Forecasting(flat(), house.context.metrics))[0].forecast
    restarted = serving(house, flat())
    await ForecastLearning(house.context).look()
    after = judge([case()], nothing_sold, TUESDAY, forecasting=restarted)[0].forecast
    assert np.sign(after.p90 - before.p90) == moves
    assert after.p50 == before.p50


async def test_another_model_learns_nothing_from_what_this_one_said(house: House, desk: TriggerDesk) -> None:
    """Its forecasts go, when they are due, with it."""
    serving(house, flat())
    await told(house, desk, LOW)
    serving(house, replace(flat(), version="v2"))
    house.clock.now = FAR
    await ForecastLearning(house.context).look()
    assert await forecasts.due(house.reader, FAR) == []
    assert await forecasts.offsets(house.reader, "v2") == {}


async def test_forecasts_end_with_their_subscription(house: House, desk: TriggerDesk) -> None:
    """Whoever gets the number is somebody else."""
    serving(house, flat())
    await told(house, desk, LOW)
    await told(house, desk, LifeCycleChanged(LifeCycle.RECYCLED))
    assert await forecasts.due(house.reader, FAR) == []


async def test_a_report_of_use_is_foreseen_by_the_model(house: House, desk: TriggerDesk) -> None:
    """An end that the model sees near is told before any threshold; one that it sees far is not."""
    hourly = tuple(Session(TUESDAY - timedelta(hours=one), 5 * MB) for one in range(72))
    serving(house, flat(5, 10, 20))
    await told(house, desk, UsageReported(hourly, (replace(BUCKET, remaining=20 * MB),)))
    assert house.texts() == []
    serving(house, flat(0.05, 0.1, 0.2))
    await told(house, desk, UsageReported((), (replace(BUCKET, remaining=19 * MB),)))
    assert len(house.texts()) == 1
