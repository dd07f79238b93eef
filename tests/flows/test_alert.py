"""From a bundle that ends to the words that say so, with an offer where one is wanted, allowed and payable."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fakes import ANA, NUMBER, TUESDAY, ana
from flows.alert import OLDEST_EVENT, Alerted, AlertFacts, Forecast, decide, others_lasting, threshold_key
from flows.catalogue import load_starter
from flows.channel_choice import Chosen
from flows.contact_policy import ContactSwitches
from flows.effects import PushUssd, RecordAlert, RecordMarketingContact, RecordOffer, SendSms
from flows.events import BundleChange, BundleReported
from flows.keywords import STOP_WORDS
from flows.market import load_market, market_codes
from flows.texts import Voice
from flows.usable import Place, pool_of
from flows.values import Bucket, Channel, Money, OfferId, Purpose, Unit, Wallet
from locales.catalogues import load_catalogues
from menus.charset import forces_ucs2, septets, transliterate

CATALOGUES = load_catalogues()
STARTERS = {code: load_starter(code) for code in ("br", "co", "gh", "in", "mx", "za")}
GIGABYTE = next(bundle for bundle in STARTERS["co"].bundles if bundle.id == "data-1gb-7d")
MB = 1024 * 1024
BUCKET = Bucket("b-77", Unit.BYTE, 92 * MB, 1024 * MB, TUESDAY + timedelta(days=3))
EVENT = BundleReported(BundleChange.DEPLETING, BUCKET, product="data-1gb-7d", threshold=0.1)
RICH = Wallet(Money(1_000_000, "COP"))
LANGUAGES = ("es", "pt_BR", "en")
QUIET_NIGHT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
ONE_SMS = 160


def facts(**changes: object) -> AlertFacts:
    """Ana's gigabyte is nearly used up on a Tuesday morning, she can pay for another one, and all is allowed."""
    known = AlertFacts(
        at=TUESDAY,
        happened_at=TUESDAY,
        subscriber=ana(),
        event=EVENT,
        wallet=RICH,
        forecast=Forecast(3.0, 5.0, 9.0),
        others_last_hours=0.0,
        best=GIGABYTE,
        on_sale=True,
        decision={"p50_hours": 5.0},
        bundle_name=GIGABYTE.name("es"),
        voice=Voice(CATALOGUES, "es"),
        rules=load_market("co").at(TUESDAY.date()),
        switches=ContactSwitches(),
        source=NUMBER,
        two_way=True,
        offer_id=OfferId("off-1"),
        key="alert:1",
    )
    return replace(known, **changes)  # type: ignore[arg-type]


def speaking(language: str, **changes: object) -> AlertFacts:
    """The same in another language."""
    return facts(voice=Voice(CATALOGUES, language), bundle_name=GIGABYTE.name(language), **changes)


def event(change: BundleChange, **bucket: object) -> BundleReported:
    """What happened to the gigabyte."""
    return BundleReported(change, replace(BUCKET, **bucket), product="data-1gb-7d")  # type: ignore[arg-type]


def sms(alerted: Alerted) -> SendSms:
    """The only text that goes out."""
    (text,) = [effect for effect in alerted.effects if isinstance(effect, SendSms)]
    return text


def offers(alerted: Alerted) -> list[RecordOffer]:
    """The offers made."""
    return [effect for effect in alerted.effects if isinstance(effect, RecordOffer)]


def test_a_bundle_that_runs_out_brings_an_alert_and_an_offer() -> None:
    """One text holds both; alert, offer and the contact are noted in the same step."""
    alerted = decide(facts())
    assert alerted.outcome == "alert_and_offer"
    assert [type(one) for one in alerted.effects] == [RecordAlert, RecordOffer, RecordMarketingContact, SendSms]
    (made,) = offers(alerted)
    assert (made.bundle, made.price, made.sent_from, made.reason) == (
        GIGABYTE.id,
        GIGABYTE.price,
        "",
        "bundle.depleting",
    )
    assert made.expires_at - made.at == timedelta(hours=GIGABYTE.offer_hours)
    assert made.decision["p50_hours"] == 5.0
    assert made.decision["origin"] == "alert:1"
    assert alerted.effects[0] == RecordAlert(ana().id, "b-77", "0.1", TUESDAY, "alert_and_offer")
    assert alerted.effects[2] == RecordMarketingContact(ana().id, TUESDAY, Channel.SMS, 1)


def test_only_the_alert_may_be_repeated() -> None:
    """If the network loses the text, the offer is not made a second time."""
    text = sms(decide(facts()))
    assert (text.msisdn, text.source, text.purpose, text.key) == (ANA, NUMBER, Purpose.ALERT, "alert:1")
    assert text.text.startswith(text.repeat_text)
    assert "responde 1" in text.text
    assert "responde" not in text.repeat_text
    assert text.expires_at == TUESDAY + OLDEST_EVENT


@pytest.mark.parametrize(("two_way", "names"), [(True, (OfferId("off-1"),)), (False, ())])
def test_the_offer_is_answered_by_text_only_once_something_that_names_it_has_gone(
    two_way: bool, names: tuple[OfferId, ...]
) -> None:
    """Until then it belongs to no number; where no text can ask, it never does."""
    alerted = decide(facts(**PUSHED, two_way=two_way))
    assert ([one.sent_from for one in offers(alerted)], sms(alerted).names) == ([""], names)


@pytest.mark.parametrize(
    ("language", "change", "text"),
    [
        ("es", BundleChange.DEPLETING, "Tu 1 GB por 7 días se acaba en aprox. 5 h (te quedan 92 MB)."),
        ("es", BundleChange.EXPIRING, "Tu 1 GB por 7 días vence en 3 días (te quedan 92 MB)."),
        ("es", BundleChange.DEPLETED, "Tu 1 GB por 7 días se acabó."),
        ("es", BundleChange.EXPIRED, "Tu 1 GB por 7 días venció."),
        ("en", BundleChange.DEPLETING, "Your 1 GB for 7 days runs out in about 5 h (92 MB left)."),
        ("en", BundleChange.EXPIRING, "Your 1 GB for 7 days expires in 3 days (92 MB left)."),
        ("en", BundleChange.DEPLETED, "Your 1 GB for 7 days has run out."),
        ("en", BundleChange.EXPIRED, "Your 1 GB for 7 days has expired."),
        ("pt_BR", BundleChange.DEPLETING, "Seu 1 GB por 7 dias acaba em cerca de 5 h (restam 92 MB)."),
        ("pt_BR", BundleChange.EXPIRING, "Seu 1 GB por 7 dias vence em 3 dias (restam 92 MB)."),
        ("pt_BR", BundleChange.DEPLETED, "Seu 1 GB por 7 dias acabou."),
        ("pt_BR", BundleChange.EXPIRED, "Seu 1 GB por 7 dias venceu."),
    ],
)
def test_the_alert_says_what_happened_in_the_persons_language(language: str, change: BundleChange, text: str) -> None:
    """The forecast is told for use, the clock for expiry, and neither for what is over."""
    assert sms(decide(speaking(language, event=event(change)))).repeat_text == text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", " 1 GB por 7 días por $3.000: responde 1. BAJA: no más ofertas."),
        ("en", " 1 GB for 7 days for COP 3,000: reply 1. STOP to stop offers."),
        ("pt_BR", " 1 GB por 7 dias por COP 3.000: responda 1. SAIR: sem mais ofertas."),
    ],
)
def test_the_offer_names_bundle_price_answer_and_opt_out(language: str, text: str) -> None:
    """What law and fairness ask for stands in every offer."""
    told = sms(decide(speaking(language)))
    assert told.text.removeprefix(told.repeat_text) == text


@pytest.mark.parametrize(
    ("hours", "told"),
    [(0.2, "12 min"), (5.0, "5 h"), (72.0, "3 días"), (72.1, ""), (9e9, "")],
)
def test_a_forecast_is_told_only_where_somebody_can_plan_by_it(hours: float, told: str) -> None:
    """Farther than three days, or after the clock's own end, only what is left is told."""
    text = sms(decide(facts(forecast=Forecast(hours, hours, hours)))).repeat_text
    assert ("aprox." in text) == bool(told)
    assert told in text


def test_a_forecast_behind_the_expiry_is_not_told() -> None:
    """Nobody is told five hours of a bundle that the clock ends in three."""
    near = event(BundleChange.DEPLETING, expires_at=TUESDAY + timedelta(hours=3))
    assert sms(decide(facts(event=near))).repeat_text == "Tu 1 GB por 7 días está por acabarse: te quedan 92 MB."


def test_an_expiry_that_is_over_when_we_look_has_expired() -> None:
    """An event that comes late tells how things are now."""
    late = event(BundleChange.EXPIRING, expires_at=TUESDAY)
    assert sms(decide(facts(event=late))).repeat_text == "Tu 1 GB por 7 días venció."


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"others_last_hours": 24.0}, "other_bundle_lasts"),
        ({"happened_at": TUESDAY - OLDEST_EVENT - timedelta(seconds=1)}, "too_old"),
        ({"subscriber": ana(state="suspended")}, "subscriber_suspended"),
        ({"subscriber": ana(state="ended")}, "subscriber_ended"),
    ],
)
def test_who_needs_no_alert_gets_none(changes: dict[str, object], outcome: str) -> None:
    """Nothing is written of it either: the next threshold is looked at afresh."""
    assert decide(facts(**changes)) == Alerted(outcome)


@pytest.mark.parametrize(
    "changes",
    [
        {"others_last_hours": 23.9},
        {"happened_at": TUESDAY - OLDEST_EVENT},
        {"happened_at": TUESDAY + timedelta(hours=1)},
    ],
)
def test_the_bounds_of_silence_are_exact(changes: dict[str, object]) -> None:
    """A bundle for almost a day, an event of exactly a day and a clock that is ahead all alert."""
    assert decide(facts(**changes)).outcome == "alert_and_offer"


@pytest.mark.parametrize(
    ("day", "outcome"),
    [(datetime(2027, 1, 22, 12, tzinfo=UTC), "other_bundle_lasts"), (datetime(2027, 1, 23, 12, tzinfo=UTC), "")],
)
def test_south_africa_warns_of_each_bundle_from_its_day_on(day: datetime, outcome: str) -> None:
    """Before 2027-01-23 another bundle keeps it quiet, from then on the law wants every bundle warned of."""
    rules = load_market("za").at(day.date())
    soon = event(BundleChange.DEPLETING, expires_at=day + timedelta(days=3))
    alerted = decide(speaking("en", at=day, happened_at=day, rules=rules, others_last_hours=500.0, event=soon))
    assert alerted.outcome == (outcome or "alert_and_offer")


def test_alerts_off_keeps_the_text_and_does_not_send_it() -> None:
    """Care can see what would have been said; no offer is made."""
    alerted = decide(facts(subscriber=ana(alerts=False)))
    assert alerted.outcome == "alerts_off"
    assert [type(one) for one in alerted.effects] == [RecordAlert, SendSms]
    assert sms(alerted).suppressed == "alerts_off"


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"subscriber": ana(marketing=False)}, "alert_marketing_off"),
        ({"wallet": None}, "alert_balance_unknown"),
        ({"two_way": False}, "alert_one_way_sender"),
        ({"best": None, "on_sale": False}, "alert_nothing_on_sale"),
        ({"best": None, "wallet": Wallet(None)}, "alert_nothing_on_sale"),
        ({"at": QUIET_NIGHT, "happened_at": QUIET_NIGHT}, "alert_quiet_hours"),
        ({"subscriber": ana(marketing_at=TUESDAY, marketing_count=1)}, "alert_daily_cap"),
        (
            {"subscriber": ana(marketing_at=TUESDAY - timedelta(days=2), marketing_channel="ussd")},
            "alert_other_channel_this_week",
        ),
        ({"rules": load_market("br").at(TUESDAY.date())}, "alert_no_opt_in"),
    ],
)
def test_without_an_offer_the_alert_stands_alone(changes: dict[str, object], outcome: str) -> None:
    """A service is never silenced by what stops marketing."""
    alerted = decide(facts(**changes))
    assert (alerted.outcome, offers(alerted)) == (outcome, [])
    assert sms(alerted).text == sms(alerted).repeat_text
    assert not sms(alerted).suppressed


def test_a_balance_that_is_too_low_is_said_clearly() -> None:
    """Who can pay for nothing on sale is told what they have, and what to do."""
    alerted = decide(facts(best=None, wallet=Wallet(Money(20_000, "COP"))))
    assert (alerted.outcome, offers(alerted)) == ("alert_balance_too_low", [])
    assert sms(alerted).text.endswith("Tu saldo de $200 no alcanza para un paquete. Recarga y sigue en línea.")


def test_a_staging_system_may_switch_the_hours_off() -> None:
    """At night, for testing only."""
    switched = facts(at=QUIET_NIGHT, happened_at=QUIET_NIGHT, switches=ContactSwitches(quiet_hours="off"))
    assert decide(switched).outcome == "alert_and_offer"


def test_the_second_contact_of_a_day_is_counted_as_such() -> None:
    """Where no cap holds, the count still grows."""
    person = ana(marketing_at=TUESDAY, marketing_count=2)
    alerted = decide(facts(subscriber=person, rules=load_market("za").at(TUESDAY.date())))
    (contact,) = [one for one in alerted.effects if isinstance(one, RecordMarketingContact)]
    assert contact.count == 3


@pytest.mark.parametrize(
    ("reported", "key"),
    [
        (EVENT, "0.1"),
        (replace(EVENT, threshold=0.10000000001), "0.1"),
        (replace(EVENT, threshold=None), "depleting"),
        (event(BundleChange.DEPLETED), "depleted"),
        (event(BundleChange.EXPIRING), "expiring"),
    ],
)
def test_two_events_about_one_threshold_are_one_alert(reported: BundleReported, key: str) -> None:
    """The threshold as told, or the kind of event where none is told."""
    assert threshold_key(reported) == key


def test_other_bundles_count_as_the_charging_system_has_them() -> None:
    """Its word goes before the event's; another unit, an empty one and one that ends today do not count."""
    long, short = TUESDAY + timedelta(hours=24), TUESDAY + timedelta(hours=23)
    told = (Bucket("b-80", Unit.BYTE, 5, expires_at=long), Bucket("b-81", Unit.BYTE, 7), BUCKET)
    found = Wallet(
        None,
        (
            Bucket("b-80", Unit.BYTE, 0, expires_at=long),
            Bucket("b-82", Unit.SECOND, 9),
            Bucket("b-83", Unit.BYTE, 90, expires_at=short),
            Bucket("b-84", Unit.BYTE, 9, expires_at=long),
            Bucket("b-85", Unit.BYTE, 900, expires_at=long, shared=True),
        ),
    )
    event = replace(EVENT, others=told)
    assert others_lasting(pool_of(event, found, Place(TUESDAY))) == 7 + 9
    assert others_lasting(pool_of(event, None, Place(TUESDAY))) == 5 + 7


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", sorted(STARTERS))
def test_alert_and_offer_fit_one_text(code: str, language: str) -> None:
    """Every bundle offered beside the alert of every bundle, at its longest, in GSM-7."""
    longest = ("", 0)
    for ending in STARTERS[code].bundles:
        for best in STARTERS[code].bundles:
            unit = ending.allowances[0].unit
            reported = BundleReported(BundleChange.DEPLETING, Bucket("b", unit, 999 * MB, 1024 * MB))
            known = speaking(language, event=reported, best=best, forecast=Forecast(1, 47, 99))
            text = sms(decide(replace(known, bundle_name=ending.name(language)))).text
            assert forces_ucs2(text) is None, text
            longest = max(longest, (text, septets(transliterate(text))), key=lambda one: one[1])
    assert longest[1] <= ONE_SMS, longest


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_opt_out_word_stands_in_every_language(language: str) -> None:
    """The word is one that is understood."""
    assert STOP_WORDS[language] in sms(decide(speaking(language))).text


def test_every_market_has_a_starter_to_offer_from() -> None:
    """The table above leaves no market out."""
    assert sorted(STARTERS) == sorted(market_codes())


# ── on a screen that the network shows ──

PUSHED = {"chosen": Chosen(Channel.USSD, "present"), "door": "operator", "wait": timedelta(seconds=90)}


def push(alerted: Alerted) -> PushUssd:
    """The only screen."""
    (screen,) = [effect for effect in alerted.effects if isinstance(effect, PushUssd)]
    return screen


def test_an_offer_goes_on_a_screen_and_the_text_stands_behind_it() -> None:
    """The same words are held back. The offer belongs to no number until one of them goes."""
    pushed, texted = decide(facts(**PUSHED)), decide(facts())
    assert pushed.outcome == texted.outcome == "alert_and_offer"
    until = TUESDAY + timedelta(seconds=90)
    assert sms(pushed) == replace(sms(texted), not_before=until, offer=OfferId("off-1"))
    screen = push(pushed)
    assert (screen.notice, screen.offer, screen.door) == (sms(texted).repeat_text, OfferId("off-1"), "operator")
    assert (screen.fallback, screen.until, screen.key) == ("alert:1", until, "push:alert:1")
    (made,) = offers(pushed)
    assert (made.channel, made.sent_from) == (Channel.USSD, "")
    assert (made.decision["channel"], made.decision["channel_reason"]) == ("ussd", "present")
    assert RecordMarketingContact(ana().id, TUESDAY, Channel.USSD, 1) in pushed.effects


def test_an_alert_alone_goes_on_a_screen_that_asks_for_nothing() -> None:
    """With what stands beside it that is no offer."""
    for quiet in ({"subscriber": ana(marketing=False)}, {"wallet": None}, {"best": None}):
        pushed = decide(facts(**PUSHED, **quiet))
        assert push(pushed).offer is None
        assert push(pushed).notice == sms(pushed).text
        assert sms(pushed).not_before is not None
        assert offers(pushed) == []


def test_on_a_screen_an_offer_needs_no_number_that_can_be_answered() -> None:
    """The text behind it is the alert alone then."""
    pushed = decide(facts(**PUSHED, two_way=False))
    assert (push(pushed).offer, sms(pushed).text) == (OfferId("off-1"), sms(pushed).repeat_text)


def test_whoever_wants_no_alerts_gets_no_screen() -> None:
    """Their text is kept and not sent, as ever."""
    silenced = decide(facts(**PUSHED, subscriber=ana(alerts=False)))
    assert not [effect for effect in silenced.effects if isinstance(effect, PushUssd)]
    assert (sms(silenced).suppressed, sms(silenced).not_before) == ("alerts_off", None)


def test_the_contact_policy_is_asked_about_the_way_that_is_gone() -> None:
    """A week's offer by text forbids one on a screen, and the other way round."""
    lately = {"marketing_at": TUESDAY - timedelta(days=2)}
    by_text, by_screen = (ana(marketing_channel=channel, **lately) for channel in ("sms", "ussd"))
    assert decide(facts(**PUSHED, subscriber=by_text)).outcome == "alert_other_channel_this_week"
    assert decide(facts(**PUSHED, subscriber=by_screen)).outcome == "alert_and_offer"
    assert decide(facts(subscriber=by_screen)).outcome == "alert_other_channel_this_week"
