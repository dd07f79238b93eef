"""What a menu's commands lead to: the one place where pages and flows meet.

A menu says *which* command an answer gives; what it does is decided here, by the same flows that serve SMS and app.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from flows import behaviour, care, porting, preferences, service_commands
from flows.behaviour import Source, SourceAnswered
from flows.care import CareAsked
from flows.commands import NOT_TOLD, Carried, CommandGiven, nothing_done, said, started
from flows.direct_sale import Bought, buy
from flows.effects import Effect, RecordTold
from flows.offer import OfferAnswered, OfferFlow, order_key
from flows.porting import ConsentAnswered
from flows.records import Offer
from flows.values import Channel, Msisdn, parse_msisdn


def carry_out(given: CommandGiven, offers: OfferFlow) -> Carried:
    """What a command leads to. Raises KeyError for one that no flow knows: menus are checked before they are served."""
    return _COMMANDS[given.command.name](given, offers)


def _buy(given: CommandGiven, offers: OfferFlow) -> Carried:
    return _sold(given, offers, given.subscriber.msisdn)


def _gift(given: CommandGiven, offers: OfferFlow) -> Carried:
    number = parse_msisdn(given.command.args["number"])
    if number is None or "gift" not in given.services:
        return nothing_done(given, "refused")
    if number == given.subscriber.msisdn:
        return nothing_done(given, "self")
    return _sold(given, offers, number)


def _sold(given: CommandGiven, offers: OfferFlow, beneficiary: Msisdn) -> Carried:
    """A purchase at the list's price makes an offer of its own; one at the person's own price takes the offer of it."""
    if given.bundle is None:
        return nothing_done(given, "refused")
    shown = given.session.place.chosen.get("bundle")
    if given.bundle.id != shown or given.bundle.price.amount != given.session.price:  # not what the person said yes to
        return nothing_done(given, "refused")
    name = given.bundle.name(given.voice.language)
    if given.standing is not None:
        fact = replace(_answered(given), beneficiary=beneficiary, name=name)
        step = offers.step(given.standing.state, "accept", offer=given.standing, fact=fact)
        if given.standing.state != "open" or step.state != "accepted":
            return nothing_done(given, "refused")
        return replace(_started(given, name, given.standing, step.effects), lost="refused")
    sale = Bought(given.at, given.subscriber, given.bundle, given.key, Channel.USSD, beneficiary, said(given))
    return _started(given, name, sale.offer, buy(sale))


def _not_yet(given: CommandGiven, offers: OfferFlow) -> Carried:
    """No charging system that we speak to can do it: nothing is asked of it and nothing is charged."""
    return nothing_done(given, "unavailable")


def _accept(given: CommandGiven, offers: OfferFlow) -> Carried:
    if given.offer is None or given.offer.state != "open":
        return nothing_done(given, "gone")
    step = offers.step(given.offer.state, "accept", offer=given.offer, fact=_answered(given))
    effects = (*step.effects, *_told(given))
    if step.state != "accepted":
        return replace(nothing_done(given, "gone"), effects=effects)
    return _started(given, given.name, given.offer, effects)


def _decline(given: CommandGiven, offers: OfferFlow) -> Carried:
    if given.offer is None or given.offer.state != "open":
        return nothing_done(given, "gone")
    step = offers.step(given.offer.state, "decline", offer=given.offer, fact=_answered(given))
    return replace(nothing_done(given, "done"), effects=(*step.effects, *_told(given)))


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
    return service_commands.set_out_of_bundle(given)


def _top_up(given: CommandGiven, offers: OfferFlow) -> Carried:
    return service_commands.top_up(given)


def _take_advance(given: CommandGiven, offers: OfferFlow) -> Carried:
    return service_commands.take_advance(given)


def _transfer(given: CommandGiven, offers: OfferFlow) -> Carried:
    return service_commands.transfer(given)


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
        return nothing_done(given, "too_many")
    session = replace(given.session, purchase={"reference": care.reference(given.key)})
    return Carried("done", care.report(asked, given.command.args["kind"], given.voice), session, given.subscriber)


def _call_me(given: CommandGiven, offers: OfferFlow) -> Carried:
    asked = _care(given)
    if given.called is None or given.called.msisdn == given.subscriber.msisdn:
        return nothing_done(given, "self")
    if asked.too_many:
        return nothing_done(given, "too_many")
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
    "top_up": _top_up,
    "take_advance": _take_advance,
    "transfer": _transfer,
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
    return started(given, purchase, effects, order_key(offer))


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
        answer=said(given),
    )


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
