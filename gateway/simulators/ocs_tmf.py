"""The server's side of the TM Forum wire, without a socket: reads orders and adjustments, writes TMF622 and TMF654.

Written apart from the client's side (``gateway/ocs/tmf_wire.py``), so a mistake in one is not mirrored in the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flows.frozen import dataclass
from flows.values import Bucket, Money, Msisdn, Unit
from gateway.ocs.currency import to_major
from gateway.simulators.ocs_ledger import LedgerItem, Order
from gateway.simulators.ocs_tmf_body import BadBody, a_text, an_msisdn, an_object, minor, money, only_one

_USAGE = {Unit.BYTE: "data", Unit.SECOND: "voice", Unit.MESSAGE: "sms"}
_SCALES = {
    Unit.BYTE: (("GB", 1024**3), ("MB", 1024**2), ("KB", 1024), ("byte", 1)),
    Unit.SECOND: (("minutes", 60), ("seconds", 1)),
    Unit.MESSAGE: (("messages", 1),),
}
_MONETARY = "-money"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A credit to the money of one subscriber. amount: minor units; key: the sender's, from ``description``."""

    msisdn: Msisdn
    amount: int
    key: str
    reason: str


def parse_order(body: Mapping[str, object], ident: str, at: datetime, currency: str) -> Order:
    """The order in a ProductOrder_Create: one item, one payer, one beneficiary. Raises BadBody.

    currency: of an order that has no price.
    """
    item = only_one(body, "productOrderItem", "productOrderItem")
    a_text(item, "id", "productOrderItem")
    action = item.get("action")
    if action not in ("add", "delete"):
        raise BadBody("productOrderItem.action must be add or delete")
    if item.get("quantity", 1) != 1:
        raise BadBody("productOrderItem.quantity must be 1")
    resource = only_one(an_object(item, "product"), "realizingResource", "product.realizingResource")
    return Order(
        id=ident,
        key=a_text(body, "externalId", "productOrder"),
        payer=_customer(body),
        beneficiary=an_msisdn(resource.get("id"), "product.realizingResource.id"),
        offering=a_text(an_object(item, "productOffering"), "id", "productOffering"),
        price=_price(item, currency),
        ordered_at=at,
        action=action,
    )


def parse_adjustment(body: Mapping[str, object], currency: str) -> Adjustment:
    """The credit in an AdjustBalance_Create on a monetary bucket. Raises BadBody."""
    if body.get("usageType") != "monetary":
        raise BadBody("usageType must be monetary")
    bucket = a_text(an_object(body, "bucket"), "id", "bucket")
    quantity = an_object(body, "amount")
    if quantity.get("units") != currency:
        raise BadBody(f"amount.units must be {currency}")
    amount = minor(quantity.get("amount"), currency, "amount.amount")
    if not bucket.endswith(_MONETARY) or amount <= 0:
        raise BadBody("only a positive amount can be given, to a monetary bucket")
    return Adjustment(
        msisdn=an_msisdn(bucket.removesuffix(_MONETARY), "bucket.id"),
        amount=amount,
        key=str(body.get("description", "")),
        reason=str(body.get("reason", "")),
    )


def format_order(order: Order) -> dict[str, object]:
    """A TMF622 ProductOrder."""
    item = {
        "id": "1",
        "action": order.action,
        "quantity": 1,
        "state": "failed" if order.state == "partial" else order.state,  # an item knows no partial
        "productOffering": {"id": order.offering},
        "product": {"realizingResource": [{"id": order.beneficiary}]},
    }
    answer: dict[str, object] = {
        "id": order.id,
        "externalId": order.key,
        "state": order.state,
        "orderDate": order.ordered_at.isoformat(),
        "relatedParty": [{"id": order.payer, "role": "customer", "@referredType": "Individual"}],
        "productOrderItem": [item],
    }
    return answer | ({"note": [{"text": order.note}]} if order.note else {})


def format_buckets(
    msisdn: Msisdn, balance: int, currency: str, buckets: list[Bucket], debt: int = 0
) -> list[dict[str, object]]:
    """TMF654 buckets: the money first, then what of it is owed, then every bundle in the largest unit that it is a
    whole number of."""
    money = {"amount": float(to_major(balance, currency)), "units": currency}
    owner = [{"id": msisdn, "@referredType": "LogicalResource"}]
    first: dict[str, object] = {
        "id": f"{msisdn}{_MONETARY}",
        "usageType": "monetary",
        "status": "active",
        "remainingValue": money,
        "logicalResource": owner,
    }
    owed: dict[str, object] = {
        **first,
        "id": f"{msisdn}-advance",
        "@type": "AdvanceDebt",
        "@baseType": "Bucket",
        "remainingValue": {"amount": float(to_major(debt, currency)), "units": currency},
    }
    bundles = ({**_format_bucket(bucket), "logicalResource": owner} for bucket in buckets)
    return [first, *((owed,) if debt else ()), *bundles]


def _format_bucket(bucket: Bucket) -> dict[str, object]:
    scales = _SCALES[bucket.unit]
    units, factor = next((scale for scale in scales if bucket.remaining % scale[1] == 0), scales[-1])
    answer: dict[str, object] = {
        "id": bucket.id,
        "usageType": _USAGE[bucket.unit],
        "status": "active",
        "remainingValue": {"amount": bucket.remaining // factor, "units": units if bucket.remaining else scales[-1][0]},
    }
    if bucket.name:
        answer["name"] = bucket.name
    if bucket.expires_at:
        answer["validFor"] = {"endDateTime": bucket.expires_at.isoformat()}
    if bucket.product:
        answer["product"] = [{"id": bucket.product}]
    if bucket.shared:
        answer["isShared"] = True
    added = _added(bucket)
    return answer | {"@type": "BundleBucket", "@baseType": "Bucket", **added} if added else answer


def _added(bucket: Bucket) -> dict[str, object]:
    """What the file has no place for."""
    added: dict[str, object] = {
        "zone": bucket.zone,
        "window": bucket.window,
        "service": bucket.service,
        "isBonus": bucket.bonus,
        "isRoaming": bucket.roaming,
        "isAutoRenewed": bucket.renews,
        "isThrottledAfter": bucket.throttled_after,
    }
    told = {name: value for name, value in added.items() if value}
    return told if bucket.priority is None else {**told, "priority": bucket.priority}


def format_adjustment(adjustment: Adjustment, item: LedgerItem, ident: str) -> dict[str, object]:
    """A TMF654 AdjustBalance that was carried out."""
    return {
        "id": ident,
        "status": "completed",
        "description": adjustment.key,
        "reason": adjustment.reason,
        "usageType": "monetary",
        "amount": {"amount": float(to_major(item.amount, item.currency)), "units": item.currency},
        "bucket": {"id": f"{item.msisdn}{_MONETARY}"},
        "confirmationDate": item.at.isoformat(),
    }


def format_action(item: LedgerItem, ident: str) -> dict[str, object]:
    """A TMF654 BalanceAction of the history: one movement of money."""
    return {
        "id": ident,
        "status": "completed",
        "description": item.key,
        "reason": item.kind,
        "usageType": "monetary",
        "amount": {"amount": float(to_major(item.amount, item.currency)), "units": item.currency},
        "bucket": {"id": f"{item.msisdn}{_MONETARY}"},
        "logicalResource": [{"id": item.msisdn}],
        "receiverLogicalResource": {"id": item.beneficiary},
        "confirmationDate": item.at.isoformat(),
    }


def format_error(code: str, reason: str, status: int) -> dict[str, str]:
    """A TMF630 Error; code, reason and status are texts in the files."""
    return {"code": code, "reason": reason, "status": str(status)}


def _customer(body: Mapping[str, object]) -> Msisdn:
    party = only_one(body, "relatedParty", "relatedParty")
    a_text(party, "@referredType", "relatedParty")
    if party.get("role") != "customer":
        raise BadBody("relatedParty.role must be customer")
    return an_msisdn(party.get("id"), "relatedParty.id")


def _price(item: Mapping[str, object], currency: str) -> Money:
    if "itemPrice" not in item:
        return Money(0, currency)
    price = only_one(item, "itemPrice", "productOrderItem.itemPrice")
    if price.get("priceType") != "oneTime":
        raise BadBody("productOrderItem.itemPrice.priceType must be oneTime")
    return money(an_object(an_object(price, "price"), "taxIncludedAmount"))
