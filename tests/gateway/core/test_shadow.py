"""What models say is noted beside each other, off the way of who waits, and what came of it is found out."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fakes import ANA, ANAS, BEN, TUESDAY, House, record_offer
from flows.effects import RecordAlert, RecordOfferState, RecordSubscriptionState
from flows.events import BundleChange, BundleReported, Trigger
from flows.values import Bucket, OfferId, SubscriptionId, Unit
from gateway.app.models import models_of
from gateway.config.scoring_sections import ChallengersConfig, ScoringConfig
from gateway.config.tree import Config
from gateway.core.commit import Committer
from gateway.core.facts import Facts
from gateway.core.model_outcomes import settle
from gateway.core.shadow import Decided, Sampling, Shadow
from gateway.core.shadow_kinds import ASKS
from gateway.core.triggers import TriggerDesk, Triggered
from gateway.jobs.model_figures import ModelFigures
from model_files import LOADERS, write_model
from store import alerts, inbox, model_scores, offers, subscriptions
from store.ids import new_id
from store.inbox import Entry
from store.model_scores import ModelScore
from store.unit import Unit as Written

ALL = Sampling(share=1.0, per_second=100)
SAID = {"p10": 1.0, "p50": 2.0, "p90": 4.0, "p_before_expiry": 0.9}


def challenged(house: House, folder: Path, sampling: Sampling = ALL, asks: Any = ASKS) -> Shadow:
    """By rules, with a challenger that says twice the hours; not started."""
    write_model(folder / "new.model")
    config = Config(scoring=ScoringConfig(challengers=ChallengersConfig(depletion="new.model")), folder=folder)
    house.context.models = models_of(config, LOADERS)
    context = house.context
    context.shadow = Shadow(lambda: context.models, house.writer, context.metrics, asks, sampling)
    return context.shadow


def decided(number: int = 1, inputs: Any = None, **changes: Any) -> Decided:
    """A forecast of Ana's bundle, which expires in two days."""
    values = {
        "kind": "depletion",
        "subscription": ANAS,
        "reference": f"b-{number}",
        "at": TUESDAY,
        "until": TUESDAY + timedelta(days=2),
        "inputs": inputs,
        "said": SAID,
    }
    return Decided(**{**values, **changes})


def counted(house: House, outcome: str) -> float | None:
    """Of decisions in the shadow."""
    labels = {"kind": "depletion", "outcome": outcome}
    return house.context.metrics.registry.get_sample_value("chasqui_shadow_total", labels)


async def noted(house: House) -> Sequence[ModelScore]:
    """What is written and was over three days later."""
    return await model_scores.over(house.reader, TUESDAY + timedelta(days=100))


async def test_a_trigger_is_scored_by_both_on_the_same_inputs(
    house: House, committer: Committer, facts: Facts, tmp_path: Path
) -> None:
    """What the rules said stands beside what the challenger says; the alert is that of the rules."""
    shadow = challenged(house, tmp_path)
    desk = TriggerDesk(house.context, facts, committer)
    bucket = Bucket("b-1", Unit.BYTE, 10**8, initial=10**9, expires_at=TUESDAY + timedelta(days=2))
    activated = TUESDAY - timedelta(days=3)
    event = BundleReported(BundleChange.DEPLETING, bucket, activated_at=activated, threshold=0.1)
    entry = Entry(new_id(TUESDAY), "trigger", "ocs", "1", ANA, "{}", TUESDAY)
    await house.writer.commit(inbox.take_in(entry))
    assert await desk.work([Triggered(entry, Trigger(ANA, TUESDAY, event))]) == []
    assert await shadow.work() == 1
    (score,) = await noted(house)
    assert (score.kind, score.reference, score.champion) == ("depletion", "b-1", "rules")
    assert score.challenger == house.context.models.version("depletion", "challenger")
    assert score.challenger_said is not None
    for name in ("p10", "p50", "p90"):
        assert score.challenger_said[name] == pytest.approx(2 * score.champion_said[name])
    assert score.until == bucket.expires_at


async def test_without_a_model_nothing_is_noted(house: House) -> None:
    """The rules are nobody's challenger."""
    context = house.context
    shadow = Shadow(lambda: context.models, house.writer, context.metrics, ASKS, ALL)
    shadow.note("depletion", [decided()])
    assert await shadow.work() == 0


async def test_what_does_not_fit_is_left_out_and_counted(house: House, tmp_path: Path) -> None:
    """Whoever decides never waits for the shadow."""
    shadow = challenged(house, tmp_path)
    shadow.note("depletion", map(decided, range(1_100)))
    assert counted(house, "left_out") == 100


async def test_no_more_than_the_share_is_noted_and_always_the_same(house: House, tmp_path: Path) -> None:
    """About a tenth, a few at once."""
    asks = {"depletion": lambda model, inputs: [SAID] * len(inputs)}
    shadow = challenged(house, tmp_path, Sampling(0.1, 7), asks)
    for _ in range(2):
        shadow.note("depletion", map(decided, range(500)))
    works = [await shadow.work() for _ in range(40)]
    references = [score.reference for score in await noted(house)]
    assert max(works) == 7
    assert 20 < len(set(references)) < 90
    assert len(references) == 2 * len(set(references))


async def test_a_challenger_that_fails_is_told_once_and_the_champion_is_noted(
    house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever is wrong with it."""

    def broken(model: Any, inputs: Sequence[Any]) -> Any:
        raise ZeroDivisionError

    shadow = challenged(house, tmp_path, ALL, {"depletion": broken})
    with caplog.at_level(logging.ERROR):
        for number in (1, 2):
            shadow.note("depletion", [decided(number)])
            await shadow.work()
    assert [(score.challenger, score.challenger_said) for score in await noted(house)] == [("", None)] * 2
    assert [record.message for record in caplog.records] == ["a challenger fails"]
    assert counted(house, "failed") == 2


async def test_whoever_decides_does_not_fail_for_whoever_watches(
    house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever a decision looks like."""
    shadow = challenged(house, tmp_path)

    def broken() -> Iterator[Decided]:
        yield decided()
        raise KeyError("p_depletes_before_expiry")

    with caplog.at_level(logging.ERROR):
        shadow.note("depletion", broken())
        shadow.note("depletion", broken())
    assert [record.message for record in caplog.records] == ["a decision could not be noted"]
    assert counted(house, "failed") == 2


async def test_a_decision_is_noted_under_the_version_that_made_it(house: House, tmp_path: Path) -> None:
    """Though another is in service by the time that it is written down."""
    asks = {"depletion": lambda model, inputs: [SAID] * len(inputs)}
    shadow = challenged(house, tmp_path, ALL, asks)
    shadow.note("depletion", [decided()])
    house.context.models = replace(house.context.models, champions=house.context.models.challengers)
    await shadow.work()
    assert [score.champion for score in await noted(house)] == ["rules"]


async def put(house: House, kind: str, reference: str, subscription: SubscriptionId = ANAS) -> ModelScore:
    """A score that waits for what comes of it."""
    score = ModelScore(
        new_id(TUESDAY), kind, subscription, reference, TUESDAY, TUESDAY + timedelta(days=2), "rules", SAID
    )
    await house.writer.commit(Written(ops=(model_scores.put(score),)))
    return score


async def known(house: House, kind: str, days: float = 3) -> list[float]:
    """What is known of scores of a kind so many days later, the most first."""
    await settle(house.reader, house.writer, TUESDAY + timedelta(days=days))
    scores = await model_scores.known(house.reader, kind, TUESDAY - timedelta(days=1), 1_000)
    return sorted((one.actual for one in scores if one.actual is not None), reverse=True)


async def test_the_hours_until_a_bundle_was_used_up_are_found_once_it_is_over(house: House) -> None:
    """From the event that told it; of one that nothing was told of, that it lasted."""
    for bundle in ("b-1", "b-2"):
        await put(house, "depletion", bundle)
    told = RecordAlert(ANAS, "b-1", "depleted", TUESDAY, "alert_only", happened_at=TUESDAY + timedelta(hours=30))
    await house.writer.commit(Written(ops=(alerts.told_along(told),)))
    assert await known(house, "depletion", days=2) == []
    assert await known(house, "depletion") == [30.0, -1.0]


async def test_of_many_the_newest_are_read_in_the_order_in_which_they_were_made(house: House) -> None:
    """More than a page of them, and no more than are asked for."""
    made = [
        ModelScore(f"{number:026d}", "depletion", ANAS, str(number), TUESDAY, TUESDAY, "rules", {"p": 0.5})
        for number in range(1_200)
    ]
    await house.writer.commit(Written(ops=tuple(map(model_scores.put, made))))
    await settle(house.reader, house.writer, TUESDAY + timedelta(days=1))
    since = datetime(1970, 1, 1, tzinfo=UTC)
    found = await model_scores.known(house.reader, "depletion", since, 700)
    assert [one.reference for one in found] == [str(number) for number in range(500, 1_200)]


async def test_an_offer_counts_as_it_was_settled(house: House) -> None:
    """One that is open, or not there, will never be known."""
    for number, state in ((1, "accepted"), (2, "declined"), (3, "expired"), (4, "")):
        offer = OfferId(f"off-{number}")
        await put(house, "acceptance", offer)
        await house.writer.commit(Written(ops=(offers.put(record_offer(id=offer)),)))
        if state:
            await house.writer.commit(Written(gate=offers.end_once(RecordOfferState(offer, state, TUESDAY))))
    await put(house, "acceptance", "off-5")
    assert await known(house, "acceptance") == [1.0, 0.0, 0.0]
    assert await noted(house) == []


async def test_of_a_subscription_that_has_ended_nobody_tells(house: House) -> None:
    """Nobody tells of the bundles of whoever has gone."""
    ben = subscriptions.begin(BEN, "es", TUESDAY)
    await house.writer.commit(subscriptions.create(ben, TUESDAY))
    over = RecordSubscriptionState(ben.id, "ended", TUESDAY + timedelta(days=1))
    await house.writer.commit(Written(ops=(subscriptions.set_state(over),)))
    await put(house, "depletion", "", ben.id)
    await put(house, "depletion", "", ANAS)
    assert await known(house, "depletion") == [-1.0]


async def test_calibration_and_coverage_are_told_to_the_metrics(house: House) -> None:
    """Of the model that decides, by tenths of what it said."""
    await put(house, "depletion", "b-1")
    told = RecordAlert(ANAS, "b-1", "depleted", TUESDAY, "alert_only", happened_at=TUESDAY + timedelta(hours=3))
    await house.writer.commit(Written(ops=(alerts.told_along(told),)))
    house.clock.advance(days=3)
    figures = ModelFigures(house.context)
    await figures.settle()
    await figures.tell()

    def told_of(name: str, **labels: str) -> float | None:
        return house.context.metrics.registry.get_sample_value(
            f"chasqui_model_{name}", {"kind": "depletion", "version": "rules", **labels}
        )

    assert told_of("coverage") == 1
    assert told_of("calibration_error") == pytest.approx(0.1)
    assert told_of("reliability", tenth="9", what="came") == 1
    await figures.forget()
    assert json.dumps(await known(house, "depletion")) == "[3.0]"
