"""People with habits: sessions of services with heavy tails, bursts, two peaks a day, weekends, spells away, changes.

After what is published of sessions on a real network ("Understanding Mobile Traffic at Session Level", IMC 2023): sizes
are log-normal by service, so that a tenth of the sessions carries most of the volume, and many carry nothing at all. No
model of ``scoring`` assumes any of this: they know hourly sums and their decayed means alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.values import Floats

_MEGA = 2.0**20
_DAY, _WEEK = 24, 168
_SEGMENTS = ("light", "social", "heavy")
_SEGMENT_SHARES = (0.35, 0.45, 0.20)
_DAILY_MEGA = (25.0, 110.0, 420.0)
_DAILY_SPREAD = 0.5
_SERVICE_MEGA = np.array([0.08, 0.5, 1.5, 6.0, 18.0, 30.0])
"""Median session of messaging, web, social, short video, video, updates."""
_SERVICE_SPREAD = np.array([1.4, 1.3, 1.3, 1.2, 1.1, 0.9])
_SERVICE_LOVE = np.array([6.0, 3.0, 4.0, 1.2, 0.35, 0.08])
_ZERO_SHARE = 0.35
_BURST = 2.2
"""Sessions that come together, on average."""
_BURST_GAP_HOURS = 0.07
_BURSTS_A_DAY = 6.0
_CHANGE_DAYS = 14.0
_CHANGE_SPREAD = 0.55
_CHANGE_KEEPS = 0.5
_AWAY_EVERY_DAYS = 11.0
_AWAY_TAIL, _AWAY_LEAST_HOURS, _AWAY_MOST_HOURS = 1.3, 8.0, 144.0


@dataclass(frozen=True, slots=True)
class Life:
    """One person's use. hours ``(sessions,)``: since the beginning, rising; used: bytes. segment: their kind."""

    hours: Floats
    used: Floats
    segment: str


def life(hours: int, rng: np.random.Generator) -> Life:
    """Somebody's use of so many hours, from the first on; hour 0 is a Monday's midnight."""
    kind = int(rng.choice(len(_SEGMENTS), p=_SEGMENT_SHARES))
    daily = _DAILY_MEGA[kind] * np.exp(rng.normal(0, _DAILY_SPREAD))
    bursts_a_day = _BURSTS_A_DAY * np.exp(rng.normal(0, 0.4))
    rate = _week(rng)[np.arange(hours) % _WEEK] * bursts_a_day / _DAY
    rate = rate * _changes(hours, rng) * ~_away(hours, rng)
    first = np.repeat(np.arange(hours), rng.poisson(rate))
    begun = first + rng.random(len(first))
    together = rng.geometric(1 / _BURST, len(begun))
    burst = np.repeat(np.arange(len(begun)), together)
    waits = rng.exponential(_BURST_GAP_HOURS, len(burst))
    waited = np.cumsum(waits)
    opening = np.concatenate(([0], np.cumsum(together)[:-1])).astype(np.int64)
    at = begun[burst] + waited - waited[opening][burst] if len(burst) else begun
    used = _sizes(len(at), daily, bursts_a_day, rng)
    kept = at < hours
    order = np.argsort(at[kept], kind="stable")
    return Life(at[kept][order], used[kept][order], _SEGMENTS[kind])


def _week(rng: np.random.Generator) -> Floats:
    """Activity in each hour of a week, one on average over a working day: two peaks, later and other at weekends."""
    clock = np.arange(_DAY)
    noon, evening = rng.normal(13.0, 1.5), rng.normal(21.0, 2.0)
    shares = rng.dirichlet((2.0, 4.0, 1.5))

    def day(shift: float) -> Floats:
        peaks = [np.exp(4.0 * (np.cos(2 * np.pi * (clock - one - shift) / _DAY) - 1)) for one in (noon, evening)]
        flat: Floats = shares[2] * np.ones(_DAY)
        bumps: Floats = shares[0] * peaks[0] / peaks[0].mean() + shares[1] * peaks[1] / peaks[1].mean() + flat
        return bumps

    working, free = day(0.0), day(rng.normal(1.0, 1.0)) * np.exp(rng.normal(0.1, 0.5))
    return np.concatenate([working] * 5 + [free] * 2)


def _changes(hours: int, rng: np.random.Generator) -> Floats:
    """Weeks that are unlike others: a level that holds for some days, then jumps."""
    factor = np.empty(hours)
    at, level = 0, rng.normal(0, _CHANGE_SPREAD / np.sqrt(1 - _CHANGE_KEEPS**2))
    while at < hours:
        level = _CHANGE_KEEPS * level + rng.normal(0, _CHANGE_SPREAD)
        until = at + 1 + int(rng.exponential(_CHANGE_DAYS * _DAY))
        factor[at:until] = np.exp(level)
        at = until
    return factor


def _away(hours: int, rng: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Hours without any use: on Wi-Fi, without reception, another SIM in the phone."""
    gone = np.zeros(hours, dtype=bool)
    at = rng.exponential(_AWAY_EVERY_DAYS * _DAY)
    while at < hours:
        length = min(_AWAY_LEAST_HOURS * (1 + rng.pareto(_AWAY_TAIL)), _AWAY_MOST_HOURS)
        gone[int(at) : int(at + length)] = True
        at += length + rng.exponential(_AWAY_EVERY_DAYS * _DAY)
    return gone


def _sizes(sessions: int, daily: float, bursts_a_day: float, rng: np.random.Generator) -> Floats:
    """Bytes, with ``daily`` megabytes to be expected on an average working day."""
    love = rng.dirichlet(_SERVICE_LOVE)
    service = rng.choice(len(love), sessions, p=love)
    drawn = np.exp(rng.normal(np.log(_SERVICE_MEGA)[service], _SERVICE_SPREAD[service]))
    expected = float((love * _SERVICE_MEGA * np.exp(_SERVICE_SPREAD**2 / 2)).sum())
    scale = daily / (bursts_a_day * _BURST * (1 - _ZERO_SHARE) * expected)
    used: Floats = np.round(drawn * scale * _MEGA * (rng.random(sessions) >= _ZERO_SHARE))
    return used
