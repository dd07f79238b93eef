"""The server's side of top-ups and transfers (TMF654), without a socket."""

from __future__ import annotations

from collections.abc import Mapping

from flows.frozen import dataclass
from flows.values import Msisdn
from gateway.ocs.currency import to_major
from gateway.simulators.ocs_ledger import LedgerItem
from gateway.simulators.ocs_tmf_body import BadBody, a_text, an_msisdn, an_object, minor, money

_MONETARY = "-money"


@dataclass(frozen=True, slots=True)
class TopUp:
    """A TMF654 TopupBalance by voucher."""

    msisdn: Msisdn
    pin: str
    key: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """A TMF654 TransferBalance of money. amount, cost: minor units."""

    sender: Msisdn
    receiver: Msisdn
    amount: int
    cost: int
    key: str


def parse_top_up(body: Mapping[str, object]) -> TopUp:
    """The voucher in a TopupBalance_Create. Raises BadBody."""
    if body.get("usageType") != "monetary":
        raise BadBody("usageType must be monetary")
    an_object(body, "amount")
    a_text(an_object(body, "partyAccount"), "id", "partyAccount")
    return TopUp(_owner(body, "bucket"), a_text(body, "voucher", "topupBalance"), str(body.get("description", "")))


def parse_transfer(body: Mapping[str, object], currency: str) -> Transfer:
    """The transfer in a TransferBalance_Create. Raises BadBody."""
    if body.get("usageType") != "monetary" or body.get("receiverBucketUsageType") != "monetary":
        raise BadBody("usageType and receiverBucketUsageType must be monetary")
    for name in ("reason", "channel", "logicalResource", "receiverLogicalResource"):
        if not body.get(name):
            raise BadBody(f"{name} is missing")
    quantity = an_object(body, "amount")
    if quantity.get("units") != currency:
        raise BadBody(f"amount.units must be {currency}")
    amount = minor(quantity.get("amount"), currency, "amount.amount")
    cost = money(an_object(body, "transferCost")).amount if "transferCost" in body else 0
    if amount <= 0:
        raise BadBody("only a positive amount can be sent")
    sender, receiver = _owner(body, "bucket"), _owner(body, "receiverBucket")
    return Transfer(sender, receiver, amount, cost, str(body.get("description", "")))


def format_top_up(wanted: TopUp, item: LedgerItem, ident: str) -> dict[str, object]:
    """A TMF654 TopupBalance that was carried out; it does not tell the voucher."""
    return {
        **_carried_out(item, ident, wanted.key),
        "bucket": {"id": f"{item.msisdn}{_MONETARY}"},
        "partyAccount": {"id": item.msisdn},
    }


def format_transfer(wanted: Transfer, item: LedgerItem, ident: str) -> dict[str, object]:
    """A TMF654 TransferBalance that was carried out."""
    return {
        **_carried_out(item, ident, wanted.key),
        "href": f"/tmf-api/prepayBalanceManagement/v4/transferBalance/{ident}",
        "amount": {"amount": float(to_major(wanted.amount, item.currency)), "units": item.currency},
        "logicalResource": [{"id": wanted.sender}],
        "receiverLogicalResource": {"id": wanted.receiver},
        "channel": {"id": "simulator"},
    }


def _carried_out(item: LedgerItem, ident: str, key: str) -> dict[str, object]:
    return {
        "id": ident,
        "status": "completed",
        "description": key,
        "reason": item.kind,
        "usageType": "monetary",
        "amount": {"amount": float(to_major(item.amount, item.currency)), "units": item.currency},
        "confirmationDate": item.at.isoformat(),
    }


def _owner(body: Mapping[str, object], name: str) -> Msisdn:
    bucket = a_text(an_object(body, name), "id", name)
    if not bucket.endswith(_MONETARY):
        raise BadBody(f"{name} must be monetary")
    return an_msisdn(bucket.removesuffix(_MONETARY), f"{name}.id")
