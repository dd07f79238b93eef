"""Which offer to make: the most margin that fits the person, among those they can pay.

score = margin x fit. With x = the time for which the allowance lasts at the person's pace / the validity:
fit = min(1, x) x min(1, 1/x), the share of the validity that it lasts times the share of it that gets used;
so 1 for a bundle that ends just as it expires. Eligibility and affordability are hard. Equal scores: the cheaper.
"""

from __future__ import annotations

import numpy as np

from scoring.values import Bools, Floats, Ints, OfferBatch, Ranking, Reason


def rank(offers: OfferBatch, pace: Floats) -> Ranking:
    """Rank all offers for all subscribers. pace: use per hour, above zero, ``(n,)``."""
    n, m = offers.eligible.shape
    affordable = offers.eligible & (offers.price <= offers.balance[:, None])
    if not m:
        return Ranking(np.full(n, -1), np.zeros((n, 0)), np.full(n, int(Reason.NONE_ELIGIBLE)))
    scores = np.where(affordable, offers.margin * fits(offers, pace), 0.0)
    some = affordable.any(axis=1)
    best = np.where(some, _best(scores, affordable, offers.price), -1)
    missing = np.where(offers.eligible.any(axis=1), int(Reason.NONE_AFFORDABLE), int(Reason.NONE_ELIGIBLE))
    return Ranking(best, scores, np.where(some, int(Reason.CHOSEN), missing))


def fits(offers: OfferBatch, pace: Floats) -> Floats:
    """How well each allowance suits each pace, 0 to 1, ``(n, m)``."""
    lasts = offers.allowance / (pace[:, None] * offers.validity_hours)
    return np.minimum(lasts, np.divide(1.0, lasts, out=np.zeros_like(lasts), where=lasts > 0))


def _best(scores: Floats, affordable: Bools, price: Floats) -> Ints:
    top = np.where(affordable, scores, -np.inf).max(axis=1, keepdims=True)
    cheapest: Ints = np.where(affordable & (scores >= top), price, np.inf).argmin(axis=1)
    return cheapest
