"""An order's story in a person's language: one line an event, in the order in which they happened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any

from flows import decision_words
from flows.events import OWN_CLOCK
from flows.texts import Voice
from flows.values import Money, OrderKind, Unit
from locales.catalogues import N_

Story = Mapping[str, Any]
_Line = tuple[str, str]
"""An instant as the story has it, and what happened."""

_STATES = {
    "queued": N_("waits"),
    "sending": N_("is on its way"),
    "deferred": N_("waits"),
    "sent": N_("sent, no receipt"),
    "delivered": N_("delivered"),
    "failed": N_("failed"),
    "expired": N_("expired"),
    "in_doubt": N_("nobody knows whether it arrived"),
    "suppressed": N_("not sent"),
    "done": N_("shown"),
}
_PROOFS = {
    "answer": N_("Proof: the charging system's answer to the request, reference {reference}."),
    "asked": N_("Proof: the charging system's answer when it was asked about this order, reference {reference}."),
    "person": N_("Proof: a person looked and decided, reference {reference}."),
}


def lines(story: Story, voice: Voice, zone: tzinfo) -> list[str]:
    """The whole story. zone: of the times that are told."""
    asked = [one for one in story["texts"] if one["purpose"] != "confirmation"]
    confirmed = [one for one in story["texts"] if one["purpose"] == "confirmation"]
    events = [*_origin(story, voice), *_told(asked, voice), *_said(story, voice), *_steps(story, voice)]
    events += [*_told(confirmed, voice), *_notes(story, voice)]
    ordered = sorted(events, key=lambda event: event[0])  # what happened at once stays in the order of the story
    return [*_head(story, voice), *(f"{_local(at, zone)}  {what}" for at, what in ordered), *_foot(story, voice)]


def _head(story: Story, voice: Voice) -> Iterator[str]:
    order = story["order"]
    yield voice.say(N_("Order {key}"), key=order["key"])
    if _moves(story) == "charged":
        price = voice.money(Money(**order["price"]))
        about = {"name": order["name"], "price": price, "number": order["payer"]}
        yield voice.say(N_("{name} for {price}, paid by {number}"), **about)
    else:
        yield voice.say(N_("{name}, asked for by {number}"), name=order["name"], number=order["payer"])
    if order["beneficiary"] != order["payer"]:
        yield voice.say(N_("for {number}"), number=order["beneficiary"])


def _origin(story: Story, voice: Voice) -> Iterator[_Line]:
    trigger, decision, rule = story["trigger"], story["decision"], story["rule"]
    if trigger is not None and trigger["kind"] == "event":
        yield trigger["received_at"], _event(trigger, voice)
    elif trigger is not None:
        yield (
            trigger["received_at"],
            voice.say(N_("They asked by text what else there is: {said}"), said=trigger["text"]),
        )
    if decision is None:
        return
    price = voice.money(Money(**decision["price"]))
    if rule is not None:
        offered = N_("Offered: {bundle} for {price}, as the rules of market {market} allow (pack {pack})")
        facts = {"bundle": decision["bundle"], "price": price, "market": rule["market"], "pack": rule["pack"]}
        yield decision["made_at"], voice.say(offered, **facts)
        for why in decision_words.lines(decision["facts"].get("reasons", {}), voice):
            yield decision["made_at"], why
    else:
        asked = N_("{bundle} for {price} was asked for by the person: no rule on offers applies")
        yield decision["made_at"], voice.say(asked, bundle=decision["bundle"], price=price)


def _event(trigger: Story, voice: Voice) -> str:
    bundle, values = trigger["bundle"], {"type": str(trigger["type"]), "id": str(trigger["id"])}
    unit, remaining = bundle.get("unit"), bundle.get("remaining")
    if unit in list(Unit) and isinstance(remaining, int):
        left = voice.left(Unit(unit), remaining)
        if trigger["source"] == OWN_CLOCK:
            return voice.say(N_("Our own clock found: {type} ({left}), event {id}"), **values, left=left)
        return voice.say(N_("The charging system told: {type} ({left}), event {id}"), **values, left=left)
    return voice.say(N_("The charging system told: {type}, event {id}"), **values)


def _told(texts: Iterable[Story], voice: Voice) -> Iterator[_Line]:
    for one in texts:
        state = voice.say(_STATES.get(one["state"], str(one["state"])))
        state += f" ({one['reason']})" if one["reason"] else ""
        values = {"words": one["words"], "state": state}
        if one["kind"] == "screen":
            yield one["created_at"], voice.say(N_("Screen: “{words}” – {state}"), **values)
            continue
        ids = ", ".join(f"{part['smsc']} {part['id']}" for part in one["parts"]) or "-"
        sent = voice.say(
            N_("Text from {source}: “{words}” – {state}; SMSC: {ids}"), **values, source=one["from"], ids=ids
        )
        yield one["created_at"], sent


def _said(story: Story, voice: Voice) -> Iterator[_Line]:
    answer, decision = story["answer"], story["decision"]
    if decision is not None and decision["first_yes_at"] is not None:
        yield decision["first_yes_at"], voice.say(N_("First yes; a second was asked for"))
    if answer is None:
        return
    if answer["channel"] == "sms":
        yield (
            answer["at"],
            voice.say(N_("Answer by text to {number}: “{said}”"), number=answer["to"], said=answer["said"]),
        )
    elif answer["channel"] == "ussd":
        screen = " / ".join(answer["shown"].splitlines())
        yield (
            answer["at"],
            voice.say(N_("Answer to the screen “{screen}”: “{said}”"), screen=screen, said=answer["said"]),
        )
    else:
        yield (
            answer["at"],
            voice.say(N_("Accepted through {caller}, request {id}"), caller=answer["by"], id=answer["reference"]),
        )


def _steps(story: Story, voice: Voice) -> Iterator[_Line]:
    price = voice.money(Money(**story["order"]["price"]))
    for step in story["history"]:
        yield step["at"], _step(step, voice, price, _done(story, voice, _or_none(step)))
    for step in (story["refund"] or {"history": ()})["history"]:
        if step["state"] in ("pending", "confirmed", "declined"):
            yield step["at"], _giving_back(step, voice, price)


def _step(step: Story, voice: Voice, price: str, done: str) -> str:
    match step["state"]:
        case "pending":
            return voice.say(N_("The order was written down"))
        case "sent":
            return voice.say(N_("Sent to the charging system"))
        case "confirmed":
            return done
        case "declined":
            return voice.say(N_("Not charged: {reason}"), reason=step["reason"] or "-")
        case "refunded":
            return voice.say(N_("Paid back {price}"), price=price)
        case "in_doubt" if step["asked"]:
            return voice.say(
                N_("The charging system was asked and could not say yet: {detail}"), detail=step["detail"] or "-"
            )
        case "in_doubt":
            return voice.say(N_("No answer that tells: {detail}"), detail=step["reason"] or step["detail"] or "-")
        case other:
            return str(other)


def _giving_back(step: Story, voice: Voice, price: str) -> str:
    match step["state"]:
        case "pending":
            return voice.say(N_("{price} is to be given back"), price=price)
        case "confirmed":
            return voice.say(N_("Given back: {price}, reference {reference}"), price=price, reference=_or_none(step))
        case _:
            return voice.say(N_("Not given back: {reason}"), reason=step["reason"] or "-")


def _or_none(step: Story) -> str:
    return step["reference"] or "-"


def _notes(story: Story, voice: Voice) -> Iterator[_Line]:
    for one in story["notes"]:
        if one["what"].startswith(("settle.", "found.")):
            words = one["detail"].get("note") or one["detail"].get("id") or ""
            yield one["at"], voice.say(N_("{by}: {what}, {words}"), by=one["by"], what=one["what"], words=words)


def _foot(story: Story, voice: Voice) -> Iterator[str]:
    charge = story["charge"]
    price = voice.money(Money(**charge["price"]))
    match charge["state"]:
        case "confirmed":
            yield _done_once(story, voice)
        case "declined":
            yield voice.say(N_("Nothing was charged."))
        case "refunded":
            yield voice.say(N_("Charged and paid back: {price}."), price=price)
        case _:
            yield voice.say(N_("Whether it was charged is not known yet."))
    if charge["proof"] is not None:
        yield voice.say(_PROOFS[charge["proof"]], reference=charge["reference"] or "-")
    if any(one["what"].startswith("found.") for one in story["notes"]):
        yield voice.say(N_("Reconciling with the charging system has found otherwise: see above."))


def _moves(story: Story) -> str:
    """What the order does to its payer's balance. Stories of before know purchases alone."""
    kind = OrderKind(story["order"].get("kind", OrderKind.PURCHASE))
    if kind is OrderKind.OUT_OF_BUNDLE:
        return "switched"
    return "credited" if kind in (OrderKind.ADVANCE, OrderKind.TOP_UP) else "charged"


def _done(story: Story, voice: Voice, reference: str) -> str:
    match _moves(story):
        case "switched":
            return voice.say(N_("The charging system has it, reference {reference}"), reference=reference)
        case "credited":
            amount = _amount(story["order"]["credit"], voice)
            return voice.say(N_("Credited {amount}, reference {reference}"), amount=amount, reference=reference)
        case _:
            amount = _amount(story["order"]["price"], voice)
            return voice.say(N_("Charged {amount}, reference {reference}"), amount=amount, reference=reference)


def _done_once(story: Story, voice: Voice) -> str:
    match _moves(story):
        case "switched":
            return voice.say(N_("The charging system has it; nothing was charged."))
        case "credited":
            return voice.say(N_("Credited once: {amount}."), amount=_amount(story["order"]["credit"], voice))
        case _:
            return voice.say(N_("Charged once: {amount}."), amount=_amount(story["order"]["price"], voice))


def _amount(money: Story | None, voice: Voice) -> str:
    return "-" if money is None else voice.money(Money(**money))


def _local(at: str, zone: tzinfo) -> str:
    return datetime.fromisoformat(at).astimezone(zone).isoformat(sep=" ", timespec="milliseconds")
