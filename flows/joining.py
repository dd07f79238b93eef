"""Several alerts to one person at once are one message: what each says, one after another, and one offer at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flows.alert import Alerted
from flows.effects import Effect, PushUssd, RecordOffer, SendSms


def leading(alerted: Sequence[Alerted]) -> int | None:
    """Which of these the message is made of: the first that has an offer, else the first that tells; None if none."""
    telling = [which for which, one in enumerate(alerted) if one.effects]
    with_offer = (which for which in telling if _has_offer(alerted[which]))
    return next(with_offer, next(iter(telling), None))


def joined(alerted: Sequence[Alerted], lead: int) -> tuple[Effect, ...]:
    """What ``lead`` leads to, with the others' alerts told after its own; their offers and records are left out."""
    others = [one for which, one in enumerate(alerted) if which != lead and one.effects]
    alone = next(_alert_of(effect) for effect in alerted[lead].effects if isinstance(effect, SendSms))
    more = " ".join(_alert_of(effect) for one in others for effect in one.effects if isinstance(effect, SendSms))
    if not others:
        return alerted[lead].effects
    texts = [effect for one in others for effect in one.effects if isinstance(effect, SendSms)]
    return tuple(_along(_with(effect, alone, f"{alone} {more}"), texts) for effect in alerted[lead].effects)


def _along(effect: Effect, texts: Sequence[SendSms]) -> Effect:
    """With what these say: it holds as long as all of them do."""
    if not isinstance(effect, SendSms | PushUssd):
        return effect
    said = effect.claims + tuple(claim for one in texts for claim in one.claims if claim not in effect.claims)
    if isinstance(effect, PushUssd):
        return replace(effect, claims=said)
    until = min((one.true_until for one in (effect, *texts) if one.true_until is not None), default=None)
    later = " ".join(dict.fromkeys(one.later_text for one in (effect, *texts) if one.later_text))
    return replace(effect, claims=said, true_until=until, later_text=later)


def _with(effect: Effect, alone: str, all_told: str) -> Effect:
    match effect:
        case SendSms():
            again = all_told if effect.repeat_text else ""
            return replace(effect, text=all_told + effect.text.removeprefix(alone), repeat_text=again)
        case PushUssd():
            return replace(effect, notice=all_told + effect.notice.removeprefix(alone))
        case _:
            return effect


def _has_offer(alerted: Alerted) -> bool:
    return any(isinstance(effect, RecordOffer) for effect in alerted.effects)


def _alert_of(sms: SendSms) -> str:
    """What it says without its offer."""
    return sms.repeat_text or sms.text
