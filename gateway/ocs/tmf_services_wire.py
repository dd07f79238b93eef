"""Advances, switches, top-ups and transfers on the TM Forum wire, without a socket; pure.

TMF622 ProductOrder_Create, TMF654 TopupBalance_Create, TransferBalance_Create and BalanceActionHistory (4.0).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal

from flows.values import Money, Msisdn
from gateway.core.ports import (
    Activated,
    FindOutcome,
    NotFound,
    OutcomeUnknown,
    PurchaseOutcome,
    Refused,
    ServiceRequest,
)
from gateway.ocs.answers import UnreadableAnswer, read_json
from gateway.ocs.currency import to_major, to_minor
from gateway.ocs.tmf_wire import DONE, REFUSED, reason_of

TOP_UPS = "/tmf-api/prepayBalanceManagement/v4/topupBalance"
TRANSFERS = "/tmf-api/prepayBalanceManagement/v4/transferBalance"


def format_advance(request: ServiceRequest, offering: str) -> bytes:
    """An order of an offering that credits airtime; what it costs is owed, and so is what it credits."""
    assert request.credit is not None, "an advance says how much it is"
    fee = Money(request.price.amount - request.credit.amount, request.price.currency)
    cost = {"unit": fee.currency, "value": _major(fee)}
    price = {"name": "fee", "priceType": "oneTime", "price": {"taxIncludedAmount": cost}}
    return _order(request, {"action": "add", "productOffering": {"id": offering}, "itemPrice": [price]})


def format_switch(request: ServiceRequest, offering: str, *, on: bool) -> bytes:
    """The product that lets use without a bundle be charged: had, or not."""
    return _order(request, {"action": "add" if on else "delete", "productOffering": {"id": offering}})


def _order(request: ServiceRequest, item: Mapping[str, object]) -> bytes:
    resource = {"realizingResource": [{"id": request.payer}]}
    order = {
        "externalId": request.key,
        "channel": [{"id": request.channel, "name": request.channel}],
        "relatedParty": [{"id": request.payer, "role": "customer", "@referredType": "Individual"}],
        "productOrderItem": [{"id": "1", "quantity": 1, "product": resource, **item}],
    }
    return json.dumps(order).encode()


def format_top_up(request: ServiceRequest, bucket: str) -> bytes:
    """A top-up by voucher; the file wants an amount, which is the voucher's business."""
    body = {
        "description": request.key,
        "reason": "voucher",
        "voucher": request.pin,
        "usageType": "monetary",
        "amount": {"amount": 0, "units": request.price.currency},
        "bucket": {"id": bucket},
        "partyAccount": {"id": request.payer, "@referredType": "PartyAccount"},
        "logicalResource": [_resource(request.payer)],
        "channel": {"id": request.channel, "name": request.channel},
    }
    return json.dumps(body).encode()


def format_transfer(request: ServiceRequest, bucket: str, receivers: str) -> bytes:
    """A transfer of ``credit``; what the price is above it is its cost, and the sender's."""
    assert request.credit is not None, "a transfer says how much it is"
    cost = Money(request.price.amount - request.credit.amount, request.price.currency)
    body = {
        "description": request.key,
        "reason": "transfer",
        "usageType": "monetary",
        "amount": {"amount": _major(request.credit), "units": request.credit.currency},
        "bucket": {"id": bucket},
        "logicalResource": [_resource(request.payer)],
        "receiverBucket": {"id": receivers},
        "receiverBucketUsageType": "monetary",
        "receiverLogicalResource": _resource(request.beneficiary),
        "costOwner": "originator",
        "transferCost": {"unit": cost.currency, "value": _major(cost)},
        "channel": {"id": request.channel, "name": request.channel},
    }
    return json.dumps(body).encode()


def read_action(body: bytes, request: ServiceRequest) -> PurchaseOutcome:
    """What the answer to a posted top-up or transfer says. Raises UnreadableAnswer."""
    item = read_json(body)
    if not isinstance(item, dict) or not isinstance(item.get("status"), str):
        raise UnreadableAnswer("the answer is no balance action")
    found = choose_action([{"description": request.key, **item}], request)
    return OutcomeUnknown("the answer is about something else") if isinstance(found, NotFound) else found


def choose_action(items: Sequence[Mapping[str, object]], request: ServiceRequest) -> FindOutcome:
    """What the balance actions say of the one with this key: done counts before failed.

    A voucher is used once, so whatever names it is ours. An action without description that moved as much as we
    asked for could be ours, so it makes a no uncertain.
    """
    found = [
        item
        for item in items
        if item.get("description") == request.key or (request.pin and item.get("voucher") == request.pin)
    ]
    for item in found:
        if str(item.get("status", "")).lower() in DONE:
            return Activated(str(item.get("id", "")), _worth(item, request))
    if any(str(item.get("status", "")).lower() not in REFUSED for item in found):
        return OutcomeUnknown("it is on its way", silent=False)
    if found:
        words = str(found[0].get("reason") or "")
        return Refused(reason_of(words), words or "the charging system did not carry it out")
    if any(not item.get("description") and _amount(item, request) == request.credit for item in items):
        return OutcomeUnknown("a balance action without description is listed", silent=False)
    return NotFound()


def _worth(item: Mapping[str, object], request: ServiceRequest) -> Money | None:
    """What was credited, where that was not known before."""
    return _amount(item, request) if request.credit is None else None


def _amount(item: Mapping[str, object], request: ServiceRequest) -> Money | None:
    """What was moved, if it is told in the account's currency."""
    quantity = item.get("amount")
    if not isinstance(quantity, dict):
        return None
    amount, currency = quantity.get("amount"), request.price.currency
    if isinstance(amount, bool) or not isinstance(amount, int | Decimal) or quantity.get("units") != currency:
        return None
    try:
        worth = to_minor(Decimal(amount), currency)
    except (ValueError, ArithmeticError):
        return None
    return Money(worth, currency) if worth > 0 else None


def _resource(msisdn: Msisdn) -> Mapping[str, str]:
    return {"id": msisdn, "@referredType": "LogicalResource"}


def _major(money: Money) -> float:
    return float(to_major(money.amount, money.currency))
