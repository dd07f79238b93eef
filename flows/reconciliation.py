"""Whether the charging system charged what our orders say, one order at a time.

``missing``: we say charged, or given back, and they did not charge. ``extra``: they charged, and we have no order, or
one that says no. ``differing``: both say charged, and amount, currency or payer are not the same. ``double``: charged
more than once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from flows.frozen import dataclass
from flows.order_kinds import movement_of, terms_of
from flows.purchase import NEEDS_PERSON
from flows.records import Order
from flows.values import Money, Msisdn, OrderKey, OrderKind

Kind = Literal["missing", "extra", "differing", "double"]
KINDS: tuple[Kind, ...] = ("missing", "extra", "differing", "double")
_CHARGED = ("confirmed", "refunded")
"""What was given back was charged before, or was given for nothing."""


@dataclass(frozen=True, slots=True)
class Charge:
    """A line of a statement. amount: minor units, below zero for money given back. at: as it was written.

    key: empty where the charging system names none. line: of the file. twin: of lines that are alike and have no key,
    which of them, from 1.
    """

    key: str
    msisdn: Msisdn
    amount: int
    currency: str
    at: str
    reference: str
    line: int = 0
    twin: int = 0


@dataclass(frozen=True, slots=True)
class Ours:
    """An order of ours. reason, reference: as its row has them."""

    order: Order
    reason: str | None = None
    reference: str | None = None

    @property
    def open(self) -> bool:
        """Whether it is still being worked on; what nobody can say yet is no discrepancy."""
        return self.order.state in ("pending", "sent") or (
            self.order.state == "in_doubt" and self.reason != NEEDS_PERSON
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A discrepancy. mark: what makes it the same one when it is found again. evidence: what both sides have."""

    kind: Kind
    mark: str
    key: OrderKey | None
    msisdn: Msisdn
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """What the charging system says of an order when it is asked. detail: its words, where it did not charge."""

    charged: bool
    reference: str = ""
    detail: str = ""


def compare(ours: Ours | None, charges: Sequence[Charge]) -> Found | None:
    """An order of ours, if there is one, against all lines of a statement with its key; None if they agree.

    An order that is still open agrees with everything. Money given back takes a charge of the same amount along; a
    refund is an order that it is held against.
    """
    grows = ours is not None and terms_of(ours.order).credits
    of_payer = [one for one in charges if ours is None or not _of_receiver(ours.order, one)]
    charged, given_back = _netted([replace(one, amount=-one.amount) for one in of_payer] if grows else of_payer)
    if ours is None:
        odd = charged or given_back
        return _found("extra", None, odd[0], charges) if odd else None
    if ours.open:
        return None
    match ours.order.state:
        case "confirmed" if len(charged) > 1:
            return _found("double", ours, charged[0], charges)
        case "confirmed" if not charged:
            return _found("missing", ours, None, charges) if movement_of(ours.order).amount else None
        case "confirmed":
            return _found("differing", ours, charged[0], charges) if given_back or _differ(ours, charged[0]) else None
        case "refunded":  # by a refund, which has a key of its own
            return _found("double", ours, charged[0], charges) if len(charged) > 1 else None
        case _:
            return _found("extra", ours, charged[0], charges) if charged else None


def absent(ours: Ours) -> Found | None:
    """An order of ours that a statement does not name at all."""
    moves = movement_of(ours.order).amount > 0
    return _found("missing", ours, None, ()) if moves and ours.order.state in _CHARGED else None


def judge(ours: Ours, said: Said) -> Found | None:
    """An order of ours against what the charging system says when it is asked."""
    if ours.open:
        return None
    charged = ours.order.state in _CHARGED
    if charged == said.charged:
        return None
    kind: Kind = "missing" if charged else "extra"
    theirs = {"asked": True, "charged": said.charged, "reference": said.reference, "detail": said.detail}
    order = ours.order
    return Found(kind, f"{kind}:{order.key}", order.key, order.msisdn, {"ours": _own(ours), "theirs": theirs})


def excess(kind: str, evidence: Mapping[str, Any]) -> Money | None:
    """What a statement shows to have been charged beyond the price, if that is all that is wrong; None for nothing."""
    own, lines = evidence["ours"], evidence["theirs"]
    if kind not in ("differing", "double") or own["gives_back"] is not None:
        return None
    if own.get("kind", OrderKind.PURCHASE) != OrderKind.PURCHASE:  # found before there were kinds: a purchase
        return None
    if any((line["msisdn"], line["currency"]) != (own["msisdn"], own["currency"]) for line in lines):
        return None
    over = sum(line["amount"] for line in lines) - own["amount"]
    return Money(over, own["currency"]) if over > 0 else None


def _netted(charges: Sequence[Charge]) -> tuple[list[Charge], list[Charge]]:
    """Charges that stand, and what was given back for none of them."""
    standing = [one for one in charges if one.amount > 0]
    alone = []
    for back in (one for one in charges if one.amount < 0):
        paid = next((one for one in standing if (one.amount, one.currency) == (-back.amount, back.currency)), None)
        if paid is None:
            alone.append(back)
        else:
            standing.remove(paid)
    return standing, alone


def _differ(ours: Ours, charge: Charge) -> bool:
    order = ours.order
    return Money(charge.amount, charge.currency) != movement_of(order) or charge.msisdn != order.msisdn


def _of_receiver(order: Order, charge: Charge) -> bool:
    """What somebody got who was sent it, under the sender's key."""
    return order.kind is OrderKind.TRANSFER and charge.amount < 0 and charge.msisdn == order.beneficiary


def _found(kind: Kind, ours: Ours | None, charge: Charge | None, charges: Sequence[Charge]) -> Found:
    evidence = {
        "ours": None if ours is None else _own(ours),
        "theirs": [_line(one) for one in charges],
    }
    if ours is not None:
        named = f"{kind}:{ours.order.key}"
        if kind in ("differing", "double"):  # otherwise another tomorrow
            named += f":{_digest([_line(one) for one in charges])}"
        return Found(kind, named, ours.order.key, ours.order.msisdn, evidence)
    assert charge is not None, "what nobody charged and nobody ordered is nothing"
    mark = f"extra:{_digest([_line(one) for one in charges])}" + (f"#{charge.twin}" if charge.twin > 1 else "")
    return Found(kind, mark, OrderKey(charge.key) if charge.key else None, charge.msisdn, evidence)


def _own(ours: Ours) -> Mapping[str, Any]:
    order = ours.order
    return {
        "key": order.key,
        "gives_back": order.gives_back,
        "kind": order.kind,
        "state": order.state,
        "reason": ours.reason,
        "msisdn": order.msisdn,
        "amount": order.price.amount,
        "currency": order.price.currency,
        "reference": ours.reference,
        "created_at": order.created_at.isoformat(),
    }


def _line(one: Charge) -> Mapping[str, Any]:
    """Without the number of its line: the same charge stands elsewhere in another statement."""
    return {
        "key": one.key,
        "msisdn": one.msisdn,
        "amount": one.amount,
        "currency": one.currency,
        "at": one.at,
        "reference": one.reference,
    }


def _digest(lines: Sequence[Mapping[str, Any]]) -> str:
    """Of these lines in whatever order."""
    whole = sorted("\0".join(str(value) for value in line.values()) for line in lines)
    return hashlib.sha256("\n".join(whole).encode()).hexdigest()[:32]
