"""One person's decision as bytes: what went in and what came out, to the last bit, to be decided again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.choice import ChoiceBatch
from scoring.errors import DecisionMalformed
from scoring.values import Bools, DecisionBatch, Decisions, Floats, Forecasts, Ints, OfferBatch, UsageBatch

_USAGE = (
    "remaining",
    "initial",
    "elapsed_hours",
    "hours_to_expiry",
    "hour",
    "recent_day",
    "log_day_std",
    "days",
    "prior",
)
_PROFILE = 24
_TOLD = ("p10", "p50", "p90", "p_before_expiry", "pace")
"""What a model of depletion has said; NaN where it was forecast by hand."""
_SCALARS = 3
"""Balance, the event's number, and whether they are held out."""
_OWN = len(_USAGE) + _PROFILE
_NUMBERS = _OWN + len(_TOLD) + _SCALARS
INPUTS = (
    *_USAGE,
    *(f"profile_{hour:02}" for hour in range(_PROFILE)),
    *(f"told_{name}" for name in _TOLD),
    *("balance", "drawn", "held_out"),
)
"""The numbers of a decision, in their order."""
OUTPUTS = ("p10", "p50", "p90", "p_before_expiry", "pace", "best", "propensity", "acceptance")
"""Of what came out, in their order; what the offer looked like comes after them."""


@dataclass(frozen=True, slots=True)
class OfferTable:
    """What everybody was offered that day: ``(m,)`` each. todays: how many of them today's rule knows, the first."""

    price: Floats
    margin: Floats
    allowance: Floats
    validity_hours: Floats
    content: Bools
    family: Ints
    todays: int

    def batch(self, balance: Floats, eligible: Bools, own: Floats | None = None) -> OfferBatch:
        """All of them, for people ``(n,)`` who may buy what ``eligible`` ``(n, m)`` says.

        own: what these cost each of them, minor units, ``(n, m)``, NaN for the list's price; None where all pay that.
        """
        price, margin = self._at(own)
        return OfferBatch(balance, price, margin, self.allowance, self.validity_hours, eligible)

    def todays_batch(self, balance: Floats, eligible: Bools, own: Floats | None = None) -> OfferBatch:
        """Those that today's rule knows."""
        upto, (price, margin) = self.todays, self._at(own)
        return OfferBatch(
            balance,
            price[..., :upto],
            margin[..., :upto],
            self.allowance[:upto],
            self.validity_hours[:upto],
            eligible[:, :upto],
        )

    def _at(self, own: Floats | None) -> tuple[Floats, Floats]:
        """Price and margin: what a person is let off is let off the margin."""
        if own is None:
            return self.price, self.margin
        price = np.where(np.isnan(own), self.price, own)
        return price, np.maximum(self.margin - (self.price - price), 0.0)


def packed_inputs(
    usage: UsageBatch, offers: OfferBatch, choice: ChoiceBatch | None, own: Floats | None = None
) -> list[bytes]:
    """Of each person everything that is not the same for everybody. own: as ``OfferTable.batch`` was told it."""
    n = len(offers.balance)
    numbers = np.zeros((n, _NUMBERS))
    for at, name in enumerate(_USAGE):
        numbers[:, at] = getattr(usage, name)
    numbers[:, len(_USAGE) : _OWN] = usage.profile
    for at, name in enumerate(_TOLD, start=_OWN):
        numbers[:, at] = np.nan if usage.told is None else getattr(usage.told, name)
    numbers[:, -_SCALARS] = offers.balance
    masks = offers.eligible
    if choice is not None:
        numbers[:, 1 - _SCALARS], numbers[:, 2 - _SCALARS] = choice.drawn, choice.held_out
        masks = np.concatenate((choice.offers.eligible, choice.refused, choice.same_again), axis=1)
    rows = _rows(numbers, np.packbits(masks, axis=1))
    if own is None:
        return rows
    many = (offers if choice is None else choice.offers).eligible.shape[1]
    return [row + _pairs(theirs) for row, theirs in zip(rows, own[:, :many], strict=True)]


def _pairs(own: Floats) -> bytes:
    """Where somebody has a price of their own, and which; nothing for whoever pays the list's."""
    where = np.flatnonzero(~np.isnan(own))
    return np.column_stack((where, own[where])).astype(float).tobytes()


def own_prices(data: bytes, table: OfferTable, *, chosen: bool) -> dict[int, float]:
    """What cost the one person less than the list, by the offer's place, minor units. Raises DecisionMalformed."""
    many = _many(table, chosen=chosen)
    begins = _NUMBERS * 8 + _mask_bytes(many, chosen=chosen)
    if len(data) < begins or (len(data) - begins) % 16:
        raise DecisionMalformed(f"{len(data)} bytes of inputs do not fit {many} offers")
    pairs = np.frombuffer(data[begins:]).reshape(-1, 2)
    where = pairs[:, 0]
    if not (np.isin(where, np.arange(many)).all() and (np.diff(where) > 0).all() and np.isfinite(pairs[:, 1]).all()):
        raise DecisionMalformed("prices of a person's own that belong to no offer")
    return {int(at): float(price) for at, price in pairs}


def _many(table: OfferTable, *, chosen: bool) -> int:
    return len(table.price) if chosen else table.todays


def _mask_bytes(many: int, *, chosen: bool) -> int:
    return -(-many * (3 if chosen else 1) // 8)


def unpacked(data: bytes, table: OfferTable, *, chosen: bool) -> tuple[DecisionBatch, ChoiceBatch | None]:
    """A batch of the one person. chosen: whether a learned choice was made. Raises DecisionMalformed."""
    theirs, many = own_prices(data, table, chosen=chosen), _many(table, chosen=chosen)
    own = None
    if theirs:
        own = np.full((1, len(table.price)), np.nan)
        own[0, list(theirs)] = list(theirs.values())
    size = _NUMBERS * 8
    numbers = np.frombuffer(data[:size])
    upto = size + _mask_bytes(many, chosen=chosen)
    masks = np.unpackbits(np.frombuffer(data[size:upto], dtype=np.uint8)).astype(bool)
    values: dict[str, Any] = {name: numbers[at : at + 1] for at, name in enumerate(_USAGE)}
    said: dict[str, Any] = {name: numbers[at : at + 1] for at, name in enumerate(_TOLD, start=_OWN)}
    told = None if np.isnan(said["p50"][0]) else Forecasts(**said)
    usage = UsageBatch(**values, profile=numbers[len(_USAGE) : _OWN][None, :], told=told)
    balance, drawn, held_out = (numbers[at : at + 1] for at in range(_NUMBERS - _SCALARS, _NUMBERS))
    eligible = masks[:many][None, :]
    batch = DecisionBatch(usage, table.todays_batch(balance, eligible, own))
    if not chosen:
        return batch, None
    return batch, ChoiceBatch(
        offers=table.batch(balance, eligible, own),
        content=table.content,
        family=table.family,
        refused=masks[many : 2 * many][None, :],
        same_again=masks[2 * many : 3 * many][None, :],
        days=usage.days,
        drawn=drawn,
        held_out=held_out > 0,
    )


def packed_outputs(decisions: Decisions) -> list[bytes]:
    """What was decided of each person."""
    made, chosen, ranking = decisions.forecasts, decisions.chosen, decisions.ranking
    n = len(made.pace)
    looked = 0 if chosen is None else chosen.rows.shape[1]
    numbers = np.empty((n, len(OUTPUTS) + looked))
    best = (ranking.best, 1.0, 0.0) if chosen is None else (chosen.best, chosen.propensity, chosen.acceptance)
    for at, one in enumerate((made.p10, made.p50, made.p90, made.p_before_expiry, made.pace, *best)):
        numbers[:, at] = one
    if chosen is not None:
        numbers[:, len(OUTPUTS) :] = chosen.rows
    return _rows(numbers)


def _rows(*parts: NDArray[Any]) -> list[bytes]:
    """The bytes of each row, parts one after another."""
    whole = [np.ascontiguousarray(part).tobytes() for part in parts]
    n = len(parts[0])
    sizes = [len(part) // n if n else 0 for part in whole]
    return [
        b"".join(part[row * size : (row + 1) * size] for part, size in zip(whole, sizes, strict=True))
        for row in range(n)
    ]


def outputs(data: bytes) -> tuple[dict[str, float], Floats]:
    """What ``packed_outputs`` has packed, by name, and what the offer looked like. Raises DecisionMalformed."""
    if len(data) % 8 or len(data) < 8 * len(OUTPUTS):
        raise DecisionMalformed(f"{len(data)} bytes are no outcome of a decision")
    numbers = np.frombuffer(data)
    return named(OUTPUTS, numbers), numbers[len(OUTPUTS) :]


def inputs(data: bytes) -> dict[str, float]:
    """The numbers that went in, by name. Raises DecisionMalformed."""
    if len(data) < 8 * _NUMBERS:
        raise DecisionMalformed(f"{len(data)} bytes are no inputs of a decision")
    return named(INPUTS, np.frombuffer(data[: 8 * _NUMBERS]))


def named(names: Sequence[str], numbers: Floats) -> dict[str, float]:
    """Numbers by their names; there may be more of them."""
    return {name: float(number) for name, number in zip(names, numbers, strict=False)}
