"""What a person asks by text: who is this, what is left, where is the menu, what can be answered.

None of it changes anything. What nobody understands is answered with help once a day, so that two machines never talk
for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta, tzinfo

from flows import reply_texts
from flows.answering import Texter
from flows.effects import Effect, RecordHelpGiven, SendSms
from flows.frozen import dataclass
from flows.records import Offer
from flows.reply_texts import Running
from flows.values import Bucket, Wallet

HELP_EVERY = timedelta(hours=24)
"""Help for a text that nobody understands comes once in this time, so that two machines never talk forever."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the answers are made of that is not the person's own.

    service_code: what is dialled for the menu, empty for none. complaints: where to complain, empty for customer care.
    zone: of the days that are told.
    """

    zone: tzinfo
    service_code: str = ""
    complaints: str = ""


def who(texter: Texter, desk: Desk) -> tuple[Effect, ...]:
    """Who sends, what for, how to stop, where to complain."""
    return (texter.answer(reply_texts.who(texter.voice, desk.complaints, texter.operator)),)


def balance(texter: Texter, desk: Desk, wallet: Wallet | None, names: Mapping[str, str]) -> tuple[Effect, ...]:
    """Money and bundles. wallet: None where the charging system did not tell in time. names: of products."""
    if wallet is None:
        return (texter.answer(reply_texts.try_later(texter.voice)),)
    running = sorted((one for one in wallet.buckets if one.runs_at(texter.at)), key=_end)
    lines = [Running(_name(texter, one, names), one.unit, one.remaining, one.expires_at) for one in running]
    return (texter.answer(reply_texts.balance(texter.voice, wallet, lines, desk.zone)),)


def menu(texter: Texter, desk: Desk, *, offered: bool) -> tuple[Effect, ...]:
    """The code to dial, or help where there is none. offered: whether a yes would buy something."""
    if not desk.service_code:
        return help_asked(texter, desk, offered=offered)
    return (texter.answer(reply_texts.dial(texter.voice, desk.service_code)),)


def which_language(texter: Texter) -> tuple[Effect, ...]:
    """Which one, and how to say so."""
    return (texter.answer(reply_texts.which_language(texter.voice), asks=True),)


def help_asked(texter: Texter, desk: Desk, *, offered: bool) -> tuple[Effect, ...]:
    """Whoever asks for help always gets it. offered: whether a yes would buy something."""
    return (_help(texter, desk, offered=offered),)


def not_understood(texter: Texter, desk: Desk, *, offered: bool) -> tuple[Effect, ...]:
    """Help, once a day. offered: whether a yes would buy something."""
    last = texter.subscriber.help_at
    if last is not None and texter.at - last < HELP_EVERY:
        return ()
    return (RecordHelpGiven(subscription=texter.subscriber.id, at=texter.at), _help(texter, desk, offered=offered))


def almost_yes(texter: Texter, desk: Desk, offer: Offer | None, name: str, keyword: str) -> tuple[Effect, ...]:
    """What was nearly a yes to an open offer is asked about each time; without one it is not understood.

    Somebody wants to buy and is not to meet with silence; the answers in an hour have their bound.
    """
    if offer is None or not offer.open_at(texter.at):
        return not_understood(texter, desk, offered=False)
    return (texter.answer(reply_texts.almost(texter.voice, name, offer.price, keyword), asks=True),)


def _help(texter: Texter, desk: Desk, *, offered: bool) -> SendSms:
    text = reply_texts.help_(texter.voice, menu=bool(desk.service_code), offered=offered)
    return texter.answer(reply_texts.signed(texter.voice, texter.operator, text))


def _name(texter: Texter, bucket: Bucket, names: Mapping[str, str]) -> str:
    """As it is sold, else by what it gives: the charging system's own name is in nobody's language."""
    word = texter.voice.bundle_word(bucket.unit)
    return names.get(bucket.name) or f"{word[:1].upper()}{word[1:]}"


def _end(bucket: Bucket) -> tuple[bool, float]:
    """Whatever ends first comes first."""
    return bucket.expires_at is None, bucket.expires_at.timestamp() if bucket.expires_at else 0.0
