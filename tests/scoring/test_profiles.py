"""Profiles: the ways of life that people were made with are found again, and what is not there is not claimed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from profile_people import LIVES, Crowd, Life, crowd, write
from scoring import artefact, profile_bundles, profile_card, profile_panel, profiles
from scoring.artefact import Artefact, Provenance
from scoring.behaviour import DAYS
from scoring.errors import FileMalformed, ModelRefused, ScoringError
from scoring.profile_clusters import Grouping, best, distances, nearest, tried
from scoring.profile_judge import compared
from scoring.profile_panel import AHEAD, Panel
from scoring.profile_summary import PARTS, summary
from scoring.profile_training import Report, Wishes, errors_of, train
from scoring.profile_words import names
from scoring.profiles import ProfileModel

Trained = tuple[ProfileModel, Report, Panel, Crowd]


def read(made: Crowd, folder: Path) -> Panel:
    """The panel of made-up people."""
    return profile_panel.read(write(made, folder, "parquet"), "UTC")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A model of four ways of life."""
    made = crowd(300, 56, seed=1)
    panel = read(made, tmp_path_factory.mktemp("taught"))
    return (*train(panel, profile_bundles.load(), Wishes()), panel, made)


def lives(panel: Panel, made: Crowd) -> list[int]:
    """The way of life of each person of a panel."""
    led = dict(zip(made.msisdns, made.life, strict=True))
    return [int(led[one]) for one in panel.people]


def test_the_ways_of_life_are_found(trained: Trained) -> None:
    """As many groups as there are, stable, each with the people who live so."""
    model, report, panel, made = trained
    assert len(model.profiles) == len(LIVES)
    assert report.groups_found
    assert adjusted_rand_score(lives(panel, made), model.assign(panel, AHEAD).profile) > 0.95
    assert all(one.stability > 0.9 for one in model.profiles)
    assert sum(one.share for one in model.profiles) == pytest.approx(1, abs=1e-3)


def test_other_people_in_later_weeks_are_put_where_they_belong(trained: Trained, tmp_path: Path) -> None:
    """People that nobody has trained with."""
    model = trained[0]
    made = crowd(200, 70, seed=2)
    panel = read(made, tmp_path)
    assigned = model.assign(panel)
    assert adjusted_rand_score(lives(panel, made), assigned.profile) > 0.9
    assert ((assigned.sure >= 0) & (assigned.sure <= 1)).all()


def test_profiles_are_named_by_what_sets_them_apart(trained: Trained) -> None:
    """In words that differ."""
    named = {one.name for one in trained[0].profiles}
    assert len(named) == len(LIVES)
    for word in ("night", "hotspot", "light use", "crashes"):
        assert sum(word in name and f"no {word}" not in name for name in named) == 1, named


def test_each_profile_has_the_bundle_that_fits_it(trained: Trained) -> None:
    """Protection for phones that break, hotspot for who tethers, streaming for who streams; no use, no bundle."""
    bundles = {one.name: set(one.bundle) for one in trained[0].profiles}
    for word, component in (("crashes", "device_protection"), ("hotspot", "hotspot"), ("night", "streaming")):
        (bundle,) = (bundle for name, bundle in bundles.items() if word in name and f"no {word}" not in name)
        assert component in bundle
    assert [bundle for name, bundle in bundles.items() if "light use" in name] == [set()]


def test_the_same_files_give_the_same_model(trained: Trained) -> None:
    """Whatever was drawn was drawn from the seed."""
    model, _, panel, _ = trained
    again, _ = train(panel, profile_bundles.load(), Wishes())
    for name, array in model.arrays().items():
        np.testing.assert_array_equal(array, again.arrays()[name])
    assert again.settings() == model.settings()


def test_people_of_one_kind_are_said_to_be_of_one_kind(tmp_path: Path) -> None:
    """Groups that halve one cloud may be stable, and are not parted better than chance does; the card says so."""
    made = crowd(150, 42, seed=3, lives=(Life("alike", 100, spread=1.0),))
    model, report = train(read(made, tmp_path), profile_bundles.load(), Wishes())
    assert not report.groups_found
    assert "These people are not of kinds" in profile_card.card(model, report)


def test_a_model_is_worth_more_than_the_mean_of_everybody(trained: Trained, tmp_path: Path) -> None:
    """On people held out, and on others; beside the honest baseline, which is told whether it is beaten or not."""
    model, report, _, _ = trained
    assert report.errors["summary"] < 0.5 * report.errors["mean_of_all"]
    found = errors_of(model, read(crowd(200, 42, seed=4), tmp_path))
    assert found["mae"] < 1.1 * found["baseline_mae"]
    beaten = report.errors["summary"] < report.errors["last_week"]
    assert ("Nor is it better" in profile_card.card(model, report)) is not beaten


@pytest.mark.parametrize(("people", "days", "sentence"), [(40, 42, "40 people"), (80, 30, "30 days of behaviour")])
def test_too_few_people_or_days_are_told(people: int, days: int, sentence: str, tmp_path: Path) -> None:
    """In one line, with how many are needed."""
    with pytest.raises(ScoringError, match=sentence):
        train(read(crowd(people, days, seed=5), tmp_path), profile_bundles.load(), Wishes())


def test_somebody_new_has_no_profile_yet(trained: Trained) -> None:
    """Of two weeks at least something must be known."""
    model, _, panel, _ = trained
    first = panel.first.copy()
    first[0] = panel.last_day - 12
    first[1] = panel.last_day - 13
    assigned = model.assign(replace(panel, first=first))
    assert assigned.profile[0] == -1
    assert assigned.profile[1] >= 0


# ── as a file ──


def saved(model: ProfileModel, path: Path, **changes: object) -> Path:
    """The model as a file."""
    made = Artefact(
        "profiles", 1, model.columns, model.arrays(), Provenance(("0",), 1, "now"), settings=model.settings()
    )
    artefact.save(replace(made, **changes), path)  # type: ignore[arg-type]
    return path


def opened(path: Path) -> ProfileModel:
    """The model in a file."""
    return profiles.of_artefact(artefact.load(path, profiles.KIND, profiles.SCHEMA))


def test_a_file_holds_the_whole_model(trained: Trained, tmp_path: Path) -> None:
    """What it says of people is the same to the last digit."""
    model, _, panel, _ = trained
    again = opened(saved(model, tmp_path / "m"))
    one, other = model.assign(panel), again.assign(panel)
    np.testing.assert_array_equal(one.profile, other.profile)
    np.testing.assert_array_equal(one.sure, other.sure)
    assert list(again.profiles) == list(model.profiles)


def test_a_model_whose_parts_do_not_fit_is_refused(trained: Trained, tmp_path: Path) -> None:
    """A part that lacks, one of another size, a description that nobody knows, an encoder that is none."""
    model = trained[0]
    arrays, settings = model.arrays(), model.settings()
    broken: list[Mapping[str, object]] = [
        {"arrays": {name: one for name, one in arrays.items() if name != "centres"}},
        {"arrays": {**arrays, "centres": arrays["centres"][:-1]}},
        {"arrays": {**arrays, "scale_mean": arrays["scale_mean"][:-1]}},
        {"settings": {**settings, "description": "crystal ball"}},
        {"settings": {**settings, "profiles": [{}]}},
        {"settings": {**settings, "description": "gru"}, "arrays": {**arrays, "onnx": arrays["axes"]}},
    ]
    for changes in broken:
        with pytest.raises(ModelRefused):
            opened(saved(model, tmp_path / "m", **changes))


def test_people_told_of_in_other_columns_are_refused(trained: Trained) -> None:
    """A model takes what it was trained with, and nothing else in its place."""
    model, _, panel, _ = trained
    less = replace(panel, columns=panel.columns[:-1], sums=panel.sums[:, :, :-1])
    with pytest.raises(ModelRefused, match="takes bytes"):
        model.assign(less)


# ── parts ──


def test_a_summary_says_what_it_says() -> None:
    """Mean of logs, share of days, weekends against workdays, the second half against the first, the last week."""
    week = np.array([0, 0, 0, 0, 0, 1, 1]) * (np.e - 1)  # Monday first; the logarithm of one plus is one at weekends
    days = np.tile(week, DAYS // 7)[None, :, None]
    sunday = (date(2024, 10, 6) - date(1970, 1, 1)).days
    level, active, spread, weekend, trend, recent = summary(days, sunday)[0]
    assert (level, active, weekend, trend, recent) == pytest.approx((2 / 7, 2 / 7, 1.0, 0.0, 2 / 7))
    assert spread == pytest.approx(np.sqrt(2 / 7 * 5 / 7))
    assert len(PARTS) == 6


def test_groups_that_are_not_there_are_not_stable() -> None:
    """A cloud without parts, beside three that stand apart."""
    rng = np.random.default_rng(0)
    cloud = rng.normal(size=(300, 6))
    assert best(tried(cloud, range(2, 7), 0)).stability < 0.85
    parted = np.concatenate([rng.normal(size=(100, 6)) + 12 * at for at in range(3)])
    found = best(tried(parted, range(2, 7), 0))
    assert found.count == 3
    assert found.stability > 0.99
    group, far = nearest(parted, found.centres), distances(parted, found.centres)
    assert adjusted_rand_score(np.repeat(range(3), 100), group) == 1
    np.testing.assert_allclose(far[:, 1], np.linalg.norm(parted - found.centres[1], axis=1))


def test_what_a_group_does_is_told_before_what_it_does_not() -> None:
    """Where both set it apart about as much: of two groups, each is what the other is not."""
    apart = np.zeros((2, 2 * len(PARTS)))
    apart[:, [0, len(PARTS)]] = [[0.71, -0.72], [-1.42, 1.44]]
    assert names(apart, ["streaming_bytes", "gaming_bytes"]) == ["streaming, little gaming", "gaming, little streaming"]


def test_a_grouping_is_found_also_where_none_parts_anybody() -> None:
    """A silhouette below nothing is the best of those."""
    bad = [
        Grouping(np.zeros((count, 1)), silhouette, 1.0, np.ones(count)) for count, silhouette in ((2, -1.0), (3, -0.4))
    ]
    assert best(bad).count == 3
    assert best(bad[:1]).count == 2


def test_a_description_is_used_only_if_it_is_better_beyond_chance() -> None:
    """A guess that is right by luck on some people is not; one that is right on most is."""
    rng = np.random.default_rng(0)
    wanted = rng.normal(size=200)
    first = wanted + rng.normal(size=200)
    lucky, better = first + rng.normal(0, 0.01, 200), wanted + 0.5 * (first - wanted)
    assert not compared(wanted, first, lucky, 0).second_wins
    assert compared(wanted, first, better, 0).second_wins
    assert not compared(wanted, better, first, 0).second_wins


def test_groups_alike_in_name_get_numbers() -> None:
    """Where no words tell them apart."""
    assert names(np.zeros((2, 6)), ["bytes"]) == ["like most (1)", "like most (2)"]
    apart = np.zeros((2, 12))
    apart[:, 0] = 2
    apart[1, 6] = -1
    assert names(apart, ["bytes", "crashes"]) == ["heavy use", "heavy use, no crashes"]


# ── bundles ──


KIT = """
least_share: 0
components:
  data: {need: {bytes: 1}, per: 100, worth: 10, cost: 2, sizes: [{size: 1, price: 8}, {size: 3, price: 25}]}
"""


def test_the_size_that_earns_most_is_chosen(tmp_path: Path) -> None:
    """Worked out by hand: two need one unit, one three; the small one earns 6 a person, the large 19 of one."""
    (tmp_path / "kit.yaml").write_text(KIT, encoding="utf-8")
    kit = profile_bundles.load(tmp_path / "kit.yaml")
    sums = np.zeros((3, DAYS, 1))
    sums[:, 0, 0] = (100, 100, 300)
    panel = Panel(["a", "b", "c"], ("bytes",), sums, np.zeros(3, dtype=int), 20_000)
    assert kit.bundle_for(panel) == {"data": {"size": 3.0, "price": 25.0, "share": 0.3333, "earns": 6.33}}
    assert kit.bundle_for(panel.of(np.array([0, 1]))) == {
        "data": {"size": 1.0, "price": 8.0, "share": 1.0, "earns": 6.0}
    }
    assert replace(kit, least_share=0.5).bundle_for(panel) == {}


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("least_share: 0", "", "must have components and least_share"),
        ("least_share: 0", "least_share: -1", "least_share: -1 is not a number from 0"),
        ("bytes: 1", "bites: 1", "components: data: need: must give a weight to some of bytes"),
        ("per: 100", "per: 0", "components: data: per: must be more than 0"),
        ("cost: 2", "cost: .nan", "components: data: cost: nan is not a number"),
        ("price: 8}", "price: x}", "components: data: price: 'x' is not a number"),
        ("cost: 2, ", "", "components: data: must have need, per"),
        ("sizes: [{size: 1, price: 8}, {size: 3, price: 25}]", "sizes: []", "components: data: sizes: must be a list"),
        ("components:", "components: [", "kit.yaml: "),
        ("  data:", "  data: {}\n  data:", "kit.yaml: "),
    ],
)
def test_a_kit_that_cannot_be_is_refused_by_its_key(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    """In one line."""
    file = tmp_path / "kit.yaml"
    file.write_text(KIT.replace(old, new), encoding="utf-8")
    with pytest.raises(FileMalformed) as refused:
        profile_bundles.load(file)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)
