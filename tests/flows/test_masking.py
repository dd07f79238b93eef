"""Numbers in documents that are handed on."""

from __future__ import annotations

from fakes import ANA, BEN
from flows.masking import masked, without


def test_a_number_is_known_by_its_last_digits() -> None:
    """And nobody stays nobody."""
    assert (masked(ANA), masked("")) == ("…2233", "")


def test_no_number_stands_whole_in_whatever_text() -> None:
    """With and without plus, in names of lists and texts; what only looks like one stays."""
    document = {"to": ANA, "words": f"active for +{BEN}.", "more": [{"id": 573001112233}, (f"x{ANA}y", None)]}
    assert without(document, {ANA, BEN}) == {
        "to": "…2233",
        "words": "active for …8877.",
        "more": [{"id": 573001112233}, ["x…2233y", None]],
    }
    assert without(document, ()) is document
