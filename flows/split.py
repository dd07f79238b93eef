"""Who gets which version of a menu: a stable number of each subscription, dealt out among the versions served."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from flows.errors import SplitUnreadable
from flows.frozen import dataclass
from flows.values import SubscriptionId

BUCKETS = 10_000
"""A hundredth of a percent each."""


@dataclass(frozen=True, slots=True)
class Share:
    """One version and how many of the 10,000 buckets it has. arm: recorded on each turn, empty where nothing is tried.

    revision: its number within the menu.
    """

    revision: int
    buckets: int
    arm: str = ""


Split = tuple[Share, ...]
"""Shares in the order of their buckets, all 10,000 of them. The first is the version that was there before."""


def whole(revision: int) -> Split:
    """One version for everybody."""
    return (Share(revision, BUCKETS),)


def canary(before: Split, revision: int, buckets: int) -> Split:
    """The version served so far, and a new one for the last ``buckets``: who has it keeps it when there are more."""
    return (Share(before[0].revision, BUCKETS - buckets), Share(revision, buckets, "canary"))


def arms(before: Split, revision: int, arm: str, buckets: int) -> Split:
    """The same under names: arm ``a`` is the version served so far."""
    return (Share(before[0].revision, BUCKETS - buckets, "a"), Share(revision, buckets, arm))


def bucket(menu: str, subscription: SubscriptionId) -> int:
    """The number of a subscription, from 0: the same for ever, and another one in another menu."""
    number = blake2b(f"{menu}\0{subscription}".encode(), digest_size=8).digest()
    return int.from_bytes(number, "big") % BUCKETS


def chosen(split: Split, number: int) -> int:
    """The position of the share that has this bucket."""
    end = 0
    for position, share in enumerate(split):
        end += share.buckets
        if number < end:
            return position
    raise SplitUnreadable(f"there is no share for bucket {number}")


def split_values(split: Split) -> list[list[int | str]]:
    """As it is kept."""
    return [[share.revision, share.buckets, share.arm] for share in split]


def split_from_values(values: Sequence[Sequence[object]]) -> Split:
    """What ``split_values`` gave. Raises SplitUnreadable."""
    try:
        split = tuple(Share(int(str(revision)), int(str(buckets)), str(arm)) for revision, buckets, arm in values)
    except (TypeError, ValueError) as error:
        raise SplitUnreadable("the shares of a publication cannot be read") from error
    if sum(share.buckets for share in split) != BUCKETS or any(share.buckets < 1 for share in split):
        raise SplitUnreadable(f"the shares of a publication must be {BUCKETS} buckets together")
    return split
