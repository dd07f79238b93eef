"""``chasqui score combos`` and ``chasqui catalogue drafts``: from recharges to a bundle that a gateway sells."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from flows.catalogue import load_starter
from gateway.app.building import catalogue_of
from gateway.cli import main, score_progress
from gateway.config.tree import CatalogueConfig, Config
from gateway.errors import ConfigError

Output = pytest.CaptureFixture[str]
COMBOS = ("score", "combos", "--min-support", "0.05")
GROUPS = """
data:
  D1: [10, 50]
  D2: {from: 51, to: 150, allowances: [{unit: byte, amount: 1073741824}]}
talktime:
  T1: [10, 100]
  T2: {from: 101, to: 200, allowances: [{unit: second, amount: 3600}]}
"""
CROWD = ((10, "data:60 talktime:120"), (5, "data:20 talktime:30"), (100, "data:60"))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a database, recharges, groups and transactions."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", {"LOGNAME": "ops"})
    shutil.copy(migrated, tmp_path / "chasqui.db")
    baskets = [basket for count, basket in CROWD for _ in range(count)]
    rows = [
        f"{number},{one.replace(':', ',2026-10-05,')},success"
        for number, basket in enumerate(baskets)
        for one in basket.split()
    ]
    (tmp_path / "r.csv").write_text(
        "\n".join(["customer_id,recharge_type,recharge_date,amount,status", *rows]) + "\n", encoding="utf-8"
    )
    (tmp_path / "g.yaml").write_text(GROUPS, encoding="utf-8")
    (tmp_path / "t.dat").write_text("a b\na b c\nb\n", encoding="utf-8")
    return tmp_path


def chasqui(capsys: Output, *words: str) -> str:
    """Run a command that works; what it printed."""
    status = main(words)
    out, err = capsys.readouterr()
    assert status == 0, err
    return out


def refused(capsys: Output, *words: str) -> str:
    """Run a command that does not; the one line that it complains with."""
    assert main(words) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    return err


def proposed(capsys: Output) -> str:
    """Mine and keep drafts."""
    return chasqui(capsys, *COMBOS, "--recharges", "r.csv", "--groups", "g.yaml", "--drafts")


def audit(folder: Path) -> list[tuple[Any, ...]]:
    """Who did what."""
    with closing(sqlite3.connect(folder / "chasqui.db")) as database:
        return list(database.execute("SELECT actor, action, detail FROM audit ORDER BY id"))


def test_transactions_are_told_as_json(capsys: Output) -> None:
    """Itemsets and rules, with the keys that others rely on; no plans without amounts."""
    told = json.loads(
        chasqui(
            capsys, *COMBOS[:2], "--transactions", "t.dat", "--min-support", "0.6", "--min-confidence", "1", "--json"
        )
    )
    assert told == {
        "transactions": 3,
        "itemsets": [
            {"items": ["b"], "count": 3, "support": 1.0},
            {"items": ["a"], "count": 2, "support": 2 / 3},
            {"items": ["a", "b"], "count": 2, "support": 2 / 3},
        ],
        "rules": [{"if": ["a"], "then": ["b"], "count": 2, "support": 2 / 3, "confidence": 1.0, "lift": 1.0}],
        "plans": [],
        "left_out": {},
    }


def test_plans_are_told_with_what_speaks_for_them(capsys: Output) -> None:
    """Amounts in the currency's own unit."""
    told = json.loads(chasqui(capsys, *COMBOS, "--recharges", "r.csv", "--groups", "g.yaml", "--json"))
    plan = told["plans"][0]
    assert plan["items"] == ["D2", "T2"]
    assert (plan["parts"], plan["sum"], plan["price"]) == ({"D2": 60.0, "T2": 120.0}, 180.0, 171.0)
    assert (plan["proposed"], plan["reach"], plan["cannibalised"]) == (True, 100, 90.0)
    assert plan["arpu"]["after"] > plan["arpu"]["before"]
    assert told["left_out"] == {"customers and months with a single category": 100}


def test_it_can_be_read_by_people(capsys: Output) -> None:
    """Each list with its best, and how many there are."""
    told = chasqui(capsys, *COMBOS, "--recharges", "r.csv", "--groups", "g.yaml", "--top", "1")
    assert "15 baskets\n  left out: 100 customers and months with a single category\n" in told
    assert "6 itemsets, the best 1\n          10   66.67%  D2\n" in told
    assert "D2 + T2: 171 for 180.00, 30 days; held by 10, 100 within reach; proposed: earns more once 0.81%" in told


def test_the_best_of_each_list_is_enough(capsys: Output) -> None:
    """With --top."""
    told = json.loads(chasqui(capsys, *COMBOS, "--recharges", "r.csv", "--groups", "g.yaml", "--top", "2", "--json"))
    assert [len(told[name]) for name in ("itemsets", "rules", "plans")] == [2, 2, 2]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--transactions", "t.dat", "--groups", "g.yaml"), "--groups goes with --recharges"),
        (("--transactions", "t.dat", "--drafts"), "--drafts goes with --recharges"),
        (("--transactions", "no.dat"), "no.dat: there is no such file"),
        (("--recharges", "no.csv"), "no.csv: there is no such file"),
        (("--recharges", "r.csv", "--groups", "no.yaml"), "no.yaml: cannot be read"),
        (("--recharges", "t.dat"), "t.dat: line 1: there is no column 'customer_id'"),
        (("--recharges", "r.csv", "--status", "paid"), "--status says which do"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(capsys: Output, words: tuple[str, ...], told: str) -> None:
    """With exit status 2."""
    assert told in refused(capsys, *COMBOS, *words)


def test_drafts_need_a_store(capsys: Output, folder: Path) -> None:
    """Which is said before the long work."""
    (folder / "chasqui.db").unlink()
    assert "there is no such database" in refused(capsys, *COMBOS, "--recharges", "no.csv", "--drafts")


@pytest.mark.parametrize("share", ["0", "1.01", "-1", "nan", "x", "1e999999"])
def test_a_support_is_a_share(capsys: Output, share: str) -> None:
    """Above nothing, at most all."""
    with pytest.raises(SystemExit) as ended:
        main(["score", "combos", "--transactions", "t.dat", f"--min-support={share}"])
    assert ended.value.code == 2
    assert "--min-support" in capsys.readouterr().err


def test_pictures_need_an_extra(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is said before the long work."""
    monkeypatch.setattr(
        "scoring.combo_pictures.find_spec", lambda name: None if name == "matplotlib" else find_spec(name)
    )
    told = refused(capsys, *COMBOS, "--recharges", "no.csv", "--pictures", "p")
    assert told == "chasqui: pictures need matplotlib: pip install 'chasqui[pictures]'\n"


def test_a_draft_is_not_sold_before_somebody_approves(capsys: Output, folder: Path) -> None:
    """Then it is, once; who and when stand in the audit."""
    proposed(capsys)
    assert catalogue_of(Config(folder=folder)).get("combo-d2-t2") is None
    assert "open      combo-d2-t2" in chasqui(capsys, "catalogue", "drafts", "list")
    told = chasqui(capsys, "catalogue", "drafts", "approve", "combo-d2-t2", "--by", "ana", "--note", "worth a try")
    assert told.startswith("combo-d2-t2 is approved, and in ")
    assert "its margin is 0" in told
    found = catalogue_of(Config(folder=folder))
    assert found.services == load_starter("co").services  # what is offered beside bundles stays
    bundle = found.get("combo-d2-t2")
    assert bundle is not None
    assert (bundle.price.amount, bundle.name("es")) == (17_100, "1 GB + 60 min, 30 días")
    assert [(actor, action) for actor, action, _ in audit(folder)] == [
        ("ops", "draft.proposed"),
        ("ana", "draft.approved"),
    ]
    assert json.loads(audit(folder)[1][2])["note"] == "worth a try"
    assert "approved  combo-d2-t2" in chasqui(capsys, "catalogue", "drafts", "list", "--all")
    assert chasqui(capsys, "catalogue", "drafts", "list").startswith("no draft waits")


def test_what_was_approved_and_is_missing_in_the_file_is_written_again(capsys: Output, folder: Path) -> None:
    """Whatever came between the decision and the file; what is there stays as it is."""
    proposed(capsys)
    chasqui(capsys, "catalogue", "drafts", "approve", "combo-d2-t2")
    file = folder / "approved-bundles.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("margin: 0.0", "margin: 0.5"), encoding="utf-8")
    told = chasqui(capsys, "catalogue", "drafts", "approve", "combo-d2-t2")
    assert "combo-d2-t2 is approved" in told
    assert "margin: 0.5" in file.read_text(encoding="utf-8")
    file.unlink()
    chasqui(capsys, "catalogue", "drafts", "approve", "combo-d2-t2")
    assert file.read_text(encoding="utf-8") == text
    assert len(audit(folder)) == 2


def test_a_draft_is_changed_before_it_is_approved(capsys: Output, folder: Path) -> None:
    """Its YAML goes to a file, and comes back from there; others are added behind it."""
    proposed(capsys)
    shown = chasqui(capsys, "catalogue", "drafts", "show", "combo-d2-t2", "--yaml")
    (folder / "mine.yaml").write_text(shown.replace("amount: 17100", "amount: 16900"), encoding="utf-8")
    chasqui(capsys, "catalogue", "drafts", "approve", "combo-d2-t2", "--from", "mine.yaml")
    bundle = catalogue_of(Config(folder=folder)).get("combo-d2-t2")
    assert bundle is not None
    assert bundle.price.amount == 16_900
    told = refused(capsys, "catalogue", "drafts", "approve", "combo-d2-t2", "--from", "mine.yaml")
    assert "combo-d2-t2" in told
    assert "margin" not in told


def test_a_draft_that_lacks_something_is_not_approved(capsys: Output, folder: Path) -> None:
    """It stays open."""
    (folder / "g.yaml").write_text(GROUPS.replace(", allowances: [{unit: second, amount: 3600}]", ""), encoding="utf-8")
    proposed(capsys)
    told = refused(capsys, "catalogue", "drafts", "approve", "combo-d2-t2")
    assert told == "chasqui: combo-d2-t2: bundle combo-d2-t2: allowances: say what it grants\n"
    assert not (folder / "approved-bundles.yaml").exists()
    assert "open      combo-d2-t2" in chasqui(capsys, "catalogue", "drafts", "list")


def test_what_was_rejected_is_not_proposed_again(capsys: Output, folder: Path) -> None:
    """An open one is brought up to date instead."""
    proposed(capsys)
    (before,) = json.loads(chasqui(capsys, "catalogue", "drafts", "list", "--json"))
    chasqui(capsys, *COMBOS, "--recharges", "r.csv", "--groups", "g.yaml", "--drafts", "--discount", "0.1")
    (after,) = json.loads(chasqui(capsys, "catalogue", "drafts", "list", "--json"))
    assert (after["id"], after["evidence"]["price"]) == (before["id"], 162.0)
    chasqui(capsys, "catalogue", "drafts", "reject", "combo-d2-t2", "--note", "we have one")
    proposed(capsys)
    assert json.loads(chasqui(capsys, "catalogue", "drafts", "list", "--json")) == []
    shown = chasqui(capsys, "catalogue", "drafts", "show", "combo-d2-t2")
    assert "rejected by ops on " in shown
    assert ": we have one\n" in shown
    assert "rejected by ops" in refused(capsys, "catalogue", "drafts", "reject", "combo-d2-t2", "--note", "again")
    chasqui(capsys, "catalogue", "drafts", "approve", "combo-d2-t2")
    assert catalogue_of(Config(folder=folder)).get("combo-d2-t2") is not None


@pytest.mark.parametrize("action", [("show",), ("approve",), ("reject", "--note", "x")])
def test_a_draft_that_there_is_not_is_told(capsys: Output, action: tuple[str, ...]) -> None:
    """With the way to those that there are."""
    told = refused(capsys, "catalogue", "drafts", action[0], "combo-x", *action[1:])
    assert told == "chasqui: combo-x: there is no such draft; chasqui catalogue drafts list tells which there are\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nonsense", "approved-bundles.yaml: the whole: must be a mapping"),
        ("bundles: []\n", "nothing can be added at its end"),
    ],
)
def test_a_file_that_cannot_be_added_to_is_left_alone(capsys: Output, folder: Path, text: str, told: str) -> None:
    """As it is."""
    proposed(capsys)
    file = folder / "approved-bundles.yaml"
    file.write_text(text, encoding="utf-8")
    assert told in refused(capsys, "catalogue", "drafts", "approve", "combo-d2-t2")
    assert file.read_text(encoding="utf-8") == text


def test_approving_needs_a_file(capsys: Output, folder: Path) -> None:
    """Nothing is decided where it could not be written."""
    proposed(capsys)
    (folder / "chasqui.toml").write_text('[catalogue]\napproved = ""\n', encoding="utf-8")
    assert "catalogue.approved must name a file" in refused(capsys, "catalogue", "drafts", "approve", "combo-d2-t2")
    assert "open      combo-d2-t2" in chasqui(capsys, "catalogue", "drafts", "list")


def test_a_bundle_of_both_files_stops_the_start(folder: Path) -> None:
    """Which of the two is meant, nobody knows."""
    text = "bundles: [{id: data-1gb-7d, kind: data, names: {en: x}, price: {amount: 1, currency: COP}, allowances: [], "
    (folder / "mine.yaml").write_text(text + "validity_hours: 1}]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"mine\.yaml: bundle data-1gb-7d: is in the catalogue already; drop one"):
        catalogue_of(Config(folder=folder, catalogue=CatalogueConfig(approved="mine.yaml")))


@pytest.mark.parametrize(
    ("gauge", "line"),
    [
        (None, "drawing …"),
        (-1.0, "drawing …"),
        (50.0, "[" + "#" * 15 + " " * 15 + "] drawing …"),
        (100.0, "[" + "#" * 30 + "] drawing …"),
    ],
)
def test_progress_is_a_bar_where_it_is_known(gauge: float | None, line: str) -> None:
    """And what is being done."""
    assert score_progress.line("drawing", None if gauge is None else lambda: gauge) == line
