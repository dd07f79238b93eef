"""Made-up people of known ways of life, as files of behaviour: heavy-tailed use, days off, weekly rhythms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np

from scoring.values import Floats, Ints

FIRST = date(2026, 9, 7)
"""A Monday."""
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Life:
    """A way of life. daily: megabytes on a day of use; spread: of its logarithm; off: share of days without.

    weekend: what weekends are to workdays; night, streaming, hotspot: shares of bytes; trend: growth a week;
    crashes: of the phone, a day.
    """

    name: str
    daily: float
    spread: float = 0.6
    off: float = 0.1
    weekend: float = 1.0
    night: float = 0.05
    streaming: float = 0.1
    hotspot: float = 0.0
    trend: float = 0.0
    crashes: float = 0.0


LIVES = (
    Life("streams by night", 400, night=0.6, streaming=0.8),
    Life("tethers on workdays", 600, weekend=0.1, off=0.05, hotspot=0.7, streaming=0.0),
    Life("hardly ever online", 15, off=0.6, streaming=0.0),
    Life("phone that breaks", 120, crashes=1.5, streaming=0.2),
)


@dataclass(frozen=True, slots=True)
class Crowd:
    """life ``(n,)``: which each person leads. sums ``(n, days, 5)``: bytes, by night, streaming, hotspot, crashes."""

    lives: tuple[Life, ...]
    life: Ints
    sums: Floats

    @property
    def msisdns(self) -> list[str]:
        """Their numbers."""
        return [f"5730{10_000_000 + at}" for at in range(len(self.life))]


def crowd(people: int, days: int, seed: int, lives: tuple[Life, ...] = LIVES) -> Crowd:
    """So many people over so many days."""
    rng = np.random.default_rng(seed)
    life = rng.integers(0, len(lives), people)
    sums = np.zeros((people, days, 5))
    weekend = (np.arange(days) + FIRST.weekday()) % 7 >= 5
    for who, led in enumerate(lives[at] for at in life):
        own = led.daily * np.exp(rng.normal(0, 0.3))
        use = own * np.exp(rng.normal(0, led.spread, days) + led.trend * np.arange(days) / 7)
        use *= np.where(weekend, led.weekend, 1.0) * (rng.random(days) > led.off)
        shares = np.array([[1.0, led.night, led.streaming, led.hotspot]]) * np.exp(rng.normal(0, 0.2, (days, 4)))
        shares[:, 0] = 1.0
        sums[who, :, :4] = np.floor(use[:, None] * 2**20 * np.minimum(shares, 1.0))
        sums[who, :, 4] = rng.poisson(led.crashes, days)
    return Crowd(lives, life, sums)


def write(made: Crowd, folder: Path, suffix: str = "csv") -> dict[str, Path]:
    """Their files: ``sessions`` (one by day, one by night), ``categories``, ``device``."""
    n, days, _ = made.sums.shape
    first = (FIRST - _EPOCH).days
    who, day = np.repeat(made.msisdns, days), np.tile(np.arange(days) + first, n)
    total, night, streaming, hotspot, crashes = made.sums.reshape(-1, 5).T.astype(np.int64)
    rows = {"who": who, "day": day, "night": night, "by_day": np.maximum(total - night, 0)}
    rows |= {"streaming": streaming, "hotspot": hotspot, "crashes": crashes}
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        database.register("made", rows)
        at = "DATE '1970-01-01' + CAST(day AS INTEGER) + INTERVAL"
        parts = {
            "sessions": f"SELECT who AS msisdn, {at} 3 HOUR AS start, night AS bytes FROM made WHERE night > 0 "
            f"UNION ALL SELECT who, {at} 15 HOUR, by_day FROM made WHERE by_day > 0",
            "categories": f"SELECT who AS msisdn, {at} 15 HOUR AS start, 'streaming' AS category, streaming AS bytes "
            f"FROM made WHERE streaming > 0 UNION ALL "
            f"SELECT who, {at} 15 HOUR, 'hotspot', hotspot FROM made WHERE hotspot > 0",
            "device": f"SELECT who AS msisdn, {at} 12 HOUR AS at, crashes FROM made",
        }
        for name, sql in parts.items():
            database.execute(f"COPY ({sql}) TO '{folder / name}.{suffix}'")
    return {name: folder / f"{name}.{suffix}" for name in parts}
