"""The ranking learns from answers, each once, and goes on with what it has learned."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from deciding import MODEL, learning, model_in, runs_low
from sqlalchemy import select

from fakes import ANA, BEN, TUESDAY, House
from flows.effects import RecordOfferState
from gateway.app.models import load_acceptance, models_of
from gateway.app.ranking import ranking_jobs, serve_acceptance
from gateway.config.tree import Config, ScoringConfig
from gateway.core.commit import Committer
from gateway.core.facts import Facts
from gateway.core.ranking import Ranking
from gateway.core.shadow import Sampling, Shadow
from gateway.core.shadow_kinds import ASKS
from gateway.core.triggers import TriggerDesk
from gateway.errors import ConfigError
from gateway.jobs.ranking_learner import DecisionKeeper, RankingLearner
from scoring import packed
from scoring.offer_features import FEATURES
from store import decisions, model_scores, ranking_states
from store.record import write
from store.tables import ranking_states as table
from store.writer import Writer


@pytest.fixture
def desk(house: House, committer: Committer, facts: Facts) -> TriggerDesk:
    """The desk of the test; anybody may be offered something at any hour."""
    object.__setattr__(house.context.switches, "assume_opt_in", "yes")
    return TriggerDesk(house.context, facts, committer)


async def answered(house: House, desk: TriggerDesk, state: str, number: str = "12345", msisdn: str = ANA) -> None:
    """An offer is made, reaches them (or not: no number), and ends so."""
    offer, *_ = await runs_low(house, desk, type(ANA)(msisdn))
    async with house.writer._engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE offers SET sent_from = ? WHERE id = ?", (number, offer.id))
    await house.writer.commit(write([RecordOfferState(offer.id, state, house.clock())]).unit)
    house.clock.advance(minutes=1)


async def test_an_answer_is_learned_from_once(house: House, desk: TriggerDesk, tmp_path: Path) -> None:
    """However often the clock ticks, and after a restart."""
    ranking, learner = await learning(house, tmp_path)
    await answered(house, desk, "accepted")
    await learner.learn()
    await learner.learn()
    first = ranking.ranker
    assert first.beliefs.learned == 1
    ranking, learner = await learning(house, tmp_path)
    await learner.learn()
    assert ranking.ranker.state == first.state
    np.testing.assert_array_equal(ranking.ranker.beliefs.mean, first.beliefs.mean)
    np.testing.assert_array_equal(ranking.ranker.beliefs.inverse, first.beliefs.inverse)


@pytest.mark.parametrize(("state", "more"), [("accepted", True), ("declined", False), ("expired", False)])
async def test_a_yes_makes_the_like_more_believed_and_silence_less(
    house: House, desk: TriggerDesk, tmp_path: Path, *, state: str, more: bool
) -> None:
    """Of what the offer looked like."""
    ranking, learner = await learning(house, tmp_path)
    before = ranking.ranker.beliefs.mean[0]
    await answered(house, desk, state)
    await learner.learn()
    assert bool(ranking.ranker.beliefs.mean[0] > before) is more


async def test_an_offer_that_reached_nobody_teaches_nothing(house: House, desk: TriggerDesk, tmp_path: Path) -> None:
    """Silence was not an answer to it."""
    ranking, learner = await learning(house, tmp_path)
    await answered(house, desk, "expired", number="")
    await learner.learn()
    assert ranking.ranker.beliefs.learned == 0


async def test_answers_of_one_instant_are_each_learned_from(house: House, desk: TriggerDesk, tmp_path: Path) -> None:
    """Also when they fall on two pages."""
    ranking, learner = await learning(house, tmp_path)
    for msisdn in (ANA, BEN):
        await answered(house, desk, "accepted", msisdn=msisdn)
        house.clock.advance(seconds=-61)
    house.clock.advance(minutes=1)
    state = await ranking_states.newest(house.reader, ranking.model)
    assert state is not None
    first = await decisions.answered(house.reader, (state.answered_at, state.offer), house.clock(), most=1)
    second = await decisions.answered(house.reader, (first[0].at, first[0].offer), house.clock(), most=1)
    assert first[0].at == second[0].at
    assert first[0].offer != second[0].offer
    await learner.learn()
    assert ranking.ranker.beliefs.learned == 2


async def test_what_cannot_be_believed_is_passed_over(
    house: House, desk: TriggerDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted; what was believed before stays, and the answer is not tried for ever."""
    ranking, learner = await learning(house, tmp_path)
    await answered(house, desk, "accepted")
    before = ranking.ranker
    monkeypatch.setattr(packed, "outputs", lambda data: ({}, np.full(len(FEATURES), np.inf)))
    with np.errstate(all="ignore"):
        await learner.learn()
    await learner.learn()
    np.testing.assert_array_equal(ranking.ranker.beliefs.mean, before.beliefs.mean)
    counted = house.context.metrics.registry.get_sample_value("chasqui_failures_total", {"where": "learn-ranking"})
    assert counted == 1


def test_a_file_that_is_no_ranking_stops_the_start(tmp_path: Path) -> None:
    """With the key's name."""
    (tmp_path / MODEL).write_bytes(b"PK")
    with pytest.raises(ConfigError, match=r"scoring\.acceptance: .*not a model"):
        models_of(Config(scoring=ScoringConfig(acceptance=MODEL), folder=tmp_path))


async def test_without_a_file_todays_rule_ranks(house: House, tmp_path: Path) -> None:
    """And decisions are kept and forgotten all the same."""
    await serve_acceptance(Config(folder=tmp_path), house.context)
    assert house.context.ranking is None
    jobs = {name: job for _, name, job in ranking_jobs(Config(folder=tmp_path), house.context)}
    assert set(jobs) == {"forget-decisions", "learn-ranking"}
    await jobs["learn-ranking"]()


async def test_another_file_begins_anew(house: House, desk: TriggerDesk, tmp_path: Path) -> None:
    """What one has learned is not another's."""
    ranking, learner = await learning(house, tmp_path)
    await answered(house, desk, "accepted")
    await learner.learn()
    house.clock.advance(minutes=1)
    await learning(house, tmp_path, floor=0.1)
    assert house.context.ranking is not None
    assert house.context.ranking.model != ranking.model
    assert house.context.ranking.ranker.beliefs.learned == 0


async def test_what_was_believed_of_an_offer_is_noted_beside_a_challenger(
    house: House, desk: TriggerDesk, tmp_path: Path
) -> None:
    """Both see what the offer looked like; nothing is noted of whoever is held out."""
    await learning(house, tmp_path)
    context = house.context
    (tmp_path / "other").mkdir()
    other = model_in(tmp_path / "other", floor=0.3)
    context.models = replace(context.models, challengers={"acceptance": load_acceptance(other)})
    context.shadow = Shadow(lambda: context.models, house.writer, context.metrics, ASKS, Sampling(1.0, 100))
    (offer, *_) = await runs_low(house, desk)
    await context.shadow.work()
    (score,) = await model_scores.over(house.reader, offer.expires_at + timedelta(hours=1))
    assert (score.kind, score.reference) == ("acceptance", offer.id)
    assert score.champion_said == score.challenger_said
    assert score.champion != score.challenger
    assert context.ranking is not None
    context.ranking.holdout = 1.0
    await runs_low(house, desk, BEN)
    assert await context.shadow.work() == 0


# ── several processes on one store ──


@asynccontextmanager
async def writing(house: House) -> AsyncIterator[Writer]:
    """The writer of another process."""
    writer = Writer(house.writer._engine)
    writer.start()
    try:
        yield writer
    finally:
        await writer.stop()


async def beside(house: House, folder: Path, writer: Writer) -> RankingLearner:
    """Another gateway on the same store, as it starts."""
    context = replace(house.context, ranking=None, writer=writer)
    await serve_acceptance(Config(scoring=ScoringConfig(acceptance=MODEL, holdout=0.0), folder=folder), context)
    return RankingLearner(context)


def in_service(learner: RankingLearner) -> Ranking:
    """What it ranks with now."""
    ranking = learner._context.ranking
    assert ranking is not None
    return ranking


async def chain(house: House) -> list[tuple[str, int]]:
    """All states, in the order of their ids, and from how many answers each."""
    rows = await house.reader.rows(select(table.c.id, table.c.learned).order_by(table.c.id))
    return [(row.id, row.learned) for row in rows]


async def test_what_another_process_has_learned_is_taken_over_at_the_next_look(
    house: House, desk: TriggerDesk, tmp_path: Path
) -> None:
    """As it is in the store, and not learned once more."""
    ranking, learner = await learning(house, tmp_path)
    async with writing(house) as writer:
        other = await beside(house, tmp_path, writer)
        await answered(house, desk, "accepted")
        await learner.learn()
        assert in_service(other).ranker.beliefs.learned == 0
        await other.learn()
        assert in_service(other).state == ranking.state
        np.testing.assert_array_equal(in_service(other).ranker.weights, ranking.ranker.weights)
    assert [learned for _, learned in await chain(house)] == [0, 1]


async def test_of_two_that_learn_at_once_one_is_kept_and_the_other_goes_on_with_it(
    house: House, desk: TriggerDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have read the same answers before either has written."""
    ranking, learner = await learning(house, tmp_path)
    await answered(house, desk, "accepted")
    look = decisions.answered
    async with writing(house) as writer:
        other = await beside(house, tmp_path, writer)

        async def while_the_other_learns(*asked: Any) -> Sequence[decisions.Answered]:
            page = await look(*asked)
            monkeypatch.setattr(decisions, "answered", look)
            await other.learn()
            return page

        monkeypatch.setattr(decisions, "answered", while_the_other_learns)
        await learner.learn()
        assert ranking.state == in_service(other).state
    assert [learned for _, learned in await chain(house)] == [0, 1]


async def test_states_of_one_instant_are_in_the_order_in_which_they_were_made(
    house: House, desk: TriggerDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last one is the last to whoever looks or starts, whatever the clock says."""
    ranking, learner = await learning(house, tmp_path)
    for msisdn in (ANA, BEN, "573001110003", "573001110004", "573001110005"):
        await answered(house, desk, "accepted", msisdn=msisdn)
    monkeypatch.setattr(decisions, "answered", partial(decisions.answered, most=1))
    await learner.learn()
    assert [learned for _, learned in await chain(house)] == [0, 1, 2, 3, 4, 5]
    house.clock.advance(minutes=-10)
    assert in_service(await beside(house, tmp_path, house.writer)).state == ranking.state


@pytest.mark.parametrize("seed", range(4))
async def test_whoever_looks_and_starts_when_each_answer_counts_once(
    house: House, desk: TriggerDesk, tmp_path: Path, seed: int
) -> None:
    """Three gateways, looks and restarts in any order and at once: all end as one that had been alone."""
    drawn = random.Random(seed)
    _, alone = await learning(house, tmp_path)
    begun = in_service(alone).ranker.beliefs
    given = 0
    async with AsyncExitStack() as running:
        writers = [await running.enter_async_context(writing(house)) for _ in range(3)]
        gateways = [await beside(house, tmp_path, writer) for writer in writers]
        for _ in range(30):
            match drawn.choice(["answer", "look", "at once", "restart"]):
                case "answer":
                    state = drawn.choice(["accepted", "declined"])
                    await answered(house, desk, state, msisdn=f"5730011{given:05d}")
                    given += 1
                case "look":
                    await drawn.choice(gateways).learn()
                case "at once":
                    await asyncio.gather(*(one.learn() for one in gateways))
                case _:
                    which = drawn.randrange(3)
                    gateways[which] = await beside(house, tmp_path, writers[which])
        for one in gateways:
            await one.learn()
    known = await decisions.answered(house.reader, (TUESDAY, ""), house.clock())
    beliefs = begun
    for answer in known:
        beliefs = beliefs.after(packed.outputs(answer.outputs)[1], float(answer.accepted))
    assert given == beliefs.learned > 0
    for one in gateways:
        np.testing.assert_array_equal(in_service(one).ranker.beliefs.mean, beliefs.mean)
        np.testing.assert_array_equal(in_service(one).ranker.beliefs.inverse, beliefs.inverse)
    learned = [answers for _, answers in await chain(house)]
    assert learned == sorted(set(learned))


async def test_a_state_that_is_gone_from_the_store_is_told_and_ends_the_look(
    house: House, desk: TriggerDesk, tmp_path: Path
) -> None:
    """Counted; the ranking goes on as it was."""
    ranking, learner = await learning(house, tmp_path)
    before = ranking.state
    await answered(house, desk, "accepted")
    async with house.writer._engine.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM ranking_states")
    await learner.learn()
    assert ranking.state == before
    counted = house.context.metrics.registry.get_sample_value("chasqui_failures_total", {"where": "learn-ranking"})
    assert counted == 1


async def test_of_each_model_the_last_state_is_kept(house: House, desk: TriggerDesk, tmp_path: Path) -> None:
    """Another gateway may be in it, however long nobody has answered."""
    first, learner = await learning(house, tmp_path)
    await answered(house, desk, "accepted")
    await learner.learn()
    house.clock.advance(minutes=1)
    second, _ = await learning(house, tmp_path, floor=0.1)
    house.clock.advance(days=60)
    keeper = DecisionKeeper(house.context, timedelta(days=30))
    await keeper.forget()
    left = [await ranking_states.newest(house.reader, one.model) for one in (first, second)]
    assert left == [first.state, second.state]
    assert len(await chain(house)) == 2
