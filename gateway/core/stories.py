"""The story of an order as a document: every word of it from rows, with their times (docs/reference/orders.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flows import story_text
from flows.catalogue import Catalogue
from flows.documents import decode
from flows.frozen import dataclass
from flows.market import Market, pack_digest
from flows.masking import without
from flows.order_texts import name_of
from flows.records import Offer
from flows.texts import Voice
from flows.values import Money
from gateway.errors import OrdersProblem
from locales.catalogues import Catalogues
from store import story_rows, subscriptions
from store.order_steps import OrderStep
from store.reader import Reader
from store.story_rows import Arrival, Sent, StoryRows

SCHEMA = "chasqui-order-story/1"
_OF_CONTACTS = ("alerts", "opt_in", "hours", "caps")
"""The rules of a market that an alert with an offer is held against."""
_LARGEST = 2**53
"""Beyond this a number is not the same for everybody who reads JSON (RFC 8785)."""
_BUNDLE = ("id", "product", "unit", "initial", "remaining", "expires_at")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StoryDesk:
    """Tells stories. clock: when they are told."""

    reader: Reader
    market: Market
    catalogue: Catalogue
    catalogues: Catalogues
    clock: Callable[[], datetime]

    async def tell(self, key: str, *, language: str = "", full: bool = False) -> Json | None:
        """The story of an order; None when there is no such order. full: with whole numbers.

        language: of its text, empty for the payer's own. Raises OrdersProblem for one that is not spoken, StoreError.
        """
        if language and language not in self.catalogues.languages:
            raise OrdersProblem(f"language must be one of {', '.join(self.catalogues.languages)}")
        rows = await story_rows.of_order(self.reader, key)
        if rows is None:
            return None
        order = rows.view.order
        payer = await subscriptions.by_id(self.reader, order.subscription)
        voice = Voice(self.catalogues, language or (payer.language if payer else self.market.languages[0]))
        story = self._document(rows, voice)
        story["masked"] = not full
        if not full:
            story = without(story, {order.msisdn, order.beneficiary})
        zone = self.market.time_zones[0]
        return {**story, "text": story_text.lines(story, voice, zone)}

    def _document(self, rows: StoryRows, voice: Voice) -> Json:
        return {
            "schema": SCHEMA,
            "made_at": _at(self.clock()),
            "language": voice.language,
            "order": _order(rows, self._name(rows, voice)),
            "trigger": _trigger(rows.origin),
            "rule": self._rule(rows.offer),
            "decision": None if rows.offer is None else _decision(rows.offer),
            "texts": [_sent(one) for one in rows.sent],
            "answer": _answer(rows),
            "charge": _charge(rows),
            "history": _history(rows.steps),
            "refund": _refund(rows),
            "notes": [
                {"at": _at(one.at), "by": one.by, "what": one.what, "detail": _plain(one.detail)} for one in rows.noted
            ],
        }

    def _name(self, rows: StoryRows, voice: Voice) -> str:
        known = self.catalogue.get(rows.view.order.bundle)
        sold = known.name(voice.language) if known else str(rows.view.order.bundle)
        return name_of(rows.view.order, voice, sold)

    def _rule(self, offer: Offer | None) -> Json | None:
        """What allowed the contact. sources: where the rules are from, as long as the pack is the one of then."""
        contact = decode(offer.decision or "{}").get("contact") if offer else None
        if offer is None or contact is None:
            return None
        same = contact["market"] == self.market.code and contact["pack"] == pack_digest(self.market.code)
        day = offer.created_at.astimezone(self.market.time_zones[0]).date()
        sources = self.market.at(day).sources if same else {}
        return {**contact, "sources": {name: sources[name] for name in _OF_CONTACTS if name in sources}}


def _order(rows: StoryRows, name: str) -> Json:
    order, view = rows.view.order, rows.view
    return {
        "key": order.key,
        "kind": order.kind,
        "state": order.state,
        "reason": view.reason,
        "detail": view.detail,
        "bundle": order.bundle,
        "name": name,
        "price": _money(order.price),
        "credit": None if order.credit is None else _money(order.credit),
        "payer": order.msisdn,
        "beneficiary": order.beneficiary,
        "channel": order.channel,
        "created_at": _at(order.created_at),
        "settled_at": _at(view.settled_at),
    }


def _trigger(found: Arrival | None) -> Json | None:
    """What the offer came from: an event of the charging system, or a text that asked what else there is."""
    if found is None:
        return None
    common = {
        "inbox": found.id,
        "source": found.source,
        "id": found.event_id,
        "received_at": _at(found.received_at),
        "dealt_with_at": _at(found.processed_at),
        "outcome": found.outcome,
    }
    if found.kind == "mo":
        return {"kind": "text", **common, "text": found.body["text"], "to": found.body["to"]}
    data = found.body.get("data") or {}
    bundle = data.get("bundle") or {}
    return {
        "kind": "event",
        **common,
        "type": found.body.get("type"),
        "time": found.body.get("time"),
        "threshold": data.get("threshold"),
        "bundle": _plain({name: bundle[name] for name in _BUNDLE if name in bundle}),
    }


def _decision(offer: Offer) -> Json:
    facts = {name: value for name, value in decode(offer.decision or "{}").items() if name not in ("contact", "origin")}
    return {
        "offer": offer.id,
        "bundle": offer.bundle,
        "price": _money(offer.price),
        "reason": offer.reason,
        "channel": offer.channel,
        "state": offer.state,
        "made_at": _at(offer.created_at),
        "expires_at": _at(offer.expires_at),
        "first_yes_at": _at(offer.yes_at) if offer.yes_at and offer.yes_at > offer.created_at else None,
        "facts": _plain(facts),
    }


def _sent(one: Sent) -> Json:
    return {
        "id": one.id,
        "key": one.key,
        "kind": one.kind,
        "purpose": one.purpose,
        "from": one.source,
        "to": one.to,
        "words": one.words,
        "state": one.state,
        "reason": one.reason,
        "smsc": one.smsc,
        "attempts": one.attempts,
        "created_at": _at(one.created_at),
        "settled_at": _at(one.settled_at),
        "parts": [
            {
                "number": part.number + 1,
                "smsc": part.smsc,
                "id": part.message_id,
                "state": part.state,
                "error": part.error,
                "taken_at": _at(part.at),
            }
            for part in one.parts
        ],
    }


def _answer(rows: StoryRows) -> Json | None:
    """The yes: a text with its entry in the inbox, a screen with what was typed, or a request of a caller."""
    answer, arrival = rows.answer, rows.arrival
    if answer is None:
        return None
    return {
        "channel": rows.view.order.channel,
        "at": _at(arrival.received_at if arrival else rows.answer_at),
        "dealt_with_at": _at(rows.answer_at),
        "said": answer.said,
        "shown": answer.shown,
        "session": answer.session,
        "by": answer.by,
        "reference": answer.reference,
        "source": arrival.source if arrival else "",
        "to": arrival.body.get("to", "") if arrival else "",
    }


def _history(steps: Sequence[OrderStep]) -> list[Json]:
    return [
        {
            "at": _at(step.at),
            "state": step.state,
            "sent": step.sent,
            "asked": step.asked,
            "reason": step.reason,
            "detail": step.detail,
            "reference": step.reference,
        }
        for step in steps
    ]


def _refund(rows: StoryRows) -> Json | None:
    """The order that gives the price back."""
    view = rows.refund
    if view is None:
        return None
    return {
        "key": view.order.key,
        "state": view.order.state,
        "reason": view.reason,
        "reference": view.ocs_reference,
        "price": _money(view.order.price),
        "history": _history(rows.refund_steps),
    }


def _charge(rows: StoryRows) -> Json:
    """proof: by what the order is known to be charged or not.

    ``answer``: the charging system's answer to the request; ``asked``: its answer when it was asked about the key;
    ``person``: somebody looked and decided; null: not settled.
    """
    view = rows.view
    return {
        "state": view.order.state,
        "price": _money(view.order.price),
        "reference": view.ocs_reference,
        "attempts": view.order.attempts,
        "queries": view.order.queries,
        "sent_at": _at(view.order.sent_at),
        "settled_at": _at(view.settled_at),
        "proof": _proof(rows),
    }


def _proof(rows: StoryRows) -> str | None:
    if rows.view.settled_at is None:
        return None
    if any(one.what.startswith("settle.") and one.detail.get("outcome") == "done" for one in rows.noted):
        return "person"
    before = [step.state for step in rows.steps if step.state in ("pending", "sent", "in_doubt")]
    if not before:
        return None
    return "asked" if before[-1] == "in_doubt" else "answer" if before[-1] == "sent" else None


def _money(price: Money) -> Json:
    return {"amount": price.amount, "currency": price.currency}


def _at(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain(value: Any) -> Any:
    """The same in numbers that are the same for everybody."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _LARGEST:
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(inner) for inner in value]
    return value
