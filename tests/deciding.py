"""The core with a ranking that learns, and bundles of people that run low."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from fakes import ANA, TUESDAY, House
from flows.events import BundleChange, BundleReported, Trigger
from flows.records import Offer
from flows.values import Bucket, Msisdn, Unit
from gateway.app.models import models_of
from gateway.app.ranking import serve_acceptance
from gateway.config.tree import Config, ScoringConfig
from gateway.core.ranking import Ranking
from gateway.core.triggers import TriggerDesk, Triggered
from gateway.jobs.ranking_learner import RankingLearner
from scoring import acceptance_model, artefact
from scoring.acceptance_model import Learned
from scoring.artefact import Provenance
from scoring.bandit import Exploration
from store import inbox, offers, subscriptions
from store.ids import new_id
from store.inbox import Entry

MODEL = "acceptance.model"


def model_in(folder: Path, floor: float = 0.02) -> Path:
    """A ranking that knows nothing yet."""
    file = folder / MODEL
    learned = Learned(acceptance_model.nothing_known(), used=True)
    made = Provenance((), 0, TUESDAY.isoformat())
    artefact.save(acceptance_model.artefact_of(learned, Exploration(floor=floor), made), file)
    return file


async def learning(
    house: House, folder: Path, holdout: float = 0.0, floor: float = 0.02
) -> tuple[Ranking, RankingLearner]:
    """The ranking as the gateway starts it, and what goes on learning."""
    model_in(folder, floor)
    config = Config(scoring=ScoringConfig(acceptance=MODEL, holdout=holdout), folder=folder)
    house.context.models = models_of(config)
    await serve_acceptance(config, house.context)
    ranking = house.context.ranking
    assert ranking is not None
    return ranking, RankingLearner(house.context)


async def runs_low(house: House, desk: TriggerDesk, msisdn: Msisdn = ANA) -> Sequence[Offer]:
    """Their bundle has a tenth left; what is offered to them now, newest first."""
    at = house.clock()
    bundle = Bucket(new_id(at), Unit.BYTE, 90 * 2**20, 2**30, at + timedelta(days=2))
    event = BundleReported(BundleChange.DEPLETING, bundle, "data-1gb-7d", at - timedelta(days=5), threshold=0.1)
    entry = Entry(new_id(at), "trigger", "ocs", new_id(at), msisdn, "{}", at)
    await house.writer.commit(inbox.take_in(entry))
    assert await desk.work([Triggered(entry, Trigger(msisdn, at, event))]) == []
    house.clock.advance(seconds=1)  # ids sort by time
    person = (await subscriptions.by_msisdn(house.reader, [msisdn]))[msisdn]
    return await offers.open_of(house.reader, person.id, at)
