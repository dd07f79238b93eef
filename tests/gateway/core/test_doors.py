"""Who may knock, by address, token and certificate."""

from __future__ import annotations

import pytest

from gateway.config.tree import DoorConfig
from gateway.core.doors import Doors

TEN = DoorConfig("ten", "triggers", allow=("10.0.0.0/8", "2001:db8::/32"))
TOKEN = DoorConfig("token", "triggers", token="s3cret")
BOTH = DoorConfig("both", "triggers", allow=("192.0.2.7",), token="s3cret")


@pytest.mark.parametrize(
    ("doors", "address", "authorization", "name"),
    [
        ((), "127.0.0.1", "", "loopback"),
        ((), "127.8.9.1", "", "loopback"),
        ((), "::1", "", "loopback"),
        ((), "::ffff:127.0.0.1", "", "loopback"),
        ((), "10.0.0.1", "", None),
        ((), None, "", None),
        ((), "", "", None),
        ((), "/run/socket", "", None),
        ((DoorConfig("other", "kannel"),), "127.0.0.1", "", "loopback"),
        ((DoorConfig("other", "kannel"),), "10.0.0.1", "", None),
        ((DoorConfig("open", "triggers"),), "203.0.113.9", "", "open"),
        ((TEN,), "10.255.0.1", "", "ten"),
        ((TEN,), "::ffff:10.1.2.3", "", "ten"),
        ((TEN,), "2001:db8::5", "", "ten"),
        ((TEN,), "11.0.0.1", "", None),
        ((TEN,), "127.0.0.1", "", None),
        ((TOKEN,), "203.0.113.9", "Bearer s3cret", "token"),
        ((TOKEN,), "203.0.113.9", "Bearer s3cre", None),
        ((TOKEN,), "203.0.113.9", "s3cret", None),
        ((TOKEN,), "203.0.113.9", "", None),
        ((TOKEN,), "203.0.113.9", "Bearer sécret", None),
        ((TOKEN,), "203.0.113.9", "Bearer \udcff", None),
        ((BOTH,), "192.0.2.7", "Bearer s3cret", "both"),
        ((BOTH,), "192.0.2.7", "", None),
        ((BOTH,), "192.0.2.8", "Bearer s3cret", None),
        ((BOTH, TEN), "10.0.0.1", "", "ten"),
    ],
)
def test_a_peer_is_let_in_by_the_first_door_that_fits(
    doors: tuple[DoorConfig, ...], address: str | None, authorization: str, name: str | None
) -> None:
    """Without any door for a dialect this machine alone may; with one, nobody else."""
    door = Doors(doors).admit("triggers", address, authorization)
    assert (door.name if door else None) == name


SHOWN = "a" * 64
SEEN = DoorConfig("seen", "triggers", certificate=SHOWN.upper())
ALL = DoorConfig("all", "triggers", allow=("192.0.2.7",), token="s3cret", certificate=SHOWN)


@pytest.mark.parametrize(
    ("doors", "address", "authorization", "certificate", "lacking"),
    [
        ((SEEN,), "203.0.113.9", "", SHOWN, ""),
        ((SEEN,), "203.0.113.9", "", "", "certificate"),
        ((SEEN,), "203.0.113.9", "", "b" * 64, "certificate"),
        ((ALL,), "192.0.2.7", "Bearer s3cret", SHOWN, ""),
        ((ALL,), "192.0.2.7", "Bearer s3cret", "", "certificate"),
        ((ALL,), "192.0.2.7", "", SHOWN, "token"),
        ((ALL,), "192.0.2.8", "Bearer s3cret", SHOWN, "address"),
        ((TEN, ALL), "192.0.2.7", "", "", "token"),
        ((TEN, BOTH), "203.0.113.9", "", "", "address"),
        ((), "203.0.113.9", "", "", "door"),
        ((TEN,), "/run/socket", "", "", "address"),
    ],
)
def test_who_is_refused_lacks_what_the_nearest_door_asks(
    doors: tuple[DoorConfig, ...], address: str, authorization: str, certificate: str, lacking: str
) -> None:
    """In one word, for the operator alone; whoever lacks nothing is let in."""
    found = Doors(doors)
    assert (found.admit("triggers", address, authorization, certificate) is None) == bool(lacking)
    if lacking:
        assert found.why_not("triggers", address, authorization, certificate) == lacking
