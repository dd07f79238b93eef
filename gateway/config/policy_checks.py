"""What ``[policy]`` must hold beyond its types, and the doors that screens are pushed by."""

from __future__ import annotations

import re

from flows.values import parse_msisdn
from gateway.config.bounds import url
from gateway.config.tree import DoorConfig, PolicyConfig
from gateway.errors import ConfigError
from menus.charset import forces_ucs2

_CHANNELS, _HANDSETS = ("sms", "ussd"), ("feature", "smart")
_HOURS = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)")
_LONGEST_WAIT = 3600
_LONGEST_LEAD = 720
_LONGEST_GAP = 60
_LONGEST_NAME = 20
"""Characters: what the answer to WHO has room for."""


def check_policy(policy: PolicyConfig) -> None:
    """Raises ConfigError."""
    for number in policy.test_msisdns:
        if parse_msisdn(number) is None:
            raise ConfigError("policy.test_msisdns: an entry is not an E.164 number such as +573001112233")
    _of("policy.channels", policy.channels, _CHANNELS)
    _of("policy.push_handsets", policy.push_handsets, _HANDSETS)
    if not policy.channels or len(set(policy.channels)) < len(policy.channels):
        raise ConfigError('policy.channels must name each channel once, the preferred first, such as ["ussd", "sms"]')
    if not 0 < policy.push_wait <= _LONGEST_WAIT:
        raise ConfigError(f"policy.push_wait must be more than 0 and at most {_LONGEST_WAIT} seconds")
    if not 0 <= policy.push_present <= _LONGEST_WAIT:
        raise ConfigError(f"policy.push_present must be from 0 to {_LONGEST_WAIT} seconds")
    if not 0 <= policy.alert_gap <= _LONGEST_GAP:
        raise ConfigError(f"policy.alert_gap must be from 0 to {_LONGEST_GAP} seconds")
    if policy.confirm_above < -1:
        raise ConfigError("policy.confirm_above must be minor units from 0 up, or -1 for what the market pack says")
    _check_leads(policy)
    if policy.push_hours and not _HOURS.fullmatch(policy.push_hours):
        raise ConfigError("policy.push_hours must be local times such as 08:00-20:00, or empty for always")
    if policy.push_hours and policy.push_hours[:5] >= policy.push_hours[6:]:
        raise ConfigError("policy.push_hours must end later on the same day than they begin")


def _check_leads(policy: PolicyConfig) -> None:
    for key, hours in (("expiry", policy.expiry_lead_hours), ("forecast", policy.forecast_lead_hours)):
        if not 0 <= hours <= _LONGEST_LEAD:
            raise ConfigError(f"policy.{key}_lead_hours must be from 0, which is never, to {_LONGEST_LEAD} hours")
    if not 1 <= policy.clock_seconds <= _LONGEST_WAIT:
        raise ConfigError(f"policy.clock_seconds must be from 1 to {_LONGEST_WAIT} seconds")


def check_operator(name: str) -> None:
    """Raises ConfigError."""
    if len(name) > _LONGEST_NAME or name != name.strip():
        raise ConfigError(f"operator must be at most {_LONGEST_NAME} characters, without blanks around them")
    foreign = forces_ucs2(name)
    if foreign is not None:
        raise ConfigError(f"operator has the character {foreign!r}, which SMS cannot carry in GSM-7")


def check_push_url(door: DoorConfig) -> None:
    """Raises ConfigError."""
    where = f"doors {door.name!r}: push_url"
    if not door.push_url:
        return
    if door.dialect != "restcomm":
        raise ConfigError(f"{where} is of the dialect restcomm; over SMPP screens go by the door's bind")
    url(where, door.push_url, "http://10.0.0.1:8080/restcomm")
    if not door.service:
        raise ConfigError(f"{where}: the door must name the service whose menu takes the answers, such as *123#")


def _of(key: str, values: tuple[str, ...], known: tuple[str, ...]) -> None:
    for value in values:
        if value not in known:
            raise ConfigError(f"{key}: {value!r} is none of {', '.join(known)}")
