"""What a menu's commands lead to: the one place where pages and flows meet.

A menu says *which* command an answer gives; what it does is decided here, by the same flows that serve SMS and app.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime

from flows import behaviour, care, porting, preferences
from flows.behaviour import Source, SourceAnswered
from flows.care import Called, CareAsked
from flows.catalogue import Bundle
from flows.direct_sale import Bought, buy
from flows.effects import Effect, RecordTold
from flows.frozen import dataclass
from flows.offer import OfferAnswered, OfferFlow, order_key
from flows.porting import ConsentAnswered
from flows.records import Answer, Offer, Subscriber
from flows.session import Session
from flows.texts import Voice
from flows.values import Channel, Msisdn, OrderKey, parse_msisdn
from menus.values import Command

NOT_TOLD = "-"
"""Stands for a balance that the charging system did not tell, or not yet."""


@dataclass(frozen=True, slots=True)
class CommandGiven:
    """An answer that asks for something, and all that is known when it does.

    prompt, reply: the screen that was answered, as it was shown, and what was typed.
    key: identifies the turn; the same turn again has the same key. session_id: the network's.
    bundle: what is to be bought, if it is on sale for this person, at what it costs them; standing: the offer that says
    so, None where it is the list's price. offer: their newest open offer.
    name: of the offered bundle, in their language. consent_in_force: to number porting.
    source_said: the newest word about the source of behaviour that the command names, None for never asked.
    services: what the charging system can do beside selling a bundle. source: the service number.
    day: the market's; so_far: what was asked of others on it, of the kind that the command asks for.
    called: whoever has the number that the command names.
    """

    at: datetime
    command: Command
    subscriber: Subscriber
    voice: Voice
    session: Session
    session_id: str
    prompt: str
    reply: str
    key: str
    market: str
    bundle: Bundle | None = None
    standing: Offer | None = None
    offer: Offer | None = None
    name: str = ""
    consent_in_force: bool = False
    source_said: str | None = None
    services: frozenset[str] = frozenset()
    source: str = ""
    day: date = date.min
    so_far: int = 0
    called: Called | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """What follows. outcome: the word that the menu goes on by; awaits: the order whose result decides that word.

    lost: the word where another channel was quicker.
    """

    outcome: str
    effects: tuple[Effect, ...]
    session: Session
    subscriber: Subscriber
    awaits: OrderKey | None = None
    lost: str = "gone"


def carry_out(given: CommandGiven, offers: OfferFlow) -> Carried:
    """What a command leads to. Raises KeyError for one that no flow knows: menus are checked before they are served."""
    return _COMMANDS[given.command.name](given, offers)


def _buy(given: CommandGiven, offers: OfferFlow) -> Carried:
    return _sold(given, offers, given.subscriber.msisdn)


def _gift(given: CommandGiven, offers: OfferFlow) -> Carried:
    number = parse_msisdn(given.command.args["number"])
    if number is None or "gift" not in given.services:
        return _nothing_done(given, "refused")
    if number == given.subscriber.msisdn:
        return _nothing_done(given, "self")
    return _sold(given, offers, number)


def _sold(given: CommandGiven, offers: OfferFlow, beneficiary: Msisdn) -> Carried:
    """A purchase at the list's price makes an offer of its own; one at the person's own price takes the offer of it."""
    if given.bundle is None:
        return _nothing_done(given, "refused")
    shown = given.session.place.chosen.get("bundle")
    if given.bundle.id != shown or given.bundle.price.amount != given.session.price:  # not what the person said yes to
        return _nothing_done(given, "refused")
    name = given.bundle.name(given.voice.language)
    if given.standing is not None:
        fact = replace(_answered(given), beneficiary=beneficiary, name=name)
        step = offers.step(given.standing.state, "accept", offer=given.standing, fact=fact)
        if given.standing.state != "open" or step.state != "accepted":
            return _nothing_done(given, "refused")
        return replace(_started(given, name, given.standing, step.effects), lost="refused")
    sale = Bought(given.at, given.subscriber, given.bundle, given.key, Channel.USSD, beneficiary, _said(given))
    return _started(given, name, sale.offer, buy(sale))


def _not_yet(given: CommandGiven, offers: OfferFlow) -> Carried:
    """No charging system that we speak to can do it: nothing is asked of it and nothing is charged."""
    return _nothing_done(given, "unavailable")


def _accept(given: CommandGiven, offers: OfferFlow) -> Carried:
    if given.offer is None or given.offer.state != "open":
        return _nothing_done(given, "gone")
    step = offers.step(given.offer.state, "accept", offer=given.offer, fact=_answered(given))
    effects = (*step.effects, *_told(given))
    if step.state != "accepted":
        return replace(_nothing_done(given, "gone"), effects=effects)
    return _started(given, given.name, given.offer, effects)


def _decline(given: CommandGiven, offers: OfferFlow) -> Carried:
    if given.offer is None or given.offer.state != "open":
        return _nothing_done(given, "gone")
    step = offers.step(given.offer.state, "decline", offer=given.offer, fact=_answered(given))
    return replace(_nothing_done(given, "done"), effects=(*step.effects, *_told(given)))


def _told(given: CommandGiven) -> tuple[Effect, ...]:
    """Whoever answers a screen that the network showed has seen it: the text behind it need not go."""
    pushed = given.session.pushed
    return (RecordTold(pushed.fallback, given.at),) if pushed else ()


def _set_language(given: CommandGiven, offers: OfferFlow) -> Carried:
    return _preferred(given, "language", given.command.args["language"])


def _set_alerts(given: CommandGiven, offers: OfferFlow) -> Carried:
    return _preferred(given, "alerts", given.command.args["value"] == "on")


def _set_marketing(given: CommandGiven, offers: OfferFlow) -> Carried:
    return _preferred(given, "marketing", given.command.args["value"] == "on")


def _set_out_of_bundle(given: CommandGiven, offers: OfferFlow) -> Carried:
    return _preferred(given, "out_of_bundle", given.command.args["value"] == "on")


def _set_source(given: CommandGiven, offers: OfferFlow) -> Carried:
    answered = SourceAnswered(
        at=given.at,
        subscriber=given.subscriber,
        source=Source(given.command.args["source"]),
        keep=given.command.args["value"] == "on",
        prompt=given.prompt,
        reply=given.reply,
        language=given.subscriber.language,
        menu=given.session.menu,
        menu_version=given.session.version,
        channel=Channel.USSD,
        session=given.session_id,
        jurisdiction=given.market,
        latest=given.source_said,
        record_id=f"con-{given.key}",
    )
    return Carried("done", behaviour.answer(answered), given.session, given.subscriber)


def _report(given: CommandGiven, offers: OfferFlow) -> Carried:
    asked = _care(given)
    if asked.too_many:
        return _nothing_done(given, "too_many")
    session = replace(given.session, purchase={"reference": care.reference(given.key)})
    return Carried("done", care.report(asked, given.command.args["kind"], given.voice), session, given.subscriber)


def _call_me(given: CommandGiven, offers: OfferFlow) -> Carried:
    asked = _care(given)
    if given.called is None or given.called.msisdn == given.subscriber.msisdn:
        return _nothing_done(given, "self")
    if asked.too_many:
        return _nothing_done(given, "too_many")
    return Carried("done", care.ask_for_call(asked, given.called), given.session, given.subscriber)


def _agree(given: CommandGiven, offers: OfferFlow) -> Carried:
    outcome = porting.agree(_consent(given))
    session = replace(given.session, agreed=((given.prompt, given.reply),))
    return Carried(outcome.word, outcome.effects, session, given.subscriber)


def _confirm(given: CommandGiven, offers: OfferFlow) -> Carried:
    outcome = porting.confirm(_consent(given))
    return Carried(outcome.word, outcome.effects, replace(given.session, agreed=()), given.subscriber)


def _withdraw(given: CommandGiven, offers: OfferFlow) -> Carried:
    outcome = porting.withdraw(_consent(replace(given, session=replace(given.session, agreed=()))))
    return Carried(outcome.word, outcome.effects, replace(given.session, agreed=()), given.subscriber)


_COMMANDS: Mapping[str, Callable[[CommandGiven, OfferFlow], Carried]] = {
    "buy": _buy,
    "gift": _gift,
    "top_up": _not_yet,
    "take_advance": _not_yet,
    "fit_combo": _not_yet,
    "accept_offer": _accept,
    "decline_offer": _decline,
    "set_language": _set_language,
    "set_alerts": _set_alerts,
    "set_marketing": _set_marketing,
    "set_out_of_bundle": _set_out_of_bundle,
    "set_source": _set_source,
    "report_problem": _report,
    "call_me": _call_me,
    "consent_agree": _agree,
    "consent_confirm": _confirm,
    "consent_withdraw": _withdraw,
}


def _started(given: CommandGiven, name: str, offer: Offer, effects: tuple[Effect, ...]) -> Carried:
    purchase = {"name": name, "price": given.voice.money(offer.price), "balance": NOT_TOLD}
    return Carried("started", effects, replace(given.session, purchase=purchase), given.subscriber, order_key(offer))


def _nothing_done(given: CommandGiven, outcome: str) -> Carried:
    return Carried(outcome, (), given.session, given.subscriber)


def _preferred(given: CommandGiven, name: str, value: str | bool) -> Carried:
    effects = preferences.change(given.subscriber, given.at, "ussd", name, value=value)
    subscriber = replace(given.subscriber, **{name: value})  # type: ignore[arg-type]
    return Carried("done", effects, given.session, subscriber)


def _care(given: CommandGiven) -> CareAsked:
    return CareAsked(given.at, given.subscriber, given.key, given.day, given.so_far, given.source)


def _answered(given: CommandGiven) -> OfferAnswered:
    return OfferAnswered(
        at=given.at,
        channel=Channel.USSD,
        subscriber=given.subscriber,
        beneficiary=given.subscriber.msisdn,
        voice=given.voice,
        name=given.name,
        source="",
        reply_key=f"ussd:{given.key}",
        answer=_said(given),
    )


def _said(given: CommandGiven) -> Answer:
    return Answer(given.key, session=given.session_id, shown=given.prompt, said=given.reply)


def _consent(given: CommandGiven) -> ConsentAnswered:
    answered = (*given.session.agreed, (given.prompt, given.reply))
    return ConsentAnswered(
        at=given.at,
        subscriber=given.subscriber,
        language=given.subscriber.language,
        prompts=tuple(prompt for prompt, _ in answered),
        replies=tuple(reply for _, reply in answered),
        menu=given.session.menu,
        menu_version=given.session.version,
        channel=Channel.USSD,
        session=given.session_id,
        jurisdiction=given.market,
        in_force=given.consent_in_force,
        record_id=f"con-{given.key}",
    )
