"""The chain of consent records: how a record is hashed, and how a broken chain is found and told.

Hash of a record: SHA-256 over ``chasqui-consent-1`` and then the columns in the order of ``HASHED``, each as one
letter for its type (``i`` integer, ``s`` text, ``b`` bytes, ``n`` null), its length in bytes as eight octets
(big-endian), and its bytes: decimal digits, UTF-8, or as they are. No two different records have the same encoding,
and the hash covers the ciphertext, so the chain can be checked without any key. ``previous`` is the hash of the record
before it, 64 zeros for the first. Instants are microseconds since 1970, as the database has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import sha256

from flows.frozen import dataclass

GENESIS = "0" * 64
"""What the first record follows."""
HASHED = (
    "record_id",
    "subscription_id",
    "event",
    "purpose",
    "at",
    "clear",
    "sealed",
    "previous",
    "position",
)
_DOMAIN = b"chasqui-consent-1"
_SEARCHED = 10_000
"""How far from its place a record is looked for; one that came from further away counts as changed."""

Value = int | str | bytes | float | None


@dataclass(frozen=True, slots=True)
class Link:
    """One record as the database has it. fields: ``HASHED`` but for the position, in that order."""

    position: int
    fields: tuple[Value, ...]
    hash: Value

    @property
    def previous(self) -> Value:
        """The hash of the record that this one was written after."""
        return self.fields[-1]

    @property
    def name(self) -> str:
        """How to tell of it."""
        return f"record {self.position} ({self.fields[0]!s})"

    def digest(self) -> str:
        """The hash that this content has at this position."""
        return next(self.digests([self.position]))

    def digests(self, positions: Iterable[int]) -> Iterator[str]:
        """The hash that this content would have at each of these positions."""
        content = sha256(_DOMAIN)
        for value in self.fields:
            content.update(_encoded(value))
        for position in positions:
            placed = content.copy()
            placed.update(_encoded(position))
            yield placed.hexdigest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found. records, head: of the part that is whole. fault: one sentence, empty for a whole chain."""

    records: int
    head: str
    fault: str = ""


def link(position: int, values: Mapping[str, Value]) -> Link:
    """The link of a record with every other column of ``HASHED``; its hash is made here."""
    made = Link(position, tuple(values[name] for name in HASHED[:-1]), None)
    return replace(made, hash=made.digest())


def verify(links: Iterable[Link], expected_head: str = "") -> Verdict:
    """Check a chain, given by position, and name the first record that was changed, removed or moved.

    expected_head: a hash that was noted elsewhere and must still be in the chain; without it nobody can see that the
    newest records were cut off.
    """
    following = iter(links)
    before: Link | None = None
    records, head, seen = 0, GENESIS, expected_head in ("", GENESIS)
    for current in following:
        fault = _fault(current, before, following)
        if fault:
            return Verdict(records, head, fault)
        records, head, before = current.position, str(current.hash), current
        seen = seen or head == expected_head
    if seen:
        return Verdict(records, head)
    end = "the chain is empty" if before is None else f"the chain ends with {before.name}"
    return Verdict(
        records, head, f"record {records + 1} was removed, or all were written anew: {end}, without the expected head"
    )


def _fault(current: Link, before: Link | None, following: Iterator[Link]) -> str:
    """What is wrong with this record, or with the one before now that its follower is seen."""
    expected = 1 if before is None else before.position + 1
    if current.position < expected:
        return f"{current.name}: it was put in, the first record is 1"
    if current.position > expected:
        return f"record {expected} was removed: the next one is {current.name}"
    if current.digest() != current.hash:
        home = _home(current)
        if home:
            return f"{current.name}: it was moved here, it was written as record {home}"
        return f"{current.name}: its content was changed after it was written"
    if current.previous == (GENESIS if before is None else before.hash):
        return ""
    after = next(following, None)
    if before is not None and after is not None and after.previous == current.hash:
        return f"{before.name}: it was changed or replaced, for {current.name} was not written after it"
    place = "as the first" if before is None else f"after {before.name}"
    return f"{current.name}: it was changed, or stands where a record was removed, for it was not written {place}"


def _home(moved: Link) -> int:
    """The position, not too far away, with which this content has its hash; 0 when there is none."""
    near = range(max(1, moved.position - _SEARCHED), moved.position + _SEARCHED)
    return next((place for place, digest in zip(near, moved.digests(near), strict=True) if digest == moved.hash), 0)


def _encoded(value: Value) -> bytes:
    match value:
        case None:
            kind, content = b"n", b""
        case int():
            kind, content = b"i", str(value).encode()
        case str():
            kind, content = b"s", value.encode("utf-8", "surrogateescape")
        case bytes():
            kind, content = b"b", value
        case _:  # nothing that we write; SQLite lets anybody put a fraction into any column
            kind, content = b"x", repr(value).encode()
    return kind + len(content).to_bytes(8, "big") + content
