"""From the store to the shards of a nightly batch: each table is read once, from its beginning to its end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from gateway.core.night_folder import NightFolder, on_disk, whole
from scoring.nightly import BUNDLE, GONE, ID, PERSON, Records, shard_of
from scoring.usage_states import STATE
from store.whole_tables import Page, data_bundles, ended_subscriptions, usage_states

_LONGEST_ID = np.dtype(ID).itemsize
Told = Callable[[int], object]


def copy(folder: NightFolder, database: Path, progress: Told = lambda _: None) -> int:
    """Copy what the shards need, once; how many states there were. progress: hears how many so far.

    Raises BatchFailed, DatabaseUnusable; what is half copied is copied anew the next time.
    """
    damaged = copied = 0

    def people() -> Iterator[Records]:
        nonlocal damaged, copied
        for ids, states in usage_states(database):
            records = _people(ids, states)
            copied, damaged = copied + len(ids), damaged + len(ids) - len(records)
            progress(copied)
            yield records

    _spread(folder, "people", people())
    _spread(folder, "bundles", map(_bundles, data_bundles(database)))
    _spread(folder, "gone", (_records(GONE, page[0]) for page in ended_subscriptions(database)))
    document = {"states": copied, "damaged": damaged}
    whole(folder.copied, lambda part: part.write_text(json.dumps(document), encoding="utf-8"))
    return copied


def _people(ids: Sequence[str], states: Sequence[bytes]) -> Records:
    """Those whose state has the length of one."""
    if not all(ids) or set(map(len, states)) != {STATE.itemsize}:
        whole_ones = [pair for pair in zip(ids, states, strict=True) if pair[0] and len(pair[1]) == STATE.itemsize]
        ids, states = [one for one, _ in whole_ones], [state for _, state in whole_ones]
    records = _records(PERSON, ids)
    records["state"] = np.frombuffer(b"".join(states), STATE)
    return records


def _bundles(page: Page) -> Records:
    records = _records(BUNDLE, page[0])
    for name, values in zip(("remaining", "initial", "activated", "expires"), page[1:], strict=True):
        records[name] = np.array(values, dtype=float)  # None is NaN
    return records


def _records(kind: Any, ids: Sequence[str]) -> Records:
    records = np.zeros(len(ids), kind)
    if set(map(len, ids)) == {_LONGEST_ID} and (text := "".join(ids)).isascii():
        records["id"] = np.frombuffer(text.encode(), ID)
    elif ids:
        records["id"] = np.array(ids, dtype=f"U{_LONGEST_ID}")
    return records


def _spread(folder: NightFolder, name: str, pages: Iterator[Records]) -> None:
    parts = [folder.source(name, shard).with_suffix(".part") for shard in range(folder.shards)]
    with on_disk(*parts), ExitStack() as stack:
        files = [stack.enter_context(part.open("wb")) for part in parts]
        for records in pages:
            shards = shard_of(records["id"], folder.shards)
            order = np.argsort(shards, kind="stable")
            ends = np.searchsorted(shards[order], np.arange(folder.shards + 1))
            spread = records[order]
            for shard, file in enumerate(files):
                file.write(spread[ends[shard] : ends[shard + 1]].tobytes())
    for shard, part in enumerate(parts):
        part.replace(folder.source(name, shard))
