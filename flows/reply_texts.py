"""What is answered to a person's own text, in their language: each one SMS, but for a long list of bundles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo

from flows import keywords as k
from flows.frozen import dataclass
from flows.keywords import Topic
from flows.texts import Voice
from flows.values import Money, Unit, Wallet
from locales.catalogues import N_
from menus.charset import forces_ucs2, septets, transliterate

ONE_SMS = 160
"""Septets (3GPP TS 23.040 §9.2.3.16)."""
TWO_SMS = 2 * 153
"""Septets of two parts, each with its header."""
_UCS2 = {ONE_SMS: 70, TWO_SMS: 2 * 67}


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a list of offers: what to answer, and what it buys."""

    code: str
    name: str
    price: Money


@dataclass(frozen=True, slots=True)
class Running:
    """One bundle that runs. ends_at: None for never, or not told."""

    name: str
    unit: Unit
    left: int
    ends_at: datetime | None


def offers_list(voice: Voice, listed: Sequence[Listed]) -> tuple[str, int]:
    """As many offers as go into one SMS, one at least, and how many they are."""
    lines = [
        voice.say(N_("{code} = {name} for {price}"), code=one.code, name=one.name, price=voice.money(one.price))
        for one in listed
    ]
    return _as_many_as_fit(lambda some: voice.say(N_("Reply with a number: {list}."), list="; ".join(some)), lines)


def nothing_more(voice: Voice) -> str:
    """Nothing else can be offered."""
    return voice.say(N_("There is nothing else that your balance can pay now. Top up to see more."))


def try_later(voice: Voice) -> str:
    """The charging system did not answer."""
    return voice.say(N_("We cannot tell right now. Please try again later."))


def confirm(voice: Voice, name: str, price: Money, keyword: str) -> str:
    """The second question before a purchase."""
    return voice.say(
        N_("Buy {name} for {price}? Reply {keyword} to confirm."), name=name, price=voice.money(price), keyword=keyword
    )


def almost(voice: Voice, name: str, price: Money, keyword: str) -> str:
    """To what was nearly a yes."""
    return voice.say(
        N_("Do you want to buy {name} for {price}? Reply {keyword}."),
        name=name,
        price=voice.money(price),
        keyword=keyword,
    )


def signed(voice: Voice, operator: str, text: str) -> str:
    """A text behind the name of who sends it, if both go into one SMS. operator: empty for no name."""
    named = voice.say(N_("{operator}: {text}"), operator=operator, text=text)
    return named if operator and _fits(named, ONE_SMS) else text


def who(voice: Voice, contact: str, operator: str = "") -> str:
    """Who sends these texts, what for, how to stop them, where to complain.

    contact: empty for customer care. operator: the name that people know, empty for none.
    """
    return voice.say(
        N_("We are {operator}. We tell you when a bundle ends and offer another. {stop}: no offers. {contact}"),
        operator=operator or voice.say(N_("your mobile operator")),
        stop=_stop(voice, Topic.OFFERS),
        contact=voice.say(N_("Complaints: {contact}."), contact=contact or voice.say(N_("customer care"))),
    )


def balance(voice: Voice, wallet: Wallet, running: Sequence[Running], zone: tzinfo) -> str:
    """What is left of money and bundles, and what is owed; as many bundles as go into two SMS."""
    money = wallet.balance
    lines = [_left(voice, one, zone) for one in running] or [voice.say(N_("No bundle is running"))]
    head = [voice.say(N_("Balance {balance}"), balance=voice.held(money, wallet.debt))] if money else []
    text, _ = _as_many_as_fit(lambda some: f"{'. '.join([*head, *some])}.", lines, TWO_SMS)
    return text


def _left(voice: Voice, one: Running, zone: tzinfo) -> str:
    left = voice.left(one.unit, one.left)
    if one.ends_at is None:
        return voice.say(N_("{name}: {left}"), name=one.name, left=left)
    return voice.say(N_("{name}: {left} until {day}"), name=one.name, left=left, day=voice.day(one.ends_at, zone))


def dial(voice: Voice, code: str) -> str:
    """Where the menu is."""
    return voice.say(N_("Dial {code} for your balance, bundles and offers."), code=code)


def help_(voice: Voice, *, menu: bool, offered: bool) -> str:
    """What can be answered. menu: whether there is one to be dialled. offered: whether a yes would buy something."""
    names = (k.BALANCE_WORDS, k.WHO_WORDS, k.LANGUAGE_WORDS)
    also = [_word(voice, words) for words in names]
    said = {
        "more": _word(voice, k.MORE_WORDS),
        "stop": _stop(voice, Topic.OFFERS),
        "words": ", ".join([*also, "MENU"] if menu else also),
    }
    if not offered:
        return voice.say(N_("Reply {more} for offers, {stop} for no more offers. Also: {words}."), **said)
    return voice.say(
        N_("Reply {accept} to buy the last offer, {more} for others, {stop} for no more offers. Also: {words}."),
        accept=k.ACCEPT_WORD,
        **said,
    )


def which_language(voice: Voice) -> str:
    """The languages, and what to answer."""
    return voice.say(N_("Which language? Reply ES for Spanish, PT for Portuguese, EN for English."))


def stopped(voice: Voice, topic: Topic, *, alerts_stay: bool) -> str:
    """What no longer comes. alerts_stay: the market's law asks for them."""
    if alerts_stay and topic is Topic.ALERTS:
        return voice.say(N_("The law asks us for alerts about your bundles: they go on."))
    if alerts_stay and topic is Topic.ALL:
        return voice.say(
            N_("No more offers for you; {keyword} brings them back. Alerts go on: the law asks for them."),
            keyword=_start(voice, Topic.OFFERS),
        )
    texts = {
        Topic.OFFERS: N_("You will get no more offers. To get them again reply {keyword}."),
        Topic.ALERTS: N_("You will get no more alerts about your bundles. To get them again reply {keyword}."),
        Topic.ALL: N_("You will get no more offers or alerts. To get them again reply {keyword}."),
    }
    return voice.say(texts[topic], keyword=_start(voice, topic))


def started(voice: Voice, topic: Topic) -> str:
    """What comes again."""
    texts = {
        Topic.OFFERS: N_("You will get offers again. Reply {keyword} to stop."),
        Topic.ALERTS: N_("You will get alerts about your bundles again. Reply {keyword} to stop."),
        Topic.ALL: N_("You will get offers and alerts again. Reply {keyword} to stop."),
    }
    return voice.say(texts[topic], keyword=_stop(voice, topic))


def proof_noted(voice: Voice) -> str:
    """A porting code came, and was not kept."""
    return voice.say(
        N_("We have noted that you have your porting code. Keep it: we will ask you for it. We do not store it.")
    )


def _word(voice: Voice, words: dict[str, str]) -> str:
    return words.get(voice.language, words["en"])


def _stop(voice: Voice, topic: Topic) -> str:
    return _with_topic(voice, k.STOP_WORDS, topic)


def _start(voice: Voice, topic: Topic) -> str:
    return _with_topic(voice, k.START_WORDS, topic)


def _with_topic(voice: Voice, words: dict[str, str], topic: Topic) -> str:
    language = voice.language if voice.language in words else "en"
    return f"{words[language]} {k.TOPIC_WORDS[language][topic]}".strip()


def _as_many_as_fit(say: Callable[[Sequence[str]], str], lines: Sequence[str], most: int = ONE_SMS) -> tuple[str, int]:
    """The text with as many lines as go into ``most`` septets, one at least, and how many."""
    for count in range(len(lines), 1, -1):
        text = say(lines[:count])
        if _fits(text, most):
            return text, count
    return say(lines[:1]), 1


def _fits(text: str, most: int) -> bool:
    if forces_ucs2(text):
        return len(text.encode("utf-16-be")) // 2 <= _UCS2[most]
    return septets(transliterate(text)) <= most
