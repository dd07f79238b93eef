"""Everybody at once: from the states of use and the bundles of many people to what is forecast from.

Files of these records are what a nightly batch works on, shard by shard.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.usage_states import STATE, ManyFeatures, features, readable
from scoring.values import PRIOR_PER_HOUR, Floats, Ints, Rhythm, UsageBatch

ID = "S26"
PERSON = np.dtype([("id", ID), ("state", STATE)])
BUNDLE = np.dtype([("id", ID), ("remaining", "<f8"), ("initial", "<f8"), ("activated", "<f8"), ("expires", "<f8")])
"""remaining, initial: bytes. activated, expires: epoch seconds UTC. NaN: not known."""
_HOUR, _HOURS, _DAY = 3600.0, 24, 86_400.0
_THURSDAY = 3
"""The epoch began on one; 0 = Monday."""
_FIGURES = ("remaining", "initial", "activated", "expires")
GONE = np.dtype([("id", ID)])
Records = NDArray[Any]


@dataclass(frozen=True, slots=True)
class People:
    """Some of a shard, in the order of their ids. has_bundle: ``(n,)``, whose remaining is known. usage: of all."""

    ids: NDArray[np.bytes_]
    known: ManyFeatures
    has_bundle: NDArray[np.bool_]
    usage: UsageBatch


def sorted_people(records: Records, gone: Records) -> tuple[Records, int]:
    """Those with a readable state who are still there, by id; and how many states cannot be read.

    records: of ``PERSON``; gone: of ``GONE``.
    """
    good = readable(records["state"])
    kept = np.flatnonzero(good & ~np.isin(records["id"], gone["id"]) if len(gone) else good)
    return records[kept[np.argsort(records["id"][kept], kind="stable")]], int((~good).sum())


def pooled(bundles: Records, at: float) -> Records:
    """One record a person, by id: all that they have, as the bundle that ends first by the clock. bundles: ``BUNDLE``.

    Those that have expired by ``at`` (epoch seconds UTC) are left out.
    """
    bundles = bundles[~(bundles["expires"] <= at)]
    bundles = bundles[np.argsort(bundles["id"], kind="stable")]
    begins = np.concatenate([[True], bundles["id"][1:] != bundles["id"][:-1]])[: len(bundles)]
    first = np.flatnonzero(begins)
    if len(first) < len(bundles):
        ends = np.where(np.isnan(bundles["expires"]), np.inf, bundles["expires"])
        bundles = bundles[np.lexsort((bundles["remaining"], ends, np.cumsum(begins)))]
    found = bundles[first]
    if len(found):
        total = np.add.reduceat(bundles["remaining"], first)
        found["initial"] += total - found["remaining"]
        found["remaining"] = total
    return found


def people(records: Records, bundles: Records, at: float) -> People:
    """As they stand at ``at``. records: of ``sorted_people``, or some of it; bundles: of ``pooled``."""
    known = features(records["state"], at)
    remaining, initial, activated, expires = _of_each(records["id"], bundles)
    n, has = len(records), ~np.isnan(remaining)
    usage = UsageBatch(
        remaining=np.where(has, remaining, 0.0),
        initial=initial,
        elapsed_hours=(at - activated) / _HOUR,
        hours_to_expiry=(expires - at) / _HOUR,
        hour=np.full(n, float(int(at // _HOUR) % _HOURS)),
        profile=known.profile,
        recent_day=known.recent_day,
        log_day_std=known.log_day_std,
        days=known.days,
        prior=np.full(n, PRIOR_PER_HOUR["byte"]),
        rhythm=Rhythm(known.recent(), known.log_day_mean, np.full(n, float((int(at // _DAY) + _THURSDAY) % 7))),
    )
    return People(records["id"], known, has, usage)


def shard_of(ids: NDArray[np.bytes_], shards: int) -> Ints:
    """Which shard each id is in, ``(n,)``: FNV-1a of its bytes, without the zeros that fill it up."""
    octets = np.frombuffer(ids.tobytes(), np.uint8).reshape(len(ids), ids.dtype.itemsize)
    digest = np.full(len(ids), 2166136261, np.uint32)
    for place in range(octets.shape[1]):
        octet = octets[:, place]
        digest = np.where(octet == 0, digest, (digest ^ octet) * np.uint32(16777619))
    shard: Ints = (digest % np.uint32(shards)).astype(np.int64)
    return shard


def _of_each(ids: NDArray[np.bytes_], bundles: Records) -> list[Floats]:
    """The figures of each person's record; NaN throughout where there is none. Both are sorted by id."""
    if not len(bundles):
        return [np.full(len(ids), np.nan) for _ in _FIGURES]
    place = np.minimum(np.searchsorted(bundles["id"], ids), len(bundles) - 1)
    theirs = bundles["id"][place] == ids
    return [np.where(theirs, bundles[name][place], np.nan) for name in _FIGURES]
