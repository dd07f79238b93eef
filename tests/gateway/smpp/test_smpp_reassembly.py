"""Parts of long texts: joined, kept apart, forgotten."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from gateway.smpp.reassembly import Reassembly, Repeated, Waiting, Whole
from gateway.smpp.text import UCS2, Concatenation, decode, encode, split_header


def add(
    reassembly: Reassembly, number: int, octets: bytes, *, sender: str = "57300", total: int = 2, now: float = 0.0
) -> Whole | Waiting | Repeated:
    """Part ``number`` of the message with reference 1."""
    return reassembly.add(sender, "12345", Concatenation(1, total, number), (0, octets), now)


def whole(result: Whole | Waiting | Repeated) -> Whole:
    """``result``, which must be a whole text."""
    assert isinstance(result, Whole)
    return result


@given(st.text(st.sampled_from("abcé€[жЯ🎉"), min_size=161, max_size=900), st.randoms())
def test_parts_in_any_order_make_the_text(text: str, random: Random) -> None:
    """However the network shuffles them, and with more than nine of them."""
    encoded = encode(text, 200)
    parts = [split_header(part) for part in encoded.parts]
    random.shuffle(parts)
    reassembly = Reassembly()
    results = [
        reassembly.add("57300", "12345", data.concatenation, (encoded.data_coding, data.body), 0.0)
        for data in parts
        if data.concatenation
    ]
    assert all(isinstance(result, Waiting) for result in results[:-1])
    assert whole(results[-1]).text == text


def test_more_than_nine_parts_come_back_in_number_order() -> None:
    """Part 10 follows part 9, not part 1."""
    reassembly = Reassembly()
    results = [add(reassembly, number, b"%x" % number, total=12) for number in range(12, 0, -1)]
    assert whole(results[-1]).text == "123456789abc"


def test_two_senders_with_one_reference_do_not_mix() -> None:
    """The key is source, destination, reference and total."""
    reassembly = Reassembly()
    add(reassembly, 1, b"from-a ", sender="a")
    add(reassembly, 1, b"from-b ", sender="b")
    assert whole(add(reassembly, 2, b"to-the-end", sender="b")).text == "from-b to-the-end"
    assert whole(add(reassembly, 2, b"to-the-end", sender="a")).text == "from-a to-the-end"


def test_an_8_bit_and_a_16_bit_reference_of_the_same_value_do_not_mix() -> None:
    """They are different numberings."""
    reassembly = Reassembly()
    reassembly.add("a", "b", Concatenation(1, 2, 1), (0, b"x"), 0.0)
    assert reassembly.add("a", "b", Concatenation(1, 2, 2, wide=True), (0, b"y"), 0.0) == Waiting()


def test_a_last_part_that_could_not_be_stored_completes_again() -> None:
    """Until it is settled, the SMSC's second attempt gives the whole text once more."""
    reassembly = Reassembly()
    add(reassembly, 1, b"ho")
    first = whole(add(reassembly, 2, b"la"))
    assert add(reassembly, 2, b"la") == first
    reassembly.settle(first.key)
    assert add(reassembly, 2, b"la") == Repeated()


def test_a_reference_used_again_starts_a_new_message() -> None:
    """Other words under the same number belong to another message, after or before completion."""
    reassembly = Reassembly()
    add(reassembly, 1, b"old")
    add(reassembly, 1, b"ho")
    old = whole(add(reassembly, 2, b"la"))
    assert old.text == "hola"
    reassembly.settle(old.key)
    assert add(reassembly, 1, b"new ") == Waiting()
    assert whole(add(reassembly, 2, b"text")).text == "new text"


def test_what_arrived_comes_back_when_the_rest_does_not() -> None:
    """After the time-out the parts that are there are given up, in order."""
    reassembly = Reassembly(timeout=60.0)
    add(reassembly, 3, b"c", total=3, now=10.0)
    add(reassembly, 1, b"a", total=3, now=20.0)
    assert reassembly.expire(69.9) == []
    assert [late.text for late in reassembly.expire(70.0)] == ["ac"]
    assert (len(reassembly), reassembly.octets) == (0, 0)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 5), st.binary(max_size=140)), max_size=200))
def test_memory_is_bounded_whatever_comes(parts: list[tuple[int, int, bytes]]) -> None:
    """Neither the number of open messages nor their octets grow past the bounds, and the sum stays true."""
    reassembly = Reassembly(max_sets=8, max_octets=500)
    for reference, number, octets in parts:
        reassembly.add("57300", "12345", Concatenation(reference, 5, number), (0, octets), 0.0)
        assert len(reassembly) <= 8
        assert reassembly.octets <= max(500, 5 * 140)
    reassembly.expire(1e9)
    assert reassembly.octets == 0


def test_a_surrogate_pair_cut_between_parts_is_read_whole() -> None:
    """Octets are joined before they are decoded."""
    octets = "x🎉".encode("utf-16-be")
    reassembly = Reassembly()
    reassembly.add("a", "b", Concatenation(1, 2, 1), (UCS2, octets[:4]), 0.0)
    result = reassembly.add("a", "b", Concatenation(1, 2, 2), (UCS2, octets[4:]), 0.0)
    assert whole(result).text == "x🎉" == decode(octets, UCS2)
