"""What binds, the doors behind them and their vendors' profiles must hold. Each complaint is one line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from gateway.config.binds import SIMULATED, SMPP, sms_binds, ussd_doors
from gateway.config.tree import Config, DoorConfig, SmppConfig, UssdProfileConfig
from gateway.config.ussd_profiles import BUILT_IN, STANDARD, profiles
from gateway.errors import ConfigError

_TAG = re.compile(r"0x[0-9a-fA-F]{4}")
_SESSIONS = ("its_session_info", "user_message_reference", "none")
_SEQUENCES = ("none", "hops", "units", "ours", "session")
_ENDS = ("op", "bit", "both")
_MOST_SEQUENCE = 127
_MOST_STATUS = 0xFFFFFFFF
_OPS = ("ask", "notify", "end", "end_pushed", "end_once", "data_coding", "data_coding_ucs2")
_LISTS = ("begin", "begin_once", "answer", "confirm", "abort")


def check_smpp(config: Config) -> None:
    """Raises ConfigError."""
    for profile in config.ussd.profiles:
        _profile(profile)
    check_names("ussd.profiles", [profile.name for profile in config.ussd.profiles])
    for door in config.doors:
        _door(door, config)
    doors = ussd_doors(config)
    if twice := _twice([door.bind for door in doors]):
        raise ConfigError(f"doors: two doors name the bind {twice!r}; a bind has one door")
    if config.smpp and not config.aggregators and not sms_binds(config):
        raise ConfigError("smpp: doors name every bind; leave one to SMS, or use a single bind for both")


def check_names(key: str, names: Sequence[str]) -> None:
    """Raises ConfigError if two entries have one name."""
    if twice := _twice(names):
        raise ConfigError(f"{key}: two entries are named {twice!r}")


def _door(door: DoorConfig, config: Config) -> None:
    where = f"doors {door.name!r}"
    if door.dialect != SMPP:
        for key, value in (("bind", door.bind), ("profile", door.profile)):
            if value:
                raise ConfigError(f"{where}: {key} is for dialect {SMPP!r} only")
        return
    for key, set_ in (("allow", door.allow), ("token", door.token), ("certificate", door.certificate)):
        if set_:
            raise ConfigError(f"{where}: {key} has no meaning with dialect {SMPP!r}: who is let in is whom we bind to")
    binds = {bind.name: bind for bind in config.smpp} or {SIMULATED: SmppConfig(SIMULATED, "127.0.0.1")}
    if not door.bind:
        raise ConfigError(f"{where}: bind is missing; with dialect {SMPP!r} it names one of: {', '.join(binds)}")
    if door.bind not in binds:
        raise ConfigError(f"{where}: bind {door.bind!r} is not configured; there is: {', '.join(binds)}")
    if binds[door.bind].bind != "transceiver":
        raise ConfigError(f"{where}: smpp {door.bind!r} must be a transceiver: USSD goes both ways")
    known = profiles(config.ussd)
    if (door.profile or STANDARD) not in known:
        raise ConfigError(f"{where}: profile {door.profile!r} is not known; there is: {', '.join(known)}")


def _profile(profile: UssdProfileConfig) -> None:
    where = f"ussd.profiles {profile.name!r}"
    if profile.name in BUILT_IN:
        raise ConfigError(f"{where}: this name is a built-in profile's; take another")
    if profile.session not in _SESSIONS and not _TAG.fullmatch(profile.session):
        raise ConfigError(
            f"{where}: session is {profile.session!r}; it must be {', '.join(_SESSIONS)}, or a tag as in '0x1402'"
        )
    for key, value, allowed in (
        ("sequence", profile.sequence, _SEQUENCES),
        ("end_by", profile.end_by, _ENDS),
    ):
        if value not in allowed:
            raise ConfigError(f"{where}: {key} is {value!r}; it must be one of: {', '.join(allowed)}")
    if profile.session != "its_session_info" and (profile.sequence != "none" or profile.end_by == "bit"):
        raise ConfigError(f"{where}: sequence and an end bit are there only with session = 'its_session_info'")
    _numbers(where, profile)


def _numbers(where: str, profile: UssdProfileConfig) -> None:
    for key in _OPS:
        _within(f"{where}: {key}", (getattr(profile, key),), 255)
    for key in _LISTS:
        _within(f"{where}: {key}", getattr(profile, key), 255)
    _within(f"{where}: counts_from", (profile.counts_from,), _MOST_SEQUENCE)
    _within(f"{where}: absent", profile.absent, _MOST_STATUS)
    _within(f"{where}: busy", profile.busy, _MOST_STATUS)
    if not profile.begin and not profile.begin_once:
        raise ConfigError(f"{where}: begin is empty, so no session could ever begin")
    heard = [op for key in _LISTS for op in getattr(profile, key)]
    if twice := _twice(heard):
        raise ConfigError(f"{where}: {twice} stands for two operations that come from the network")


def _within(key: str, numbers: Iterable[int], most: int) -> None:
    for number in numbers:
        if not 0 <= number <= most:
            raise ConfigError(f"{key} must be from 0 to {most}")


def _twice(names: Sequence[object]) -> str:
    """The least name that stands twice, or nothing."""
    return min((str(name) for name in names if names.count(name) > 1), default="")
