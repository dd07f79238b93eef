"""More offers: what can be paid, each with a digit, none made that is not named."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from fakes import ANAS, NUMBER, TUESDAY, ana, offer
from flows.answering import Texter
from flows.catalogue import load_starter
from flows.effects import Effect, RecordAsked, RecordOffer, SendSms
from flows.further_offers import MoreAsked, list_more
from flows.records import Offer
from flows.texts import Voice
from flows.values import Channel, OfferId
from locales.catalogues import load_catalogues

CATALOGUE = load_starter("co")
NAMES: dict[str, str] = {bundle.id: bundle.name("es") for bundle in CATALOGUE.bundles}
TEXTER = Texter(TUESDAY, ana(), Voice(load_catalogues(), "es"), NUMBER, "reply:1")


def asked(*bundles: str, offers: tuple[Offer, ...] = (), at_hours: float = 0) -> tuple[Effect, ...]:
    """What follows when these can be paid, the best first."""
    payable = [sold for name in bundles if (sold := CATALOGUE.get(name))]
    texter = Texter(TUESDAY + timedelta(hours=at_hours), ana(), TEXTER.voice, NUMBER, "reply:1")
    return list_more(MoreAsked(texter, "E1", offers, NAMES, payable))


def told(effects: tuple[Effect, ...]) -> SendSms:
    """The one text."""
    (text,) = [one for one in effects if isinstance(one, SendSms)]
    return text


def test_the_open_offer_heads_the_list_and_keeps_its_one() -> None:
    """It is asked about again, and the others are new offers with digits."""
    again, second, third, text = asked("data-200mb-1d", "data-1gb-7d", "data-500mb-3d", offers=(offer(),))
    assert again == RecordAsked(OfferId("off-1"), TUESDAY)
    assert isinstance(second, RecordOffer)
    assert isinstance(third, RecordOffer)
    assert [(one.bundle, one.reply_code) for one in (second, third)] == [("data-200mb-1d", 2), ("data-500mb-3d", 3)]
    assert (second.subscription, second.sent_from, second.channel) == (ANAS, "", Channel.SMS)
    assert second.expires_at == TUESDAY + timedelta(hours=24)
    assert second.id > third.id
    assert isinstance(text, SendSms)
    assert text.asks
    assert text.names == (second.id, third.id)
    assert text.text == (
        "Responde un número: 1 = 1 GB por 7 días por $3.000; 2 = 200 MB por 24 horas por $1.000; "
        "3 = 500 MB por 3 días por $2.000."
    )


def test_an_offer_that_is_over_heads_nothing() -> None:
    """The first of the list becomes what one takes."""
    for gone in (offer(state="accepted"), offer(state="declined"), offer(expires_at=TUESDAY)):
        first, text = asked("data-200mb-1d", offers=(gone,))
        assert isinstance(first, RecordOffer)
        assert first.reply_code is None
        assert "1 = 200 MB" in told((text,)).text


def test_a_bundle_keeps_its_digit_while_its_offer_is_open() -> None:
    """So that an older text still says the truth; at another price it is another offer."""
    open_offer = CATALOGUE.get("data-500mb-3d")
    assert open_offer is not None
    known = offer(id=OfferId("off-2"), bundle=open_offer.id, price=open_offer.price, reply_code=3)
    _, two, three, _ = asked("data-500mb-3d", "data-200mb-1d", offers=(offer(), known))
    assert isinstance(two, RecordOffer)
    assert (two.bundle, two.reply_code, three) == ("data-200mb-1d", 2, RecordAsked(known.id, TUESDAY))
    dearer = offer(id=OfferId("off-2"), bundle=open_offer.id, reply_code=3)
    _, other, _ = asked("data-500mb-3d", offers=(offer(), dearer))
    assert isinstance(other, RecordOffer)
    assert (other.bundle, other.reply_code) == ("data-500mb-3d", 2)


def test_nothing_is_offered_where_nothing_can_be_paid_or_nobody_knows() -> None:
    """One text says which."""
    assert told(asked("data-1gb-7d", offers=(offer(),))).text.startswith("Tu saldo no alcanza")
    assert told(asked()).text.startswith("Tu saldo no alcanza")
    assert told(list_more(MoreAsked(TEXTER, "E1", (), NAMES, None))).text.startswith("Ahora no lo sabemos")


@given(st.permutations([bundle.id for bundle in CATALOGUE.bundles]), st.booleans(), st.integers(0, 8))
def test_whatever_can_be_paid_every_offer_made_is_named(order: list[str], standing: bool, many: int) -> None:
    """With its digit, and no digit twice."""
    effects = asked(*order[:many], offers=(offer(),) if standing else ())
    made = [one for one in effects if isinstance(one, RecordOffer)]
    text = told(effects).text
    assert all(f"{one.reply_code or 1} = {NAMES[one.bundle]} por" in text for one in made)
    assert len({one.reply_code for one in made}) == len(made)
    assert text.count(" = ") == len(made) + len([one for one in effects if isinstance(one, RecordAsked)])
