"""Which ``[[smpp]]`` carries what."""

from __future__ import annotations

from gateway.config.tree import Config, DoorConfig, SmppConfig

SMPP = "smpp"
"""The dialect of doors that a bind stands behind."""
SIMULATED = "simulator"
"""The name of the bind to the built-in SMSC simulator, where no other is configured."""


def ussd_doors(config: Config) -> tuple[DoorConfig, ...]:
    """The doors that hops come in by over SMPP."""
    return tuple(door for door in config.doors if door.dialect == SMPP)


def sms_binds(config: Config) -> tuple[SmppConfig, ...]:
    """The binds that carry SMS: all that no door names; a single one whatever doors name."""
    if len(config.smpp) == 1:
        return config.smpp
    named = {door.bind for door in ussd_doors(config)}
    return tuple(bind for bind in config.smpp if bind.name not in named)
