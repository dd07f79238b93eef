"""The server's side of the TM Forum wire, without a socket: reads orders and adjustments, writes TMF622 and TMF654.

Written apart from the client's side (``gateway/ocs/tmf_wire.py``), so a mistake in one is not mirrored in the other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from flows.frozen import dataclass
from flows.values import Bucket, Money, Msisdn, Unit, parse_msisdn
from gateway.ocs.currency import precision, to_major
from gateway.simulators.ocs_ledger import LedgerItem, Order

_USAGE = {Unit.BYTE: "data", Unit.SECOND: "voice", Unit.MESSAGE: "sms"}
_SCALES = {
    Unit.BYTE: (("GB", 1024**3), ("MB", 1024**2), ("KB", 1024), ("byte", 1)),
    Unit.SECOND: (("minutes", 60), ("seconds", 1)),
    Unit.MESSAGE: (("messages", 1),),
}
_MONETARY = "-money"


class BadBody(ValueError):
    """A body that the TM Forum files do not allow, or that lacks what an order needs; one line."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A credit to the money of one subscriber. amount: minor units; key: the sender's, from ``description``."""

    msisdn: Msisdn
    amount: int
    key: str
    reason: str


def parse_body(body: bytes) -> Mapping[str, object]:
    """The JSON object in ``body``, fractions as Decimal. Raises BadBody."""
    try:
        value = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise BadBody("the body is not JSON") from error
    if not isinstance(value, dict):
        raise BadBody("the body must be a JSON object")
    return value


def parse_order(body: Mapping[str, object], ident: str, at: datetime) -> Order:
    """The order in a ProductOrder_Create: one item to add, one payer, one beneficiary. Raises BadBody."""
    item = _only(body, "productOrderItem", "productOrderItem")
    _text(item, "id", "productOrderItem")
    if item.get("action") != "add":
        raise BadBody("productOrderItem.action must be add")
    if item.get("quantity", 1) != 1:
        raise BadBody("productOrderItem.quantity must be 1")
    price = _only(item, "itemPrice", "productOrderItem.itemPrice")
    if price.get("priceType") != "oneTime":
        raise BadBody("productOrderItem.itemPrice.priceType must be oneTime")
    resource = _only(_object(item, "product"), "realizingResource", "product.realizingResource")
    return Order(
        id=ident,
        key=_text(body, "externalId", "productOrder"),
        payer=_customer(body),
        beneficiary=_msisdn(resource.get("id"), "product.realizingResource.id"),
        offering=_text(_object(item, "productOffering"), "id", "productOffering"),
        price=_money(_object(_object(price, "price"), "taxIncludedAmount")),
        ordered_at=at,
    )


def parse_adjustment(body: Mapping[str, object], currency: str) -> Adjustment:
    """The credit in an AdjustBalance_Create on a monetary bucket. Raises BadBody."""
    if body.get("usageType") != "monetary":
        raise BadBody("usageType must be monetary")
    bucket = _text(_object(body, "bucket"), "id", "bucket")
    quantity = _object(body, "amount")
    if quantity.get("units") != currency:
        raise BadBody(f"amount.units must be {currency}")
    amount = _minor(quantity.get("amount"), currency, "amount.amount")
    if not bucket.endswith(_MONETARY) or amount <= 0:
        raise BadBody("only a positive amount can be given, to a monetary bucket")
    return Adjustment(
        msisdn=_msisdn(bucket.removesuffix(_MONETARY), "bucket.id"),
        amount=amount,
        key=str(body.get("description", "")),
        reason=str(body.get("reason", "")),
    )


def format_order(order: Order) -> dict[str, object]:
    """A TMF622 ProductOrder."""
    item = {
        "id": "1",
        "action": "add",
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


def _object(value: Mapping[str, object], key: str) -> Mapping[str, object]:
    found = value.get(key)
    if not isinstance(found, dict):
        raise BadBody(f"{key} must be an object")
    return found


def _only(value: Mapping[str, object], key: str, place: str) -> Mapping[str, object]:
    found = value.get(key)
    if not isinstance(found, list) or len(found) != 1 or not isinstance(found[0], dict):
        raise BadBody(f"{place} must be a list of one object")
    return found[0]


def _text(value: Mapping[str, object], key: str, place: str) -> str:
    found = value.get(key)
    if not isinstance(found, str) or not found:
        raise BadBody(f"{place}.{key} must be a text")
    return found


def _customer(body: Mapping[str, object]) -> Msisdn:
    party = _only(body, "relatedParty", "relatedParty")
    _text(party, "@referredType", "relatedParty")
    if party.get("role") != "customer":
        raise BadBody("relatedParty.role must be customer")
    return _msisdn(party.get("id"), "relatedParty.id")


def _msisdn(value: object, place: str) -> Msisdn:
    msisdn = parse_msisdn(value)
    if msisdn is None or msisdn != value:
        raise BadBody(f"{place} must be an MSISDN without +")
    return msisdn


def _money(value: Mapping[str, object]) -> Money:
    unit = _text(value, "unit", "taxIncludedAmount")
    return Money(_minor(value.get("value"), unit, "taxIncludedAmount.value"), unit)


def _minor(value: object, currency: str, place: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise BadBody(f"{place} must be a number")
    exact = Decimal(value)
    if not exact.is_finite() or exact < 0 or exact.adjusted() > 15:
        raise BadBody(f"{place} must be an amount of money")
    minor = exact.scaleb(precision(currency))
    if minor != minor.to_integral_value():
        raise BadBody(f"{place} has more decimal places than {currency}")
    return int(minor)
