"""The arrays that go into a decision and those that come out.

n subscribers, m offers. A quantity is in its bundle's own unit: bytes, seconds or messages.
NaN stands for what is not known on the way in; nothing on the way out is NaN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.errors import ShapeMismatch

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

HORIZON_HOURS = 90 * 24.0
"""No forecast reaches farther; what lasts longer is told as this."""

PRIOR_PER_HOUR: Mapping[str, float] = MappingProxyType(
    {"byte": 100 * 2**20 / 24, "second": 180 / 24, "message": 1 / 24},
)
"""Pace of somebody of whom nothing is known: 100 MB, three minutes, one text a day. Assumed, not measured."""


class Reason(IntEnum):
    """Why a best offer is what it is."""

    CHOSEN = 0
    NONE_ELIGIBLE = 1
    NONE_AFFORDABLE = 2


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What a trained forecast knows beyond ``UsageBatch``. recent ``(n, 24)``; the others ``(n,)``.

    recent: bytes in each of the last 24 clock hours, the present one first. log_day_mean: mean of log(1 + MB a day).
    weekday: of UTC, 0 = Monday.
    """

    recent: Floats
    log_day_mean: Floats
    weekday: Floats


@dataclass(frozen=True, slots=True)
class UsageBatch:
    """All that a forecast is made from; every value is known at decision time.

    Shapes ``(n,)`` but for profile, ``(n, 24)``.

    remaining, initial: initial NaN = unknown. elapsed_hours: since purchase, NaN = unknown.
    hours_to_expiry: NaN = unknown or never. hour: of day, on the clock of ``profile``.
    profile: mean use in each hour of day; zeros = no history. recent_day: use in the last 24 hours.
    log_day_std: standard deviation of log daily totals. days: of history, 0 = none.
    prior: pace per hour when there is nothing better (``PRIOR_PER_HOUR``). rhythm: None where a model is not asked.
    told: what a model has said of it, None for a forecast by hand.
    """

    remaining: Floats
    initial: Floats
    elapsed_hours: Floats
    hours_to_expiry: Floats
    hour: Floats
    profile: Floats
    recent_day: Floats
    log_day_std: Floats
    days: Floats
    prior: Floats
    rhythm: Rhythm | None = None
    told: Forecasts | None = None

    def __post_init__(self) -> None:
        n = len(self.remaining)
        if self.profile.shape != (n, 24):
            raise ShapeMismatch(f"profile is {self.profile.shape}, not {(n, 24)}")
        for name in self.__slots__:
            if name not in ("profile", "rhythm", "told") and getattr(self, name).shape != (n,):
                raise ShapeMismatch(f"{name} is {getattr(self, name).shape}, not {(n,)}")

    def only(self, rows: Ints | Bools | slice) -> UsageBatch:
        """These rows, of which nothing was told yet."""
        names = [name for name in self.__slots__ if name not in ("rhythm", "told")]
        chosen: dict[str, Any] = {name: getattr(self, name)[rows] for name in names}
        told = self.rhythm
        rhythm = Rhythm(told.recent[rows], told.log_day_mean[rows], told.weekday[rows]) if told else None
        return UsageBatch(**chosen, rhythm=rhythm)


@dataclass(frozen=True, slots=True)
class OfferBatch:
    """What can be offered: shapes ``(m,)``, eligible ``(n, m)``, balance ``(n,)``.

    price, margin, balance: minor units; margin is money, not a share; balance NaN = unknown, affords nothing.
    Where somebody has a price of their own, price and margin are ``(n, m)``: what each person pays, and what is left.
    allowance: in the unit of the subscribers' bundles.
    """

    balance: Floats
    price: Floats
    margin: Floats
    allowance: Floats
    validity_hours: Floats
    eligible: Bools

    def __post_init__(self) -> None:
        n, m = len(self.balance), self.price.shape[-1]
        if self.price.shape not in ((m,), (n, m)):
            raise ShapeMismatch(f"price is {self.price.shape}, neither {(m,)} nor {(n, m)}")
        for name, shape in (
            ("eligible", (n, m)),
            ("margin", self.price.shape),
            ("allowance", (m,)),
            ("validity_hours", (m,)),
        ):
            if getattr(self, name).shape != shape:
                raise ShapeMismatch(f"{name} is {getattr(self, name).shape}, not {shape}")

    def at(self, row: int, column: int) -> tuple[float, float]:
        """Price and margin of an offer for a person."""
        cell = column if self.price.ndim == 1 else (row, column)
        return float(self.price[cell]), float(self.margin[cell])


@dataclass(frozen=True, slots=True)
class DecisionBatch:
    """The subscribers and what they can be offered."""

    usage: UsageBatch
    offers: OfferBatch

    def __post_init__(self) -> None:
        if len(self.usage.remaining) != len(self.offers.balance):
            raise ShapeMismatch(f"{len(self.usage.remaining)} usages, {len(self.offers.balance)} balances")


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Hours until the bundle is used up (quantiles), the chance that this is before it expires, and the pace per hour.

    All ``(n,)``; hours between 0 and HORIZON_HOURS. segments: of a model's intervals, as indices; None by hand.
    """

    p10: Floats
    p50: Floats
    p90: Floats
    p_before_expiry: Floats
    pace: Floats
    segments: Ints | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """best: index of the offer to make, -1 = none, ``(n,)``. scores ``(n, m)``, 0 where not eligible or affordable.

    reasons: ``Reason`` codes, ``(n,)``.
    """

    best: Ints
    scores: Floats
    reasons: Ints


@dataclass(frozen=True, slots=True)
class Chosen:
    """Of each person, ``(n,)``: the learned choice, -1 for none, and the chance with which it was picked (1 for none).

    rows: what it looks like, ``(n, d)``, zeros for none; acceptance: its believed chance of a yes, 0 for none.
    allowed: ``(n, m)``, what there was to pick from.
    """

    best: Ints
    propensity: Floats
    rows: Floats
    acceptance: Floats
    allowed: Bools


@dataclass(frozen=True, slots=True)
class Decisions:
    """A forecast and today's ranking for every subscriber of the batch; chosen: where a learned ranking decides."""

    forecasts: Forecasts
    ranking: Ranking
    chosen: Chosen | None = None
