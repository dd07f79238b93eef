"""One text from a subscriber: from what it means and what is known to what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from flows import enquiries, further_offers, porting_proof, preferences
from flows.answering import Texter, capped
from flows.catalogue import Bundle
from flows.effects import (
    ActivateBundle,
    Effect,
    RecordAsked,
    RecordDropped,
    RecordOffer,
    RecordUnasked,
    RecordYesUndone,
    SendSms,
)
from flows.enquiries import Desk
from flows.frozen import dataclass
from flows.further_offers import MoreAsked
from flows.keywords import ACCEPT_WORD, YES_WORDS, Intent, Meaning
from flows.market import MarketRules
from flows.offer import OfferAnswered, OfferFlow
from flows.porting_proof import ProofTexted
from flows.records import Answer, Offer
from flows.reply_codes import address, dropped, in_question, unasked
from flows.spelling import words
from flows.values import Channel, OrderKey, Wallet

TOO_MANY = "too_many"
"""The outcome of a text whose answer was left out."""
PROOF = "porting_proof"


@dataclass(frozen=True, slots=True)
class TextFacts:
    """A text and all that is known when it is dealt with.

    entry: the message's id. offers: made to this person from the number that was texted to, the newest of each code.
    unnamed: those that no text has named, likewise. elsewhere: the newest open one of these, where there are no others.
    order_states, names: of these offers' orders and bundles, and of the bundles in ``wallet``.
    wallet, payable: asked for only by those who need them; None also where the charging system did not tell.
    proof: if it looks like a porting code. before: what the same person texted a moment ago, empty for nothing.
    """

    texter: Texter
    text: str
    entry: str
    meaning: Meaning
    rules: MarketRules
    desk: Desk
    offers: Sequence[Offer] = ()
    unnamed: Sequence[Offer] = ()
    elsewhere: Offer | None = None
    order_states: Mapping[OrderKey, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    wallet: Wallet | None = None
    payable: Sequence[Bundle] | None = None
    proof: ProofTexted | None = None
    before: str = ""


@dataclass(frozen=True, slots=True)
class Dealt:
    """What follows from a text, and in one word how it was taken. offer: the one that an answer was to."""

    outcome: str
    effects: tuple[Effect, ...]
    offer: Offer | None = None


def deal_with(facts: TextFacts, machine: OfferFlow) -> Dealt:
    """What a text leads to. No more answers than may be."""
    at = facts.texter.at
    addressed = address(facts.meaning, facts.offers, at)
    meaning, offer = addressed.meaning, addressed.offer
    outcome = meaning.intent.value
    if meaning.intent in (Intent.ACCEPT, Intent.DECLINE) and offer is not None:
        fact = _answered(facts, offer, outdated=addressed.outdated)
        effects = machine.step(offer.state, outcome, offer=offer, fact=fact).effects
    elif facts.proof is not None and facts.proof.awaited:
        outcome, effects = PROOF, _undoing_yes(facts, porting_proof.note(facts.proof))
    else:
        effects = _undoing_yes(facts, _wish(facts, meaning, offer))
    ended = tuple(one.id for one in dropped(meaning, facts.offers, at))
    effects = (*(RecordDropped(one, at) for one in ended), *effects)
    kept, silenced = capped(effects, facts.texter.subscriber, at)
    return Dealt(TOO_MANY if silenced else outcome, (*kept, *_unasking(facts, kept, offer)), offer)


def _wish(facts: TextFacts, meaning: Meaning, offer: Offer | None) -> tuple[Effect, ...]:
    """What is not an answer to an offer that we made."""
    texter = facts.texter
    match meaning.intent:
        case Intent.STOP:
            return preferences.stop(texter, meaning.topic, alerts_mandatory=facts.rules.alerts.mandatory)
        case Intent.START:
            return preferences.start(texter, meaning.topic)
        case Intent.LANGUAGE:
            return preferences.speak(texter, meaning.language)
        case Intent.MORE:
            return further_offers.list_more(
                MoreAsked(texter, facts.entry, facts.offers, facts.names, facts.payable, facts.unnamed)
            )
        case Intent.ACCEPT if facts.elsewhere is not None:
            return (texter.answer(_in_menu(facts, facts.elsewhere)),)
        case Intent.ACCEPT | Intent.DECLINE:
            return (texter.answer(texter.voice.no_offer()),)
        case Intent.ALMOST:
            name = facts.names[offer.bundle] if offer else ""
            return enquiries.almost_yes(texter, facts.desk, offer, name, _keyword(facts))
        case _:
            return _enquiry(facts, meaning.intent)


def _enquiry(facts: TextFacts, intent: Intent) -> tuple[Effect, ...]:
    """What changes nothing."""
    texter, desk = facts.texter, facts.desk
    bought = address(Meaning(Intent.ACCEPT), facts.offers, texter.at).offer
    offered = bought is not None and bought.open_at(texter.at)
    match intent:
        case Intent.ASK_LANGUAGE:
            return enquiries.which_language(texter)
        case Intent.BALANCE:
            return enquiries.balance(texter, desk, facts.wallet, facts.names)
        case Intent.MENU:
            return enquiries.menu(texter, desk, offered=offered)
        case Intent.WHO:
            return enquiries.who(texter, desk)
        case Intent.HELP:
            return enquiries.help_asked(texter, desk, offered=offered)
        case _:
            return enquiries.not_understood(texter, desk, offered=offered)


def _in_menu(facts: TextFacts, offer: Offer) -> str:
    """A yes to an offer that no text has named: nobody buys unseen."""
    return facts.texter.voice.offer_in_menu(facts.names[offer.bundle], offer.price)


def _answered(facts: TextFacts, offer: Offer, *, outdated: bool) -> OfferAnswered:
    confirmation = facts.rules.sms_confirmation
    return OfferAnswered(
        at=facts.texter.at,
        channel=Channel.SMS,
        subscriber=facts.texter.subscriber,
        beneficiary=facts.texter.subscriber.msisdn,
        voice=facts.texter.voice,
        name=facts.names[offer.bundle],
        source=facts.texter.source,
        reply_key=facts.texter.reply_key,
        order_state=facts.order_states.get(offer.order) if offer.order else None,
        confirm_above=confirmation.above if confirmation else None,
        keyword=_other_yes(facts),
        same_again=words(facts.before) == words(facts.text),
        outdated=outdated,
        answer=Answer(facts.entry, said=facts.text),
    )


def _other_yes(facts: TextFacts) -> str:
    """Another yes than the one that was said: the same again says nothing new."""
    said = words(facts.text)
    if said and said[0].isdigit():
        return YES_WORDS.get(facts.texter.voice.language, YES_WORDS["en"])
    return ACCEPT_WORD


def _keyword(facts: TextFacts) -> str:
    """What buys the offer that a yes would be to now."""
    asked = in_question(facts.offers, facts.texter.at)
    return ACCEPT_WORD if asked is None else _other_yes(facts)


def _unasking(facts: TextFacts, effects: Sequence[Effect], answered: Offer | None) -> Iterator[RecordUnasked]:
    """Whoever is told something that names no digits has no list any more as the latest text."""
    names_digits = any(isinstance(one, RecordAsked | RecordOffer) for one in effects)
    ended = {answered.id if answered else None, *(one.id for one in effects if isinstance(one, RecordDropped))}
    if names_digits or not any(isinstance(one, SendSms | ActivateBundle) for one in effects):
        return
    yield from (RecordUnasked(one.id) for one in unasked(facts.offers, facts.texter.at) if one.id not in ended)


def _undoing_yes(facts: TextFacts, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """Whoever says something else between two yeses has not said the second. What is asked anew needs no undoing."""
    asked = in_question(facts.offers, facts.texter.at)
    if asked is None or asked.state != "open" or any(isinstance(one, RecordAsked) for one in effects):
        return effects
    return (*effects, RecordYesUndone(asked.id))
