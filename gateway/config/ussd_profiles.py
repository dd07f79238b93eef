"""How vendors speak USSD over SMPP: the profiles that come with the package, and those of the configuration."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.config.tree import UssdConfig, UssdProfileConfig

STANDARD = "standard"
"""What a door speaks that names no profile."""

_BUILT_IN = (
    # SMPP 3.4 §5.3.2.43 and §5.3.2.44 to the letter
    UssdProfileConfig(STANDARD),
    # a vendor's own operation (32 and above are theirs) says that a session is over, in both directions
    UssdProfileConfig("release-32", end=32, end_pushed=32, end_once=32, abort=(32,)),
    # the specification's decimal numbers taken for hexadecimal ones: 17 is 0x17 on the wire
    UssdProfileConfig("decimal-23", answer=(24, 18), confirm=(25, 19), abort=(23,), end=23, end_pushed=23, end_once=22),
    # the operation is always USSR; its_session_info is one number of 15 bits and the end bit
    UssdProfileConfig("end-bit", answer=(18, 2), abort=(17,), sequence="session", end_by="bit"),
)
BUILT_IN: Mapping[str, UssdProfileConfig] = {profile.name: profile for profile in _BUILT_IN}


def profiles(ussd: UssdConfig) -> Mapping[str, UssdProfileConfig]:
    """Every profile by its name."""
    return {**BUILT_IN, **{profile.name: profile for profile in ussd.profiles}}
