"""What is kept of decisions, and that they come out the same when they are made again."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from deciding import learning, runs_low
from sqlalchemy import select

from fakes import ANA, BEN, House
from flows.catalogue import parse_catalogue
from flows.documents import decode
from flows.effects import RecordDecision, RecordOfferState
from flows.values import Money, Msisdn, Wallet
from gateway.core.commit import Committer
from gateway.core.facts import Facts
from gateway.core.replaying import Replayed, replay
from gateway.core.triggers import TriggerDesk
from gateway.jobs.ranking_learner import DecisionKeeper, ranker_of
from scoring import packed
from scoring.errors import DecisionMalformed
from store import decisions, ranking_states
from store.consent_erasure import erasure
from store.record import write
from store.tables import decisions as table

PEOPLE = [Msisdn(f"57300111{number:04d}") for number in range(12)]


@pytest.fixture
def desk(house: House, committer: Committer, facts: Facts) -> TriggerDesk:
    """The desk of the test, with ids that are the same each time: who is held out and what is drawn hangs on them."""
    random.seed(5)
    house.context.switches = replace(house.context.switches, assume_opt_in="yes", quiet_hours="off")
    return TriggerDesk(house.context, facts, committer)


async def kept(house: House) -> list[RecordDecision]:
    """All decisions, oldest first."""
    rows = await house.reader.rows(select(table.c.id).order_by(table.c.id))
    found = [await decisions.by_id(house.reader, row.id) for row in rows]
    return [one for one in found if one is not None]


async def again(house: House, decision: RecordDecision) -> Replayed:
    """Made once more from what is in the store."""
    on_sale = await decisions.on_sale(house.reader, decision.offers)
    assert on_sale is not None
    state = await ranking_states.by_id(house.reader, decision.state) if decision.state else None
    return replay(decision, on_sale, ranker_of(state) if state else None)


async def test_a_decision_by_todays_rule_is_kept_and_comes_out_the_same(house: House, desk: TriggerDesk) -> None:
    """Also where the charging system has no balance to tell and nothing is offered."""
    (offer,) = await runs_low(house, desk)
    house.ocs.balances[BEN] = Wallet(None)
    assert await runs_low(house, desk, BEN) == []
    first, second = sorted(await kept(house), key=lambda one: f"off-{one.id}" != offer.id)
    assert f"off-{first.id}" == offer.id
    assert (first.state, packed.outputs(first.outputs)[0]["propensity"]) == ("", 1.0)
    assert [(await again(house, one)).same for one in (first, second)] == [True, True]
    why = (await again(house, first)).reasons
    assert why["bundle"] == offer.bundle
    assert decode(offer.decision)["reasons"] == why
    assert "bundle" not in (await again(house, second)).reasons


async def test_learned_decisions_come_out_the_same_whatever_was_learned_since(
    house: House, desk: TriggerDesk, tmp_path: Path
) -> None:
    """Each names the state that it was made in."""
    ranking, learner = await learning(house, tmp_path, holdout=0.3)
    for number, msisdn in enumerate(PEOPLE):
        (offer, *_) = await runs_low(house, desk, msisdn)
        state = ("declined", "accepted")[number % 2]
        await house.writer.commit(write([RecordOfferState(offer.id, state, house.clock())]).unit)
        await reached(house, offer.id)
        house.clock.advance(minutes=1)
        await learner.learn()
    found = await kept(house)
    assert len({one.state for one in found}) == len(PEOPLE)
    assert {packed.inputs(one.inputs)["held_out"] for one in found} == {0.0, 1.0}
    assert all([(await again(house, one)).same for one in found])
    assert ranking.ranker.beliefs.learned == len(PEOPLE)


async def reached(house: House, offer: str) -> None:
    """As if its text had gone."""
    async with house.writer._engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE offers SET sent_from = '12345' WHERE id = ?", (offer,))


async def test_what_is_logged_as_chance_is_what_was_drawn(house: House, desk: TriggerDesk, tmp_path: Path) -> None:
    """The event's own number, the state's own fan."""
    await learning(house, tmp_path)
    await runs_low(house, desk)
    (decision,) = await kept(house)
    outputs, row = packed.outputs(decision.outputs)
    chance = (await again(house, decision)).reasons["chance"]
    assert outputs["propensity"] == pytest.approx(chance, abs=1e-4)
    assert 0.02 / 7 <= outputs["propensity"] < 1
    assert row.shape == (12,)


async def test_what_was_refused_is_not_offered_again_for_a_week(
    house: House, desk: TriggerDesk, tmp_path: Path
) -> None:
    """Whoever says no to everything is offered nothing, until then."""
    await learning(house, tmp_path)
    refused: list[str] = []
    while made := await runs_low(house, desk):
        assert made[0].bundle not in refused
        refused.append(made[0].bundle)
        await house.writer.commit(write([RecordOfferState(made[0].id, "declined", house.clock())]).unit)
        house.clock.advance(days=1)
    assert len(refused) >= 3
    last = (await kept(house))[-1]
    assert (await again(house, last)).reasons["refused"] == len(refused)
    house.clock.advance(days=8)
    assert await runs_low(house, desk)


async def test_who_is_held_out_is_offered_by_todays_rule(house: House, desk: TriggerDesk, tmp_path: Path) -> None:
    """All of them here; each the same as without a ranking."""
    (before,) = await runs_low(house, desk)
    await learning(house, tmp_path, holdout=1.0)
    house.clock.advance(minutes=5)
    after, *_ = await runs_low(house, desk)
    assert after.bundle == before.bundle
    assert (await again(house, (await kept(house))[-1])).reasons["by"] == "held_out"


async def test_a_ranking_that_fails_leaves_todays_rule(house: House, desk: TriggerDesk, tmp_path: Path) -> None:
    """Counted; nobody's turn fails for it."""
    ranking, _ = await learning(house, tmp_path)
    object.__setattr__(ranking.ranker, "weights", np.zeros((4, 3)))
    (offer,) = await runs_low(house, desk)
    (decision,) = await kept(house)
    found = await again(house, decision)
    assert (decision.state, found.reasons["by"], found.reasons["bundle"]) == ("", "rule", offer.bundle)
    assert found.same
    counted = house.context.metrics.registry.get_sample_value("chasqui_failures_total", {"where": "ranking"})
    assert counted == 1


async def test_decisions_are_forgotten_with_what_they_were_made_from(
    house: House, desk: TriggerDesk, tmp_path: Path
) -> None:
    """What newer ones were made from stays, and the newest state."""
    ranking, _ = await learning(house, tmp_path)
    await runs_low(house, desk)
    (old,) = await kept(house)
    house.clock.advance(days=31)
    house.sells(bundle for bundle in house.context.catalogue.bundles if bundle.id != "data-5gb-30d")
    await runs_low(house, desk)
    await DecisionKeeper(house.context, kept=timedelta(days=15)).forget()
    (left,) = await kept(house)
    assert left.id != old.id
    assert await decisions.on_sale(house.reader, old.offers) is None
    assert (await again(house, left)).same
    assert await ranking_states.newest(house.reader, ranking.model) is not None


async def test_another_versions_decision_is_not_made_again(house: House, desk: TriggerDesk) -> None:
    """It might come out otherwise and mean nothing."""
    await runs_low(house, desk)
    (decision,) = await kept(house)
    with pytest.raises(DecisionMalformed, match="version 99"):
        replay(replace(decision, version=99), "{}", None)


async def test_bytes_that_do_not_fit_what_was_on_sale_are_refused(house: House, desk: TriggerDesk) -> None:
    """As when rows were mixed up."""
    await runs_low(house, desk)
    (decision,) = await kept(house)
    on_sale = await decisions.on_sale(house.reader, decision.offers)
    assert on_sale is not None
    with pytest.raises(DecisionMalformed, match="do not fit"):
        replay(replace(decision, inputs=decision.inputs[:-1]), on_sale, None)
    with pytest.raises(DecisionMalformed, match="cannot be read"):
        replay(decision, "{}", None)


async def test_who_is_no_more_told_of_money_gets_no_offer_but_a_decision(house: House, desk: TriggerDesk) -> None:
    """An alert without an offer was decided on too."""
    house.ocs.balances[ANA] = Wallet(Money(1, "COP"))
    assert await runs_low(house, desk) == []
    (decision,) = await kept(house)
    assert (await again(house, decision)).reasons == {"by": "rule", "of": 0, "dear": 6, "barred": 0, "refused": 0}


# ── what is offered beside the catalogue's bundles ──

OWN = """
personal:
  - id: data-own
    kind: data
    names: {es: "{amount} por {days} dias"}
    unit: byte
    amounts: [67108864, 134217728, 268435456, 536870912, 1073741824]
    validity_days: [1, 3, 7]
    price: {currency: COP, amount: 1073741824, per_amount: 200000}
    margin: 1.0
"""
CONTENT = """
  - id: music-1d
    kind: content
    names: {es: "Musica 1 dia"}
    price: {amount: 100, currency: COP}
    allowances: [{unit: message, amount: 1}]
    validity_hours: 24
    margin: 0.5
"""
DATA = """bundles:
  - id: data-1gb-7d
    kind: data
    names: {es: "1 GB por 7 dias"}
    price: {amount: 300000, currency: COP}
    allowances: [{unit: byte, amount: 1073741824}]
    validity_hours: 168
    margin: 0.01
"""


async def test_a_size_of_their_own_is_offered_the_one_that_fits(
    house: House, desk: TriggerDesk, tmp_path: Path
) -> None:
    """To people who all use as much, all the same; and never where today's rule ranks."""
    house.context.catalogue = parse_catalogue(DATA + OWN)
    (todays,) = await runs_low(house, desk, BEN)
    assert todays.bundle == "data-1gb-7d"
    await learning(house, tmp_path)
    offered = {offer.bundle for msisdn in PEOPLE for offer in await runs_low(house, desk, msisdn)}
    (own,) = offered - {"data-1gb-7d"}
    assert own == "data-own.536870912.3d"
    found = [await again(house, one) for one in await kept(house)]
    assert all(one.same for one in found)
    assert {one.reasons["fit"] > 0.9 for one in found if one.reasons["size"]} == {True}


async def test_content_is_offered_where_nothing_else_can_be_paid(
    house: House, desk: TriggerDesk, tmp_path: Path
) -> None:
    """In place of the word that the balance is too low."""
    house.context.catalogue = parse_catalogue(DATA + CONTENT)
    house.ocs.otherwise = Wallet(Money(500, "COP"))
    assert await runs_low(house, desk, BEN) == []
    await learning(house, tmp_path)
    (offer,) = await runs_low(house, desk)
    assert offer.bundle == "music-1d"
    assert (await again(house, (await kept(house))[-1])).reasons["content"] is True


async def test_decisions_go_with_the_consents_that_are_erased(house: House, desk: TriggerDesk) -> None:
    """Of that person alone."""
    await runs_low(house, desk)
    await runs_low(house, desk, BEN)
    ana, _ = await kept(house)
    await house.writer.commit(erasure(ana.subscription, "dpo", house.clock()))
    assert ana.id not in [one.id for one in await kept(house)]
    assert len(await kept(house)) == 1


async def test_a_decisions_time_is_in_its_id(house: House, desk: TriggerDesk) -> None:
    """To the millisecond."""
    at = house.clock()
    await runs_low(house, desk)
    (decision,) = await kept(house)
    assert decision.at == at
