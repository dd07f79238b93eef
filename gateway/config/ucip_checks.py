"""What ``[ocs.ucip]`` must hold beyond its types (AIR Programmer's Guide, UCIP 5.0)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from gateway.config.bounds import positive, seconds
from gateway.config.ocs_sections import OcsConfig
from gateway.errors import ConfigError

_RESERVED = ("AIR", "ADM", "UGW", "IVR", "OGW", "SDP")
_NODE_TYPE = re.compile(r"[A-Za-z0-9]{1,8}")
_HOST_NAME = re.compile(r"[A-Za-z0-9._-]{1,255}")
_USER_AGENT = re.compile(r"[!-.0-~]+/[0-9]+\.[0-9]+/[!-.0-~]+")
_UNITS = ("byte", "second", "message")
_MOST_ID = 2**31 - 1


def check_ucip(ocs: OcsConfig) -> None:
    """The section, whether it is used or not. Raises ConfigError."""
    ucip = ocs.ucip
    if not _NODE_TYPE.fullmatch(ucip.node_type) or ucip.node_type in _RESERVED:
        raise ConfigError(
            f"ocs.ucip.node_type must be 1 to 8 letters and digits, and none of {', '.join(_RESERVED)}; EXT is usual"
        )
    if not _HOST_NAME.fullmatch(ucip.host_name):
        raise ConfigError("ocs.ucip.host_name must be 1 to 255 of A-Z a-z 0-9 . _ -")
    if ":" in ucip.user:
        raise ConfigError("ocs.ucip.user may not have a colon: basic authentication ends the name there")
    if ucip.password and not ucip.user:
        raise ConfigError("ocs.ucip.user is missing: a password goes with a user")
    if not _USER_AGENT.fullmatch(ucip.user_agent):
        raise ConfigError("ocs.ucip.user_agent must be name/protocol version/version, such as chasqui/5.0/1.0")
    positive("ocs.ucip.units_per_minor", ucip.units_per_minor)
    seconds("ocs.ucip.repeat_seconds", ucip.repeat_seconds)
    seen = set()
    for account in ucip.dedicated_accounts:
        where = f"ocs.ucip.dedicated_accounts {account.id}"
        if not 1 <= account.id <= _MOST_ID or account.id in seen:
            raise ConfigError(f"{where}: id must be a whole number from 1, each once")
        seen.add(account.id)
        if account.unit not in _UNITS:
            raise ConfigError(f"{where}: unit is {account.unit!r}; it must be one of: {', '.join(_UNITS)}")
        positive(f"{where}: factor", account.factor)
    if ocs.kind == "ucip" and "@" in urlsplit(ocs.url).netloc:
        raise ConfigError('ocs.url may not hold a user: with kind = "ucip" it goes into ocs.ucip.user and password')
