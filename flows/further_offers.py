"""MORE: what else a person can buy now, in one text, each with a digit of its own.

The open offer that ``1`` takes stays what it is and heads the list; without one the first of the list becomes it. A
bundle that an open offer has a digit for keeps it, so that an older text still says the truth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from flows import reply_texts
from flows.answering import Texter
from flows.catalogue import Bundle
from flows.effects import Effect, RecordAsked, RecordOffer
from flows.frozen import dataclass
from flows.keywords import ACCEPT_WORD
from flows.records import Offer
from flows.reply_codes import free_codes, of_code
from flows.reply_texts import Listed
from flows.values import Channel, OfferId

MOST_LISTED = 4
"""Beside the one that ``1`` takes."""
REASON = "more"
"""Why the offer was made: the person asked for it."""


@dataclass(frozen=True, slots=True)
class MoreAsked:
    """A person asks what else there is.

    entry: the message's id; offer ids are made from it. offers: theirs from this number, the newest of each code;
    unnamed: of those whose text has not gone yet.
    names: of the offers' bundles. payable: what they may buy and can pay, best first; None where nobody knows.
    """

    texter: Texter
    entry: str
    offers: Sequence[Offer]
    names: Mapping[str, str]
    payable: Sequence[Bundle] | None
    unnamed: Sequence[Offer] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    code: int | None
    name: str
    sold: Offer | Bundle

    def listed(self) -> Listed:
        return Listed(str(self.code or ACCEPT_WORD), self.name, self.sold.price)


def list_more(asked: MoreAsked) -> tuple[Effect, ...]:
    """The list, its offers, and that they were asked about; or why there is none."""
    voice = asked.texter.voice
    if asked.payable is None:
        return (asked.texter.answer(reply_texts.try_later(voice)),)
    standing = of_code(asked.offers, None)
    if standing is not None and not standing.open_at(asked.texter.at):
        standing = None
    further = [one for one in asked.payable if standing is None or one.id != standing.bundle][:MOST_LISTED]
    if not further:
        return (asked.texter.answer(reply_texts.nothing_more(voice)),)
    head = [] if standing is None else [_Line(None, asked.names[standing.bundle], standing)]
    lines = sorted([*head, *_numbered(asked, further, first=standing is None)], key=lambda line: line.code or 0)
    text, fitting = reply_texts.offers_list(voice, [line.listed() for line in lines])
    effects = [_written(asked, line, at) for at, line in enumerate(lines[:fitting])]
    made = tuple(one.id for one in effects if isinstance(one, RecordOffer))
    return (*effects, asked.texter.answer(text, asks=True, names=made))


def _numbered(asked: MoreAsked, further: Sequence[Bundle], *, first: bool) -> Iterator[_Line]:
    """Each bundle with its digit. first: the first of them is what ``1`` takes from now on."""
    known = {
        (offer.bundle, offer.price): offer
        for offer in asked.offers
        if offer.reply_code is not None and offer.open_at(asked.texter.at)
    }
    codes = iter(free_codes((*asked.offers, *asked.unnamed), asked.texter.at))
    for at, bundle in enumerate(further):
        name = bundle.name(asked.texter.voice.language)
        offer = known.get((bundle.id, bundle.price))
        if first and at == 0:
            yield _Line(None, name, bundle)
        elif offer is not None:
            yield _Line(offer.reply_code, name, offer)
        else:
            yield _Line(next(codes), name, bundle)


def _written(asked: MoreAsked, line: _Line, at: int) -> RecordAsked | RecordOffer:
    """The offer of a line. Of those made together the first sorts last, so that it counts as the newest."""
    if isinstance(line.sold, Offer):
        return RecordAsked(line.sold.id, asked.texter.at)
    return RecordOffer(
        id=OfferId(f"off-{asked.entry}{9 - at}"),
        subscription=asked.texter.subscriber.id,
        bundle=line.sold.id,
        price=line.sold.price,
        channel=Channel.SMS,
        sent_from="",
        reason=REASON,
        decision={},
        at=asked.texter.at,
        expires_at=asked.texter.at + timedelta(hours=line.sold.offer_hours),
        reply_code=line.code,
    )
