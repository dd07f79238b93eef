"""What ``[triggers]`` may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config.loading import load
from gateway.config.tree import CgratesTriggerConfig, Config, NchfConfig, Tmf688Config
from gateway.errors import ConfigError

_NCHF = '[[triggers.nchf]]\ncounter = "c"\nstatus = "s"\n'


def loaded(folder: Path, text: str) -> Config:
    """The configuration in this file."""
    file = folder / "chasqui.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, {})


def test_everything_has_its_place(tmp_path: Path) -> None:
    """Folder and map relative to the file, a rule for each of what other wires say."""
    found = loaded(
        tmp_path,
        '[triggers]\nfolder = "inbox"\nimsi_map = "imsi.csv"\n'
        '[[triggers.cgrates]]\nid = "data-20"\nthreshold = 0.2\ninitial = 1000\n'
        f'{_NCHF}kind = "bundle.depleted"\nperiod = "day"\n'
        '[[triggers.tmf688]]\nevent_type = "LowBucketEvent"\nkind = "balance.low"\n',
    )
    assert (found.triggers.folder, found.triggers.imsi_map, found.folder) == ("inbox", "imsi.csv", tmp_path)
    assert found.triggers.cgrates == (CgratesTriggerConfig("data-20", threshold=0.2, initial=1000),)
    assert found.triggers.nchf == (NchfConfig("c", "s", "bundle.depleted", period="day"),)
    assert found.triggers.tmf688 == (Tmf688Config("LowBucketEvent", "balance.low"),)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('folder = "here"', "unknown key folder"),
        (
            '[[triggers.cgrates]]\nid = "a"\nkind = "weather"',
            "triggers.cgrates 'a': kind is 'weather'; it must",
        ),
        ('[[triggers.cgrates]]\nid = "a"\nbalance_type = "*gold"', "triggers.cgrates 'a': balance_type is"),
        (
            '[[triggers.cgrates]]\nid = "a"\nthreshold = 80.0',
            "triggers.cgrates 'a': threshold is the share",
        ),
        ('[[triggers.cgrates]]\nid = "a"\ninitial = -1', "triggers.cgrates 'a': initial and unit must be 0 or more"),
        ('[[triggers.cgrates]]\nid = "a"\n[[triggers.cgrates]]\nid = "a"', "triggers.cgrates: two entries are for 'a'"),
        ('[[triggers.cgrates]]\nid = " "', "triggers.cgrates: an entry has no name"),
        (f'{_NCHF}kind = "bundle.depleting"', "triggers.nchf 'c' 's': bundle.depleting needs initial and threshold"),
        (f'{_NCHF}kind = "none"\nperiod = "year"', "triggers.nchf 'c' 's': period is 'year'"),
        (f'{_NCHF}kind = "none"\nunit = "MB"', "triggers.nchf 'c' 's': unit is 'MB'"),
        ('[[triggers.tmf688]]\nevent_type = "A"\nthreshold = 2', "triggers.tmf688 'A': threshold is the share"),
        ("[policy]\nalert_gap = 61", "policy.alert_gap must be from 0 to 60 seconds"),
    ],
)
def test_what_cannot_be_stops_the_start_with_its_key(tmp_path: Path, text: str, complaint: str) -> None:
    """One line that says what it may be."""
    with pytest.raises(ConfigError) as refused:
        loaded(tmp_path, text)
    assert complaint in str(refused.value)
