"""Whatever is done to a chain of consents is found, and the first record that it was done to is named."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.consent_chain import GENESIS, HASHED, Link, Value, Verdict, link, verify


def chain(length: int) -> list[Link]:
    """A whole chain."""
    links: list[Link] = []
    for position in range(1, length + 1):
        values: dict[str, Value] = {
            "record_id": f"con-{position}",
            "subscription_id": "01ANA",
            "event": "given",
            "purpose": "number_porting",
            "at": 1_800_000_000_000_000 + position,
            "clear": '{"menu":"main"}',
            "sealed": bytes([position]) * 40,
            "previous": links[-1].hash if links else GENESIS,
        }
        links.append(link(position, values))
    return links


def with_field(one: Link, number: int, value: Value) -> Link:
    """The record with one column changed and its hash left."""
    return replace(one, fields=(*one.fields[:number], value, *one.fields[number + 1 :]))


def rehashed(one: Link) -> Link:
    """The record with a hash that fits what it holds now."""
    return replace(one, hash=one.digest())


lengths = st.integers(1, 12)


@given(lengths)
def test_a_chain_as_it_was_written_is_whole(length: int) -> None:
    """Its head is the hash of the last record."""
    links = chain(length)
    assert verify(links) == Verdict(length, str(links[-1].hash))


def test_an_empty_chain_is_whole() -> None:
    """Its head is what the first record follows."""
    assert verify([]) == Verdict(0, GENESIS)


@given(lengths, st.data())
def test_any_change_of_any_column_is_found_and_its_record_named(length: int, data: st.DataObject) -> None:
    """Without a new hash: by the record itself."""
    links = chain(length)
    victim = data.draw(st.integers(0, length - 1))
    number = data.draw(st.integers(0, len(HASHED) - 2))
    value = data.draw(st.one_of(st.none(), st.integers(), st.text(), st.binary(), st.floats()))
    if value == links[victim].fields[number]:
        return
    links[victim] = with_field(links[victim], number, value)
    verdict = verify(links)
    assert verdict.fault == f"{links[victim].name}: its content was changed after it was written"
    assert verdict.records == victim


@given(lengths, st.data())
def test_a_change_of_the_hash_alone_is_found(length: int, data: st.DataObject) -> None:
    """It is no longer what the content gives."""
    links = chain(length)
    victim = data.draw(st.integers(0, length - 1))
    links[victim] = replace(links[victim], hash=sha256(data.draw(st.binary())).hexdigest())
    assert verify(links).fault.startswith(f"record {victim + 1} (con-{victim + 1}): ")


@given(st.integers(2, 12), st.data())
def test_a_change_with_a_new_hash_is_told_by_the_next_record(length: int, data: st.DataObject) -> None:
    """Whoever can compute a hash can do so; the record after it was written after another."""
    links = chain(length)
    victim = data.draw(st.integers(0, length - 2))
    links[victim] = rehashed(with_field(links[victim], HASHED.index("event"), "withdrawn"))
    expected = victim + 1
    if victim + 2 == length:  # of the last two nobody can say which was changed
        assert verify(links).fault.startswith((f"record {expected} (", f"record {expected + 1} ("))
    else:
        assert verify(links).fault.startswith(f"record {expected} (con-{expected}): it was changed or replaced")


@given(st.integers(2, 12), st.data())
def test_a_removed_record_is_named(length: int, data: st.DataObject) -> None:
    """By its place, for nobody knows its id any more."""
    links = chain(length)
    victim = data.draw(st.integers(0, length - 2))
    del links[victim]
    assert verify(links).fault == f"record {victim + 1} was removed: the next one is {links[victim].name}"


@given(st.integers(2, 12), st.data())
def test_a_removal_with_the_rest_moved_up_is_found_at_its_place(length: int, data: st.DataObject) -> None:
    """Whether the moved ones got new hashes or not."""
    links = chain(length)
    victim = data.draw(st.integers(0, length - 2))
    again = data.draw(st.booleans())
    moved = [replace(one, position=one.position - 1) for one in links[victim + 1 :]]
    fault = verify([*links[:victim], *(map(rehashed, moved) if again else moved)]).fault
    assert fault.startswith(f"record {victim + 1} (con-{victim + 2}): it ")


@given(st.integers(2, 12), st.data())
def test_of_two_records_that_changed_places_the_first_is_named(length: int, data: st.DataObject) -> None:
    """And where it belongs is told."""
    links = chain(length)
    first, second = sorted(data.draw(st.lists(st.integers(0, length - 1), min_size=2, max_size=2, unique=True)))
    links[first], links[second] = (
        replace(links[second], position=first + 1),
        replace(links[first], position=second + 1),
    )
    fault = verify(links).fault
    assert fault == f"{links[first].name}: it was moved here, it was written as record {second + 1}"


@pytest.mark.parametrize("position", [0, -1, -(2**40)])
def test_what_was_put_in_front_is_found(position: int) -> None:
    """The first record is 1."""
    links = chain(2)
    assert verify([replace(links[0], position=position), *links]).fault.startswith(f"record {position} (con-1): ")


@given(lengths, st.data())
def test_records_cut_off_the_end_show_only_against_a_head_kept_elsewhere(length: int, data: st.DataObject) -> None:
    """The rest is a whole chain, and its head is another."""
    links = chain(length)
    left = data.draw(st.integers(0, length - 1))
    head = str(links[-1].hash)
    assert verify(links[:left]).fault == ""
    assert verify(links[:left], head).fault.startswith(f"record {left + 1} was removed, or all were written anew: ")


@given(lengths, st.data())
def test_a_head_noted_earlier_is_still_in_the_chain(length: int, data: st.DataObject) -> None:
    """A chain that has grown since is whole."""
    links = chain(length)
    noted = data.draw(st.sampled_from([GENESIS, *(str(one.hash) for one in links)]))
    assert verify(links, noted) == Verdict(length, str(links[-1].hash))


def test_a_chain_written_anew_has_another_head() -> None:
    """Everything fits, nothing is what was noted."""
    links = chain(3)
    forged = [rehashed(with_field(links[0], 2, "withdrawn"))]
    for one in links[1:]:
        forged.append(rehashed(with_field(one, len(HASHED) - 2, forged[-1].hash)))
    assert verify(forged).fault == ""
    assert "without the expected head" in verify(forged, str(links[-1].hash)).fault


def test_two_records_never_have_one_encoding() -> None:
    """Lengths and types are hashed too: text does not flow from one column into the next."""
    one = chain(1)[0]
    shifted = with_field(with_field(one, 0, "con-10"), 1, "1ANA")
    as_bytes = with_field(one, 0, b"con-1")
    as_text = with_field(with_field(one, 4, str(one.fields[4])), 0, "con-1")
    assert len({one.digest(), shifted.digest(), as_bytes.digest(), as_text.digest()}) == 4


def test_the_encoding_is_the_one_that_is_written_down() -> None:
    """Somebody else can compute a hash from the docstring alone."""
    one = Link(7, ("con-é", None, b"\x00"), None)
    content = b"s" + (6).to_bytes(8, "big") + "con-é".encode()
    content += b"n" + (0).to_bytes(8, "big")
    content += b"b" + (1).to_bytes(8, "big") + b"\x00"
    content += b"i" + (1).to_bytes(8, "big") + b"7"
    assert one.digest() == sha256(b"chasqui-consent-1" + content).hexdigest()
