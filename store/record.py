"""From effects to what is written: one unit, and what is to be carried out after its commit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import assert_never

from flows.effects import (
    ActivateBundle,
    Effect,
    PushUssd,
    RecordAlert,
    RecordAnswered,
    RecordAsked,
    RecordAudit,
    RecordBehaviourOver,
    RecordBundlesOver,
    RecordConsent,
    RecordDecision,
    RecordDropped,
    RecordFirstYes,
    RecordHelpGiven,
    RecordMarketingContact,
    RecordOffer,
    RecordOffersOver,
    RecordOfferState,
    RecordOrder,
    RecordOrderState,
    RecordOvertaken,
    RecordPointless,
    RecordPreference,
    RecordRefunded,
    RecordSimsOver,
    RecordSimSwapped,
    RecordSubscriptionState,
    RecordTold,
    RecordUnasked,
    RecordYesUndone,
    SendSms,
)
from flows.frozen import dataclass
from store import (
    alerts,
    audit,
    behaviour,
    bundles,
    decisions,
    held_texts,
    imsis,
    offers,
    order_steps,
    orders,
    outgoing,
    push_rows,
    sms_rows,
    subscriptions,
    webhook_rows,
)
from store.outbox import OutboxRow
from store.unit import Gate, Op, Unit
from store.webhook_rows import WebhookRow

_OfOffer = RecordOffer | RecordAsked | RecordUnasked | RecordDropped | RecordYesUndone | RecordOffersOver
_OfText = RecordTold | RecordOvertaken | RecordPointless
_OfPerson = (
    RecordPreference
    | RecordMarketingContact
    | RecordHelpGiven
    | RecordAnswered
    | RecordSubscriptionState
    | RecordSimSwapped
    | RecordBundlesOver
)
Due = OutboxRow | ActivateBundle | WebhookRow
"""What is to be done outside, once it is committed."""


@dataclass(frozen=True, slots=True)
class Written:
    """A unit that holds every effect but consents, and what is due once it is committed.

    consents: for ``ConsentLedger``, which adds them to the unit: a link of a chain is known only when it is its turn.
    """

    unit: Unit
    rows: tuple[Due, ...]
    consents: tuple[RecordConsent, ...] = ()


def write(
    effects: Iterable[Effect],
    always: tuple[Op, ...] = (),
    beside: tuple[Op, ...] = (),
    told: Sequence[WebhookRow] = (),
) -> Written:
    """All effects of one step as one unit.

    A ``RecordAlert``, ``RecordOfferState`` or ``RecordFirstYes`` is the unit's gate: if the threshold was told before,
    or the offer has ended, nothing but ``always`` is written. Further ``RecordAlert`` are told along with the first.
    beside: rows that belong to the step and no flow decides on. told: what the operator's systems hear of it.
    """
    gate: Gate | None = None
    ops: list[Op] = [*beside, *map(webhook_rows.put, told)]
    rows: list[Due] = [*told]
    consents: list[RecordConsent] = []
    for effect in effects:
        match effect:
            case RecordAlert() if gate is not None:
                ops.append(alerts.told_along(effect))
            case RecordAlert() | RecordOfferState() | RecordFirstYes():
                assert gate is None, "a step has one gate"
                gate = _gate(effect)
            case SendSms():
                sms = sms_rows.sms_row(effect)
                ops.append(sms_rows.put(sms))
                if sms.state == "queued":
                    rows.append(sms)
            case PushUssd():
                push = push_rows.push_row(effect)
                ops.append(push_rows.put(push))
                if push.state == "queued":
                    rows.append(push)
            case ActivateBundle():
                rows.append(effect)  # the order is what is to be done: it is written by its own record
            case RecordConsent():
                consents.append(effect)
            case RecordOrder() | RecordOrderState() | RecordRefunded():
                ops += _of_order(effect)
            case RecordSimsOver() | RecordBehaviourOver():
                ops += _forgotten(effect)
            case _:
                ops.append(_record(effect))
    return Written(Unit(ops=tuple(ops), gate=gate, always=always), tuple(rows), tuple(consents))


def _forgotten(effect: RecordSimsOver | RecordBehaviourOver) -> list[Op]:
    match effect:
        case RecordSimsOver():
            return [*imsis.forget_of(effect.subscription, effect.at)]
        case RecordBehaviourOver():
            return behaviour.forget_of(effect.subscription, effect.sources)


def _gate(effect: RecordAlert | RecordOfferState | RecordFirstYes) -> Gate:
    match effect:
        case RecordAlert():
            return alerts.once_per_threshold(effect)
        case RecordOfferState():
            return offers.end_once(effect)
        case RecordFirstYes():
            return offers.first_yes(effect)


def _of_order(effect: RecordOrder | RecordOrderState | RecordRefunded) -> list[Op]:
    """The order as it is from now on, and the step that led there."""
    match effect:
        case RecordOrder():
            return [orders.put(effect.order), *order_steps.begin(effect)]
        case RecordOrderState():
            return [orders.move(effect), order_steps.put(effect)]
        case RecordRefunded():
            return [orders.refunded(effect), order_steps.refunded(effect)]


def _record(effect: _OfPerson | _OfOffer | _OfText | RecordAudit | RecordDecision) -> Op:
    match effect:
        case RecordDecision():
            return decisions.put(effect)
        case RecordOffer() | RecordAsked() | RecordUnasked() | RecordDropped() | RecordYesUndone() | RecordOffersOver():
            return _of_offer(effect)
        case RecordTold():
            return held_texts.withdraw(effect.key, effect.at)
        case RecordPointless() | RecordOvertaken():
            return outgoing.pointless(effect)
        case RecordAudit():
            return audit.note(effect)
        case _:
            return _of_person(effect)


def _of_person(effect: _OfPerson) -> Op:
    match effect:
        case RecordPreference():
            return subscriptions.set_preference(effect)
        case RecordMarketingContact():
            return subscriptions.note_marketing(effect)
        case RecordHelpGiven():
            return subscriptions.note_help(effect)
        case RecordAnswered():
            return subscriptions.note_answer(effect)
        case RecordSubscriptionState():
            return subscriptions.set_state(effect)
        case RecordSimSwapped():
            return subscriptions.note_sim_swap(effect)
        case RecordBundlesOver():
            return bundles.forget_of(effect)
        case _:
            assert_never(effect)


def _of_offer(effect: _OfOffer) -> Op:
    match effect:
        case RecordOffer():
            return offers.put(effect)
        case RecordAsked():
            return offers.ask(effect)
        case RecordUnasked():
            return offers.unask(effect)
        case RecordOffersOver():
            return offers.end_all(effect)
        case RecordDropped():
            return offers.drop(effect)
        case RecordYesUndone():
            return offers.undo_yes(effect)
