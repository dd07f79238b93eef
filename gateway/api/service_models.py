"""What the REST interface takes and answers about advances, vouchers and transfers."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from gateway.api.models import Model, Money, Next
from gateway.api.request_models import Beneficiary, Body

Pin = Annotated[str, Meta(description="The voucher's PIN.", extra_json_schema={"pattern": "^[0-9]{8,20}$"})]
MOST_MINOR = 10**15
Minor = Annotated[int, Meta(ge=1, le=MOST_MINOR, description="Minor units of the market's currency.")]


class VoucherUsed(Body, frozen=True):
    """A voucher to top up with. The PIN is kept until the order is settled, and shown to nobody."""

    pin: Pin


class AdvanceWanted(Body, frozen=True):
    """Which advance, by its id in the list."""

    advance: Annotated[str, Meta(min_length=1, max_length=64)]


class BalanceSent(Body, frozen=True):
    """Balance for another number. amount: what arrives; the fee comes on top."""

    to: Beneficiary
    amount: Minor


class Advance(Model, frozen=True):
    """Airtime in advance. debt: what the next top-up pays back, which is amount and fee."""

    id: str
    amount: Money
    fee: Money
    debt: Money


class AdvanceList(Model, frozen=True):
    """What somebody may have in advance now; empty while they owe."""

    items: list[Advance]
    next: Next
