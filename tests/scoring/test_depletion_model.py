"""A trained model of depletion: better than every baseline, on people and in a world that it has not seen.

One model of a small crowd serves all tests here.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring import artefact, depletion_artefact, depletion_measures, depletion_model
from scoring.adaptation import Offsets
from scoring.bundle_moments import Bundles, at_hours, at_random, outcomes, usage_at
from scoring.depletion import forecast
from scoring.depletion_artefact import artefact_of
from scoring.depletion_measures import Measured, measured
from scoring.depletion_model import SEGMENTS, DepletionModel
from scoring.depletion_rows import FEATURES
from scoring.depletion_training import Trained, moments_seen, split, trained
from scoring.drift import ACT, WATCH, Reference
from scoring.errors import ModelRefused, ShapeMismatch, TooLittleToLearn
from scoring.sessions import Sessions, sessions
from scoring.simulated.arrays import crowd
from scoring.values import HORIZON_HOURS, PRIOR_PER_HOUR, Rhythm, UsageBatch

SCORES = ("pace_per_hour", "p10_hours", "p50_hours", "p90_hours", "p_depletes_before_expiry")
FOLLOWED = 7 * 86_400.0
DRAWN = np.random.default_rng(11)


@pytest.fixture(scope="module")
def learnt_from() -> tuple[Sessions, Bundles, list[str]]:
    """People of the first world."""
    return crowd("habits", 500, 8, seed=21)


@pytest.fixture(scope="module")
def made(learnt_from: tuple[Sessions, Bundles, list[str]]) -> Trained:
    """The model."""
    return trained(*learnt_from)


def judged(made: Trained, world: str, number: int, seed: int) -> Measured:
    """On other people, of this world."""
    found, bundles, _ = crowd(world, number, 9, seed)
    return measured(made.model, made.spread, moments_seen(found, bundles, followed=FOLLOWED))


def test_it_beats_every_baseline_on_other_people(made: Trained) -> None:
    """By a twentieth at least, on thousands of moments, three times over: not by luck."""
    for seed in (101, 102, 103):
        found = judged(made, "habits", 150, seed)
        assert found.moments > 1_000
        assert found.improvement > 0.05, f"{seed}: {found.improvement:.3f} better than {found.best_baseline}"


def test_it_is_not_worse_in_a_world_made_another_way(made: Trained) -> None:
    """Nothing of which it has ever seen; and there too its intervals come to hold what they promise."""
    found = judged(made, "states", 120, 201)
    assert found.improvement > 0
    assert abs(found.since_adapted.coverage - 0.8) < 0.05


def test_its_intervals_hold_four_of_five(made: Trained) -> None:
    """While it learns from what comes of its forecasts."""
    assert abs(judged(made, "habits", 150, 104).since_adapted.coverage - 0.8) < 0.03


def test_shuffled_truth_teaches_nothing(learnt_from: tuple[Sessions, Bundles, list[str]]) -> None:
    """Sessions at random times have no rhythm to learn: it would show if labels leaked into features."""
    found, bundles, names = learnt_from
    person = np.repeat(np.arange(found.people), np.diff(found.begins))
    begins, until = float(found.start.min()), found.until
    at_any_time = np.random.default_rng(5).uniform(begins, until, len(found.start))
    noise = sessions(person, np.floor(at_any_time), found.used, found.people)
    judged_by = trained(noise, bundles, names).measured
    assert judged_by is not None
    assert judged_by.improvement < 0.35


def test_people_known_for_less_than_a_day_are_forecast_as_people_alike(made: Trained) -> None:
    """Better than what one assumes of anybody."""
    cold = judged(made, "habits", 150, 105).cold
    assert cold["model"].pinball < 0.95 * cold["by_hand"].pinball


def test_people_alike_bought_something_like_it(made: Trained) -> None:
    """Whoever buys a larger bundle for the same time uses more; whom nobody is like is as everybody."""
    paces = made.model.similar.paces(
        np.array([100.0, 4096.0]) * 2**20, np.array([168.0, 168.0]), ["", ""], np.array([1.0, 1.0])
    )
    assert paces[1] > 3 * paces[0]
    nobody = made.model.similar.paces(np.array([np.nan]), np.array([np.nan]), ["none such"], np.array([1.0]))
    assert nobody[0] == pytest.approx(np.exp(made.model.similar.log_paces[""]))


def a_night(made: Trained, found: Sessions, bundles: Bundles) -> dict[str, float]:
    """How far people have moved from those of training, one night at three, by what is given and said."""
    assert made.nights is not None
    then = np.floor(found.until / 86_400) * 86_400 - 20 * 86_400 + 3.5 * 3600
    moments = at_hours(found, bundles, 4_000, since=then - 7 * 86_400, until=then, rng=np.random.default_rng(2))
    moments = moments.only(moments.at % 86_400 == 3.5 * 3600)
    usage = usage_at(found, bundles, moments)
    said = made.model.forecast(usage)
    scores = (said.pace, said.p10, said.p50, said.p90, said.p_before_expiry)
    columns = [FEATURES.index(name) for name in made.nights.names if name in FEATURES]
    now = np.column_stack((made.model.features(usage)[:, columns], *scores))
    return made.nights.at(3).psi(made.nights.counts(now))


def test_its_nights_are_remembered_by_hour(made: Trained) -> None:
    """Other people who live alike have not drifted a year later; people of another kind, or who use more, have."""
    found, bundles, _ = crowd("habits", 400, 9, 110)
    alike = a_night(made, found, bundles)
    assert set(alike) == {*FEATURES, *SCORES} - {"weekday", "log_days_known"}
    assert max(alike.values()) < ACT
    assert np.median(list(alike.values())) < WATCH / 2
    others, theirs, _ = crowd("states", 400, 9, 111)
    moved = a_night(made, others, theirs)
    assert moved["hours_used_of_24"] > ACT
    assert moved["hours_used_of_24"] > 4 * alike["hours_used_of_24"]
    person = np.repeat(np.arange(found.people), np.diff(found.begins))
    more = a_night(made, sessions(person, found.start, found.used * 4, found.people), bundles)
    assert more["pace_per_hour"] > ACT > alike["pace_per_hour"]


def test_what_its_nights_were_is_kept_in_its_file(
    made: Trained, learnt_from: tuple[Sessions, Bundles, list[str]], tmp_path: Path
) -> None:
    """And told in its card; a file of before, without it, serves all the same."""
    found, _, names = learnt_from
    for nights, told in ((made.nights, "by hour of day"), (None, "Drift: unknown")):
        file = artefact_of(replace(made, nights=nights), ("ab" * 32,), "2026-11-24T00:00:00Z", 0, split(found, names))
        artefact.save(file, tmp_path / "model")
        kept, model = depletion_model.load(tmp_path / "model")
        reference = Reference.of_arrays(kept.arrays)
        assert told in kept.card
        assert model.beats
        assert (reference is None) == (nights is None)
        if reference is not None and nights is not None:
            assert reference.names == nights.names
            assert reference.by_hour is not None
            np.testing.assert_array_equal(reference.at(3).shares, nights.at(3).shares)


def test_people_and_weeks_are_apart(learnt_from: tuple[Sessions, Bundles, list[str]]) -> None:
    """Everybody has one part, whoever else is there."""
    found, _, names = learnt_from
    parts = split(found, names)
    assert (parts.fits.astype(int) + parts.sets + parts.judges == 1).all()
    assert (split(found, names[:100]).judges == parts.judges[:100]).all()
    assert 0.1 < parts.judges.mean() < 0.3


def test_nothing_after_the_moment_is_used(made: Trained, learnt_from: tuple[Sessions, Bundles, list[str]]) -> None:
    """Forecasts from what came before alone are the same to the last digit."""
    found, bundles, _ = learnt_from
    until = float(np.quantile(found.start, 0.6))
    moments = at_random(found, bundles, 1, until, np.random.default_rng(1))
    moments = moments.only(moments.at > until - 86_400)
    latest = float(moments.at.max())
    person = np.repeat(np.arange(found.people), np.diff(found.begins))
    before = found.start <= latest
    past = sessions(person[before], found.start[before], found.used[before], found.people)
    all_told, told = (made.model.forecast(usage_at(one, bundles, moments)) for one in (found, past))
    np.testing.assert_allclose(all_told.p50, told.p50, rtol=1e-9)
    np.testing.assert_allclose(all_told.p_before_expiry, told.p_before_expiry, rtol=1e-9)
    assert len(told.p50) > 100


def test_what_is_not_seen_to_end_lasts_longer_than_it_was_seen() -> None:
    """And goes on at the pace that it was seen at."""
    found = sessions(np.array([0, 0, 0]), np.array([0.0, 3600.0, 36_000.0]), np.array([1.0, 10.0, 10.0]), 1)
    bundles = Bundles(np.array([0]), np.array([0.0]), np.array([np.nan]), np.array([100.0]), [""])
    moments = at_random(found, bundles, 1, 1800.0, np.random.default_rng(0))
    then = outcomes(found, moments, found.until)
    assert not then.seen[0]
    assert then.hours[0] > then.known[0]


MB = 2.0**20
UNKNOWN_OR = st.one_of(st.just(float("nan")), st.floats(-100, 1e12))
ANYBODY = st.fixed_dictionaries(
    {
        "remaining": st.floats(0, 1e13),
        "initial": UNKNOWN_OR,
        "elapsed_hours": UNKNOWN_OR,
        "hours_to_expiry": UNKNOWN_OR,
        "hour": st.integers(0, 23).map(float),
        "profile": st.lists(st.floats(0, 1e12), min_size=24, max_size=24),
        "recent": st.lists(st.floats(0, 1e12), min_size=24, max_size=24),
        "log_day_std": st.floats(0, 10),
        "days": st.floats(0, 1e5),
    }
)


def somebody(facts: dict[str, Any]) -> UsageBatch:
    """A batch of one."""
    rhythm = Rhythm(np.array([facts["recent"]]), np.array([3.0]), np.array([2.0]))
    arrays: dict[str, Any] = {name: np.array([value]) for name, value in facts.items() if name != "recent"}
    recent_day = np.array([sum(facts["recent"])])
    return UsageBatch(**arrays, recent_day=recent_day, prior=np.array([PRIOR_PER_HOUR["byte"]]), rhythm=rhythm)


@given(facts=ANYBODY)
def test_whatever_goes_in_quantiles_never_cross(made: Trained, facts: dict[str, Any]) -> None:
    """No NaN, no infinity, in order within the horizon; the chance between 0 and 1."""
    said = made.model.forecast(somebody(facts))
    assert 0 <= said.p10[0] <= said.p50[0] <= said.p90[0] <= HORIZON_HOURS
    assert 0 <= said.p_before_expiry[0] <= 1


def steady(**facts: Any) -> UsageBatch:
    """Ten megabytes an hour for a month, a tenth of two gigabytes left."""
    usual: dict[str, Any] = {
        "remaining": 200 * MB, "initial": 2000 * MB, "elapsed_hours": 180.0, "hours_to_expiry": 100.0, "hour": 10.0,
        "profile": [10 * MB] * 24, "recent": [10 * MB] * 24, "log_day_std": 0.3, "days": 30.0,
    }  # fmt: skip
    return somebody({**usual, **facts})


def test_nothing_left_is_now_and_expired_is_never(made: Trained) -> None:
    """Zero hours and certainly; or no chance at all."""
    empty, over = made.model.forecast(steady(remaining=0.0)), made.model.forecast(steady(hours_to_expiry=-1.0))
    assert (empty.p90[0], empty.p_before_expiry[0]) == (0, 1)
    assert over.p_before_expiry[0] == 0


def test_less_left_ends_sooner_and_a_later_expiry_is_met_less_often(made: Trained) -> None:
    """As anybody would say."""
    little, much = (made.model.forecast(steady(remaining=left * MB)).p50[0] for left in (50, 800))
    assert little < much / 3
    near, far = (made.model.forecast(steady(hours_to_expiry=hours)).p_before_expiry[0] for hours in (3.0, 300.0))
    assert near < 0.3
    assert far > 0.9


def test_a_row_is_forecast_the_same_alone_and_among_others(made: Trained) -> None:
    """No person's forecast depends on who else is asked for."""
    found, bundles, _ = crowd("habits", 20, 4, seed=3)
    usage = moments_seen(found, bundles, followed=FOLLOWED).usage
    whole = made.model.forecast(usage)
    for row in (0, 7, 19):
        alone = made.model.forecast(usage.only(slice(row, row + 1)))
        assert alone.p10[0] == pytest.approx(whole.p10[row], rel=1e-12)
        assert alone.p_before_expiry[0] == pytest.approx(whole.p_before_expiry[row], rel=1e-12)


def test_what_was_learnt_moves_its_segment_alone(made: Trained) -> None:
    """Its edges and nobody else's; the middle stays."""
    usage = steady(hours_to_expiry=2000.0)
    before = made.model.forecast(usage)
    assert before.segments is not None
    name = SEGMENTS[before.segments[0]]
    wider = made.model.moved({name: Offsets(-0.5, 0.5), "no such segment": Offsets(9, 9)}).forecast(usage)
    assert wider.p10[0] == pytest.approx(before.p10[0] * np.exp(-0.5))
    assert wider.p50[0] == before.p50[0]
    assert wider.p90[0] == pytest.approx(before.p90[0] * np.exp(0.5))
    others = made.model.moved({one: Offsets(-0.5, 0.5) for one in SEGMENTS if one != name}).forecast(usage)
    assert others.p10[0] == before.p10[0]


def test_an_edge_beyond_expiry_stays_as_it_was_trained(made: Trained) -> None:
    """What was learnt of edges that were seen says nothing of it: those were the ones that are too low."""
    learnt = made.model.moved(dict.fromkeys(SEGMENTS, Offsets(-0.5, 0.5)))
    edge = float(made.model.forecast(steady(hours_to_expiry=np.nan)).p90[0])
    for hours, factor in ((edge * 0.9, 1.0), (edge * 1.1, np.exp(0.5)), (np.nan, np.exp(0.5))):
        usage = steady(hours_to_expiry=hours)
        before, after = made.model.forecast(usage), learnt.forecast(usage)
        within = not hours < before.p90[0]
        assert within == (factor > 1), "segments are close enough for the edge of one to be that of the other"
        assert after.p90[0] == pytest.approx(before.p90[0] * factor)
        assert after.p10[0] == pytest.approx(before.p10[0] * np.exp(-0.5))


def test_in_a_gateway_edges_beyond_expiry_are_not_widened(made: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what was learnt of those that are seen, and for that are too low: it would cost loss."""
    served = judged(made, "states", 200, 202).in_service
    monkeypatch.setattr(depletion_measures, "within", lambda trained, ends: np.ones(len(ends), dtype=bool))
    widened = judged(made, "states", 200, 202).in_service
    assert 0.75 < served.coverage < 0.85
    assert served.pinball < widened.pinball


def test_a_batch_without_rhythm_is_refused(made: Trained) -> None:
    """It is for a forecast by hand, which needs none."""
    bare = replace(steady(), rhythm=None)
    assert forecast(bare).p50[0] > 0
    with pytest.raises(ShapeMismatch, match="rhythm"):
        made.model.forecast(bare)


def saved(made: Trained, path: Path) -> artefact.Artefact:
    """As the command writes it."""
    found, _, names = crowd("habits", 5, 2, seed=1)
    kept = depletion_artefact.artefact_of(made, ("0" * 64,), "2026-01-01T00:00:00+00:00", 0, split(found, names))
    artefact.save(kept, path)
    return kept


def test_a_file_holds_all_of_it(made: Trained, tmp_path: Path) -> None:
    """Loaded again it says the same, and its card says whether it is worth using."""
    saved(made, tmp_path / "m.model")
    kept, again = depletion_model.load(tmp_path / "m.model")
    assert again.forecast(steady()).p50[0] == made.model.forecast(steady()).p50[0]
    assert again.beats
    assert "lower than that of the best baseline" in kept.card
    assert kept.metrics["pinball"] < kept.metrics["baseline_pinball"]


@pytest.mark.parametrize(
    ("name", "array", "told"),
    [
        ("offsets", np.zeros((3, 3)), "do not fit together"),
        ("offsets", np.full((len(SEGMENTS), 3), np.nan), "no numbers"),
        ("starts", np.array([0, 0, 5]), "do not fit together"),
        ("starts", np.array([0, 90, 10**6]), "do not fit together"),
        ("trees.feature", None, "lack"),
        ("chance", None, "lacks"),
    ],
)
def test_parts_that_do_not_fit_are_refused(made: Trained, tmp_path: Path, name: str, array: Any, told: str) -> None:
    """A file can hold anything."""
    kept = saved(made, tmp_path / "m.model")
    arrays = {key: value for key, value in kept.arrays.items() if key != name}
    artefact.save(replace(kept, arrays=arrays if array is None else {**arrays, name: array}), tmp_path / "m.model")
    with pytest.raises(ModelRefused, match=told):
        depletion_model.load(tmp_path / "m.model")


def test_a_model_of_another_schema_is_refused(made: Trained, tmp_path: Path) -> None:
    """What its features meant is not what they mean now."""
    artefact.save(replace(saved(made, tmp_path / "m.model"), schema=99), tmp_path / "m.model")
    with pytest.raises(ModelRefused, match="features of version 99"):
        depletion_model.load(tmp_path / "m.model")


def test_too_few_people_teach_nothing() -> None:
    """The error says what there is and what it takes."""
    with pytest.raises(TooLittleToLearn, match=r"too little to learn from: .* moments to fit"):
        trained(*crowd("habits", 4, 2, seed=1))


def test_bundles_that_all_end_alike_are_learnt_from(learnt_from: tuple[Sessions, Bundles, list[str]]) -> None:
    """Nobody's expires: there is one class alone, and the chance is read from the quantiles."""
    found, bundles, names = learnt_from
    never = replace(bundles, expires=np.full(len(bundles.expires), np.nan))
    model: DepletionModel = trained(found, never, names).model
    assert model.forecast(steady(hours_to_expiry=2000.0)).p_before_expiry[0] > 0.9
    assert model.forecast(steady(hours_to_expiry=0.5)).p_before_expiry[0] < 0.1
