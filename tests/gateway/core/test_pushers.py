"""Who can be reached by which wire."""

from __future__ import annotations

import pytest
from pushing import FakePusher

from gateway.core.doors import Door
from gateway.core.pushers import MenuPusher, Pushers


def wire(name: str, network: str = "", dialect: str = "push", *, ready: bool = True) -> MenuPusher:
    """A wire of a network."""
    made = FakePusher(Door(name, dialect, network=network))
    made.ready = ready
    return MenuPusher(made, "main")


@pytest.mark.parametrize(
    ("wires", "dialects", "reached"),
    [
        ([], (), None),
        ([wire("a")], (), "a"),
        ([wire("a", ready=False)], (), None),
        ([wire("a", ready=False), wire("b")], (), "b"),
        ([wire("a", "claro"), wire("b", "claro")], (), "a"),
        ([wire("a", "claro", "restcomm"), wire("b", "tigo", "smpp")], (), None),
        ([wire("a", "claro", "restcomm"), wire("b", "tigo", "smpp")], ("smpp",), "b"),
        ([wire("a", "claro", "smpp"), wire("b", "tigo", "smpp")], ("smpp",), None),
    ],
)
def test_a_screen_goes_by_a_wire_that_surely_reaches_the_phone(
    wires: list[MenuPusher], dialects: tuple[str, ...], reached: str | None
) -> None:
    """Where there are several networks, by the one that the person came in by."""
    found = Pushers(wires).reaching(dialects)
    assert (found.name if found else None) == reached


def test_a_wire_is_found_by_its_door() -> None:
    """As long as it is configured."""
    known = Pushers([wire("a")])
    found = known.named("a")
    assert found is not None
    assert (found.name, known.named("b"), bool(known), bool(Pushers())) == ("a", None, True, False)
