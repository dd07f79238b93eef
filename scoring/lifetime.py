"""What a person is expected to bring in: margin a month, as long as they stay, in today's money.

``value = sum over months t = 1 … horizon of margin x (stay / (1 + interest)) ** t``, with stay = 1 − monthly chance of
leaving: a constant hazard, so the lifetime is geometric (Gupta, Lehmann, Stuart 2004). BG/NBD and gamma-gamma infer
that hazard from purchase times alone; here it is told, by a model that knows more.
"""

from __future__ import annotations

import numpy as np

from scoring.values import Floats

HORIZON_MONTHS = 24
"""Nobody knows a prepaid market farther ahead."""
INTEREST = 0.01
"""A month."""
_PRIOR_MONTHS = 1.0
"""What the crowd's mean counts for beside a person's own months."""


def value(margin: Floats, leaving: Floats, *, interest: float = INTEREST, months: int = HORIZON_MONTHS) -> Floats:
    """Discounted expected margin, ``(n,)``, in the money of margin. leaving: monthly chance, 0 to 1.

    The first month's margin comes at its end and from those who are still there then.
    """
    kept = (1.0 - np.clip(leaving, 0.0, 1.0)) / (1.0 + interest)
    # -expm1(months * log1p(kept - 1)) is 1 - kept ** months without its rounding where hardly anybody leaves
    lost = (np.clip(leaving, 0.0, 1.0) + interest) / (1.0 + interest)
    all_stay = lost == 0
    with np.errstate(divide="ignore"):  # whoever surely leaves is worth nothing
        gone = -np.expm1(months * np.log1p(-lost))
    found: Floats = margin * np.where(all_stay, float(months), kept * gone / np.where(all_stay, 1.0, lost))
    return found


def at_stake(margin: Floats, leaving: Floats, *, interest: float = INTEREST, months: int = HORIZON_MONTHS) -> Floats:
    """What is expected to be lost to leaving in the coming month: its chance, times what staying is worth."""
    lost: Floats = np.clip(leaving, 0.0, 1.0) * value(margin, leaving, interest=interest, months=months)
    return lost


def monthly_margin(total: Floats, months: Floats, crowd: float) -> Floats:
    """Expected margin a month from what so many months brought in all, drawn to the crowd's mean while they are few.

    total, months: ``(n,)``; months 0 = a new person, who counts as one of the crowd.
    """
    drawn: Floats = (total + crowd * _PRIOR_MONTHS) / (months + _PRIOR_MONTHS)
    return np.maximum(drawn, 0.0)
