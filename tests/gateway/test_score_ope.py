"""``chasqui score ope``: a policy judged by the log of another, from files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gateway.cli import main

Output = pytest.CaptureFixture[str]
OPEN_BANDIT = os.environ.get("CHASQUI_OPEN_BANDIT", "")
"""The campaign "men" of the random policy in the Open Bandit sample: ``random/men/men.csv``, 10,000 rows."""
LOG = "item_id,position,click,propensity_score\n"
POLICY = "item_id,position,probability\n"


def ope(folder: Path, log: str, policy: str, *more: str) -> int:
    """``chasqui score ope`` on two files."""
    (folder / "log.csv").write_text(log)
    (folder / "policy.csv").write_text(policy)
    return main(["score", "ope", "--log", str(folder / "log.csv"), "--policy", str(folder / "policy.csv"), *more])


GOOD = LOG + "a,1,1,0.5\nb,1,0,0.5\n" * 5
EVEN = POLICY + "a,1,0.5\nb,1,0.5\n"


def test_figures_for_programs(tmp_path: Path, capsys: Output) -> None:
    """Under the contract's names."""
    assert ope(tmp_path, GOOD, EVEN, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert sorted(found) == ["ci95", "dr", "ips", "n", "snips"]
    assert (found["ips"], found["snips"], found["n"]) == (0.5, 0.5, 10)
    assert found["ci95"][0] < found["dr"] < found["ci95"][1]


def test_what_the_log_never_shows_is_told(tmp_path: Path, capsys: Output) -> None:
    """Beside the figures, which are guesses there."""
    assert ope(tmp_path, GOOD, POLICY + "a,1,0.5\nb,1,0.25\nc,1,0.25\n") == 0
    assert "never shows 25.0% of what the policy would" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("log", "policy", "told"),
    [
        ("item_id,position,click\na,1,1\n", EVEN, "log.csv: line 1: there is no column 'propensity_score'"),
        (GOOD + "a,1,1,0\n", EVEN, "log.csv: line 12, column propensity_score: not above 0 and at most 1"),
        (GOOD + "a,1,1,1e-300\n", EVEN, "log.csv: line 12, column propensity_score: too small to divide by"),
        (LOG + "a,1,1,0.5\n", EVEN, "log.csv: 1 rows, where at least 5 are needed"),
        (GOOD + "a,1,1,1.5\n", EVEN, "log.csv: line 12, column propensity_score: not above 0 and at most 1"),
        (GOOD + "a,1,1,nan\n", EVEN, "log.csv: line 12, column propensity_score: not a number: 'nan'"),
        (GOOD + "a,1,,0.5\n", EVEN, "log.csv: line 12, column click: empty"),
        (GOOD + "a,1,2,0.5\n", EVEN, "log.csv: line 12, column click: neither 0 nor 1"),
        (GOOD + "z,1,1,0.5\n", EVEN, "log.csv: line 12, column item_id: {folder}/policy.csv does not know it"),
        (GOOD + "a,9,1,0.5\n", EVEN, "log.csv: line 12, column position: {folder}/policy.csv does not know it"),
        (LOG, EVEN, "log.csv: no rows"),
        (GOOD, POLICY, "policy.csv: no rows"),
        (GOOD, POLICY + "a,1,0.5\nb,1,0.6\n", "policy.csv: the probabilities of position 1 sum to 1.1, not to 1"),
        (GOOD, POLICY + "a,1,1.5\nb,1,-0.5\n", "policy.csv: line 3, column probability: -0.5 is less than 0"),
        (GOOD, POLICY + "a,1,nan\nb,1,1\n", "policy.csv: line 2, column probability: not a number: 'nan'"),
        (GOOD, EVEN + "a,1,0\n", "policy.csv: line 4, column item_id: given twice for its position"),
        (
            GOOD + "b,2,1,0.5\n",
            EVEN + "a,2,1\n",
            "log.csv: line 12, column item_id: {folder}/policy.csv has no probability of it at this position",
        ),
    ],
)
def test_bad_input_is_told_in_one_line(tmp_path: Path, capsys: Output, log: str, policy: str, told: str) -> None:
    """By file, line and column; status 2."""
    assert ope(tmp_path, log, policy) == 2
    assert capsys.readouterr().err == f"chasqui: {tmp_path}/{told.format(folder=tmp_path)}\n"


@pytest.mark.skipif(not OPEN_BANDIT, reason="CHASQUI_OPEN_BANDIT names no file of the Open Bandit sample")
def test_a_uniform_policy_gives_back_the_logged_mean(tmp_path: Path, capsys: Output) -> None:
    """On a real log of a uniformly random policy: 46 clicks in 10,000 rows."""
    rows = "".join(f"{item},{position},{1 / 34}\n" for position in (1, 2, 3) for item in range(34))
    (tmp_path / "policy.csv").write_text(POLICY + rows)
    assert main(["score", "ope", "--log", OPEN_BANDIT, "--policy", str(tmp_path / "policy.csv"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["n"] == 10_000
    assert (found["ips"], found["snips"]) == (pytest.approx(0.0046), pytest.approx(0.0046))
    assert found["dr"] == pytest.approx(0.0046, abs=2e-5)
