"""What an offer looks like to a person: the columns that acceptance is learned from.

Nothing here says who somebody is: no age, language, place or segment, only use, money and the offer itself.
"""

from __future__ import annotations

import math

import numpy as np

from scoring.values import Bools, Floats, Forecasts, OfferBatch

SCHEMA = 1
"""Changes when the meaning of a column does."""
FEATURES = (
    "one",
    "fit",  # 0 to 1: see scoring.ranking
    "share_of_balance",  # price / balance, at most 2; half where the balance is not known
    "share_squared",
    "validity",  # log of days, 1 = thirty
    "lasting",  # log of (how long the allowance lasts / the validity), in -1 to 1
    "same_again",  # the bundle that ends, once more
    "urgency",  # 1 = ends now, 1/2 = in a day
    "urgency_fit",
    "urgency_share",
    "history",  # 1 = a week or more of use is known
    "content",
)
_LARGEST_SHARE = 2.0
_UNKNOWN_SHARE = 0.5
_LOG_MONTH = math.log1p(30)
_DAYS_KNOWN = 7.0
_LEAST = 1e-12


def offer_features(
    offers: OfferBatch,
    fits: Floats,
    forecasts: Forecasts,
    *,
    days: Floats,
    same_again: Bools,
    content: Bools,
) -> Floats:
    """``(n, m, d)``. fits, same_again: ``(n, m)``; days: of known use, ``(n,)``; content: ``(m,)``."""
    n, m = offers.eligible.shape
    rows = np.empty((n, m, len(FEATURES)))
    with np.errstate(divide="ignore"):
        share = np.minimum(offers.price / np.maximum(offers.balance, 0.0)[:, None], _LARGEST_SHARE)
    share = np.where(np.isnan(share), _UNKNOWN_SHARE, share)
    lasts = offers.allowance / (forecasts.pace[:, None] * offers.validity_hours)
    urgency = (1 / (1 + forecasts.p50 / 24))[:, None]
    rows[..., 0] = 1.0
    rows[..., 1] = fits
    rows[..., 2] = share
    rows[..., 3] = share * share
    rows[..., 4] = np.log1p(offers.validity_hours / 24) / _LOG_MONTH
    rows[..., 5] = np.clip(np.log(np.maximum(lasts, _LEAST)) / 3, -1.0, 1.0)
    rows[..., 6] = same_again
    rows[..., 7] = urgency
    rows[..., 8] = urgency * fits
    rows[..., 9] = urgency * share
    rows[..., 10] = (np.minimum(days, _DAYS_KNOWN) / _DAYS_KNOWN)[:, None]
    rows[..., 11] = content
    return rows
