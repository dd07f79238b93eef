"""What an operator may wish of screens: every complaint is one line that names the key."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path

import pytest

from flows.channel_choice import ChannelPolicy
from flows.market_rules import Window
from flows.values import Channel
from gateway.app.pushing import channel_policy, open_wires
from gateway.config.loading import load
from gateway.core.pushers import Pushers
from gateway.errors import ConfigError
from gateway.ussd.services import Services

DOOR = '[[doors]]\nname = "op"\ndialect = "{}"\nservice = "{}"\npush_url = "{}"\n'
URL = "http://10.0.0.1:8080/restcomm"


def written(folder: Path, text: str) -> Path:
    """A configuration file."""
    path = folder / "chasqui.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[policy]\nchannels = []", "policy.channels must name each channel once"),
        ('[policy]\nchannels = ["sms", "sms"]', "policy.channels must name each channel once"),
        ('[policy]\nchannels = ["app"]', "policy.channels: 'app' is none of sms, ussd"),
        ("[policy]\npush_wait = 0", "policy.push_wait must be more than 0 and at most 3600 seconds"),
        ("[policy]\npush_wait = 86400", "policy.push_wait must be more than 0"),
        ("[policy]\npush_wait = nan", "policy.push_wait must be a number that ends"),
        ("[policy]\npush_present = -1", "policy.push_present must be from 0 to 3600 seconds"),
        ("[policy]\nconfirm_above = -2", "policy.confirm_above must be minor units from 0 up, or -1"),
        ('operator = "A name of 21 letters."', "operator must be at most 20 characters"),
        ('operator = " Andes"', "operator must be at most 20 characters, without blanks around them"),
        ('operator = "Андес"', "operator has the character 'А', which SMS cannot carry in GSM-7"),
        ('[policy]\npush_hours = "8-20"', "policy.push_hours must be local times such as 08:00-20:00"),
        ('[policy]\npush_hours = "20:00-08:00"', "policy.push_hours must end later on the same day"),
        ('[policy]\npush_handsets = ["fax"]', "policy.push_handsets: 'fax' is none of feature, smart"),
        (DOOR.format("hubtel", "*123#", URL), "doors 'op': push_url is of the dialect restcomm"),
        (DOOR.format("restcomm", "*123#", "10.0.0.1:8080"), "doors 'op': push_url must be a URL such as http://"),
        (DOOR.format("restcomm", "", URL), "doors 'op': push_url: the door must name the service"),
    ],
)
def test_what_cannot_be_wished_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    """Before anything starts."""
    with pytest.raises(ConfigError) as refused:
        load(written(tmp_path, text), {})
    assert complaint in str(refused.value)


def test_what_is_wished_is_what_the_choice_sees(tmp_path: Path) -> None:
    """Texts alone unless the operator says otherwise; to the end of the day, or always."""
    usual = channel_policy(load(written(tmp_path, ""), {}).policy)
    assert usual == ChannelPolicy()
    wished = """[policy]
channels = ["ussd", "sms"]
push_hours = "07:30-24:00"
push_circles = ["north"]
push_handsets = ["feature"]
push_present = 60
"""
    assert channel_policy(load(written(tmp_path, wished), {}).policy) == ChannelPolicy(
        order=(Channel.USSD, Channel.SMS),
        hours=Window(time(7, 30), time.max),
        circles=frozenset({"north"}),
        handsets=frozenset({"feature"}),
        present=timedelta(minutes=1),
    )
    always = load(written(tmp_path, ""), {"CHASQUI_POLICY__PUSH_HOURS": "", "CHASQUI_POLICY__CHANNELS": "ussd,sms"})
    assert channel_policy(always.policy) == ChannelPolicy(order=(Channel.USSD, Channel.SMS), hours=None)


def test_screens_without_a_door_that_pushes_are_warned_about(caplog: pytest.LogCaptureFixture) -> None:
    """Else nobody would see why all alerts are texts."""
    open_wires(Pushers(), [], Services(()))
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "no door can push" in caplog.text
