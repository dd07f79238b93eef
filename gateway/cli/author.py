"""Who runs a command, where that is kept with what it did."""

from __future__ import annotations

import getpass

from gateway.errors import ConfigError


def system_user() -> str:
    """The system's user. Raises ConfigError where it is a number without a name, as in containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        raise ConfigError("the system does not know who you are; say it with --author") from None
