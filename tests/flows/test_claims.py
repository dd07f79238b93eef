"""What a text says is held against what is so; and no text of ours says anything else."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import NUMBER, TUESDAY, ana
from flows.alert import AlertFacts, Forecast, decide
from flows.catalogue import load_starter
from flows.claim_checks import ClaimFacts, failed_claims
from flows.claims import (
    FRESH,
    NAMES,
    BalanceClaim,
    Claim,
    EndsWithin,
    Expires,
    FreeAnswer,
    GoesOnSlower,
    HasExpired,
    NearlyUsedUp,
    PriceClaim,
    RanOut,
    RemainingClaim,
    Renews,
    UpForRenewal,
    WillNotRenew,
)
from flows.contact_policy import ContactSwitches
from flows.effects import PushUssd, SendSms
from flows.events import BundleChange, BundleReported
from flows.market import load_market
from flows.texts import Voice
from flows.values import Bucket, Money, OfferId, Unit, Wallet
from locales import formats
from locales.catalogues import load_catalogues
from menus.charset import forces_ucs2, septets, transliterate

CATALOGUES = load_catalogues()
BUNDLES = load_starter("co").bundles
MB = 1024 * 1024
COP = "COP"
TOMORROW = TUESDAY + timedelta(days=1)
ENDING = Bucket("b-1", Unit.BYTE, 90 * MB, 1024 * MB, TOMORROW)
OTHER = Bucket("b-2", Unit.BYTE, 500 * MB, 1024 * MB, TOMORROW)
KNOWN = ClaimFacts(
    at=TUESDAY,
    ending=ENDING,
    usable=(ENDING, OTHER),
    read_at=TUESDAY,
    ending_read_at=TUESDAY,
    until=TOMORROW,
    forecast=(3.0, 5.0, 9.0),
    balance=Money(500_000, COP),
    debt=None,
    renewal_price=Money(300_000, COP),
    prices={"data-1gb-7d": (Money(300_000, COP), True)},
    tax_wanted=True,
    numbers=frozenset({NUMBER}),
)
LEFT, ALL = RemainingClaim("b-1", Unit.BYTE, 90 * MB, TUESDAY), RemainingClaim("", Unit.BYTE, 590 * MB, TUESDAY)
SOON = EndsWithin(3.0, 5.0, 9.0, TUESDAY)
RENEWING = replace(KNOWN, ending=replace(ENDING, renews=True))
POOR = replace(RENEWING, balance=Money(20_000, COP))
EMPTY = replace(ENDING, remaining=0)


@pytest.mark.parametrize(
    ("claim", "known", "holds"),
    [
        (LEFT, KNOWN, True),
        (replace(LEFT, amount=91 * MB), KNOWN, False),
        (replace(LEFT, unit=Unit.SECOND), KNOWN, False),
        (replace(LEFT, bundle="b-9"), KNOWN, False),
        (LEFT, replace(KNOWN, ending_read_at=TUESDAY - FRESH), True),
        (LEFT, replace(KNOWN, ending_read_at=TUESDAY - FRESH - timedelta(seconds=1)), False),
        (LEFT, replace(KNOWN, ending=replace(ENDING, expires_at=TUESDAY)), False),
        (ALL, KNOWN, True),
        (replace(ALL, amount=591 * MB), KNOWN, False),
        (ALL, replace(KNOWN, usable=(ENDING,)), False),
        (ALL, replace(KNOWN, read_at=TUESDAY - FRESH - timedelta(seconds=1)), False),
        (NearlyUsedUp("b-1"), KNOWN, True),
        (NearlyUsedUp("b-1"), replace(KNOWN, ending=replace(ENDING, remaining=512 * MB)), False),
        (NearlyUsedUp("b-1"), replace(KNOWN, ending=replace(ENDING, initial=None)), True),
        (NearlyUsedUp("b-1"), replace(KNOWN, ending=EMPTY), False),
        (RanOut("b-1"), replace(KNOWN, ending=EMPTY), True),
        (RanOut("b-1"), replace(KNOWN, ending=replace(ENDING, remaining=10 * MB)), True),
        (RanOut("b-1"), replace(KNOWN, ending=replace(ENDING, remaining=10 * MB, initial=None)), False),
        (RanOut("b-1"), KNOWN, False),
        (GoesOnSlower("b-1"), replace(KNOWN, ending=replace(EMPTY, throttled_after=True), usable=()), True),
        (GoesOnSlower("b-1"), replace(KNOWN, ending=replace(EMPTY, throttled_after=True), usable=(OTHER,)), False),
        (GoesOnSlower("b-1"), replace(KNOWN, ending=EMPTY, usable=()), False),
        (SOON, KNOWN, True),
        (SOON, replace(KNOWN, forecast=(3.0, 6.0, 9.0)), False),
        (SOON, replace(KNOWN, until=TUESDAY + timedelta(hours=4)), False),
        (SOON, replace(KNOWN, until=None), True),
        (SOON, replace(KNOWN, usable=(ENDING, replace(OTHER, shared=True))), False),
        (SOON, replace(KNOWN, usable=()), False),
        (SOON, replace(KNOWN, read_at=TUESDAY - FRESH - timedelta(seconds=1)), False),
        (EndsWithin(1.0, 73.0, 99.0, TUESDAY), replace(KNOWN, forecast=(1.0, 73.0, 99.0), until=None), False),
        (Expires("b-1", TOMORROW), KNOWN, True),
        (Expires("b-1", TUESDAY), KNOWN, False),
        (Expires("b-1", TOMORROW), RENEWING, False),
        (HasExpired("b-1"), KNOWN, False),
        (HasExpired("b-1"), replace(KNOWN, ending=replace(ENDING, expires_at=TUESDAY)), True),
        (Renews("b-1", TOMORROW, Money(300_000, COP)), RENEWING, True),
        (Renews("b-1", TOMORROW, None), RENEWING, True),
        (Renews("b-1", TOMORROW, Money(200_000, COP)), RENEWING, False),
        (Renews("b-1", TOMORROW, None), KNOWN, False),
        (Renews("b-1", TOMORROW, None), POOR, False),
        (Renews("b-1", TOMORROW, None), replace(RENEWING, debt=Money(250_000, COP)), False),
        (Renews("b-1", TOMORROW, None), replace(RENEWING, renewal_price=None), False),
        (WillNotRenew("b-1", TOMORROW, Money(300_000, COP)), POOR, True),
        (WillNotRenew("b-1", TOMORROW, Money(300_000, COP)), RENEWING, False),
        (WillNotRenew("b-1", TOMORROW, Money(300_000, COP)), replace(POOR, balance=None), False),
        (UpForRenewal("b-1", TOMORROW), RENEWING, True),
        (UpForRenewal("b-1", TOMORROW), KNOWN, False),
        (BalanceClaim(Money(500_000, COP)), KNOWN, True),
        (BalanceClaim(Money(500_000, COP)), replace(KNOWN, debt=Money(1, COP)), False),
        (BalanceClaim(Money(1, COP)), KNOWN, False),
        (PriceClaim("data-1gb-7d", Money(300_000, COP), tax_included=True), KNOWN, True),
        (PriceClaim("data-1gb-7d", Money(300_000, COP), tax_included=False), KNOWN, False),
        (PriceClaim("data-1gb-7d", Money(299_999, COP), tax_included=True), KNOWN, False),
        (PriceClaim("data-2gb-7d", Money(300_000, COP), tax_included=True), KNOWN, False),
        (FreeAnswer(NUMBER), KNOWN, True),
        (FreeAnswer("99999"), KNOWN, False),
    ],
)
def test_a_claim_holds_or_it_does_not(claim: Claim, known: ClaimFacts, *, holds: bool) -> None:
    """Each by what was read last."""
    assert failed_claims((claim,), known) == (() if holds else (claim,))


def test_a_price_without_its_tax_is_told_where_the_law_does_not_mind() -> None:
    """As it is on sale."""
    known = replace(KNOWN, prices={"x": (Money(1, COP), False)})
    claim = PriceClaim("x", Money(1, COP), tax_included=False)
    assert failed_claims((claim,), known) == (claim,)
    assert failed_claims((claim,), replace(known, tax_wanted=False)) == ()


def test_every_claim_has_a_name_to_be_counted_by() -> None:
    """One that failed is not lost in the figures."""
    assert set(NAMES) == set(Claim.__args__)


# ── whatever the wallet, the text is so ──

AGES = st.integers(-60, 26 * 60).map(lambda minutes: TUESDAY - timedelta(minutes=minutes))
ENDS = st.one_of(st.none(), st.integers(-30, 60 * 24 * 40).map(lambda minutes: TUESDAY + timedelta(minutes=minutes)))
MONEY = st.one_of(st.none(), st.integers(0, 2_000_000).map(lambda amount: Money(amount, COP)))
WINDOWS = st.sampled_from(["", "", "00:00-06:00", "09:00-11:00", "22:00-12:00"])


@st.composite
def buckets(draw: st.DrawFn, ident: str = "b-1") -> Bucket:
    """Anything that a charging system may tell."""
    initial = draw(st.one_of(st.none(), st.integers(1, 2048 * MB)))
    return Bucket(
        id=ident,
        unit=draw(st.sampled_from([Unit.BYTE, Unit.BYTE, Unit.BYTE, Unit.SECOND])),
        remaining=draw(st.one_of(st.just(0), st.integers(0, initial or 2048 * MB))),
        initial=initial,
        expires_at=draw(ENDS),
        zone=draw(st.sampled_from(["", "", "north"])),
        window=draw(WINDOWS),
        service=draw(st.sampled_from(["", "", "chat"])),
        shared=draw(st.booleans()),
        bonus=draw(st.booleans()),
        roaming=draw(st.sampled_from([False, False, True])),
        renews=draw(st.booleans()),
        throttled_after=draw(st.booleans()),
        priority=draw(st.one_of(st.none(), st.integers(0, 3))),
    )


@st.composite
def situations(draw: st.DrawFn) -> AlertFacts:
    """Anybody's bundle that ends, in any wallet, read or not."""
    ids = ["b-1", "b-2", "b-3", "b-4"]
    read = tuple(draw(buckets(one)) for one in ids if draw(st.booleans()))
    quantiles = sorted(draw(st.lists(st.floats(0, 300), min_size=3, max_size=3)))
    best = draw(st.sampled_from([None, *BUNDLES]))
    event = BundleReported(
        change=draw(st.sampled_from(BundleChange)),
        bucket=draw(buckets()),
        renews=draw(st.booleans()),
        others=tuple(draw(buckets(one)) for one in ids[1:] if draw(st.booleans())),
        roaming=draw(st.booleans()),
        as_of=draw(AGES),
        by_pace=draw(st.booleans()),
    )
    language = draw(st.sampled_from(["es", "pt_BR", "en"]))
    return AlertFacts(
        at=TUESDAY,
        happened_at=TUESDAY,
        subscriber=ana(circle=draw(st.sampled_from([None, "north", "south"])), marketing=True),
        event=event,
        wallet=draw(st.one_of(st.none(), st.just(Wallet(draw(MONEY), read, draw(MONEY))))),
        forecast=Forecast(*quantiles),
        others_last_hours=0.0,
        best=None if best is None else replace(best, tax_included=draw(st.booleans())),
        on_sale=True,
        decision={},
        bundle_name="bundle",
        voice=Voice(CATALOGUES, language),
        rules=load_market("co").at(TUESDAY.date()),
        switches=ContactSwitches(),
        source=NUMBER,
        two_way=draw(st.booleans()),
        offer_id=OfferId("off-1"),
        key="alert:1",
        renewal_price=draw(MONEY),
        lead=timedelta(hours=300),
    )


def there(facts: AlertFacts) -> dict[str, Bucket]:
    """All that is known, the newest of each, counted anew and plainly."""
    told = {one.id: one for one in facts.event.others} | {facts.event.bucket.id: facts.event.bucket}
    ending = told[facts.event.bucket.id]
    if facts.event.change is BundleChange.DEPLETED:
        told[ending.id] = replace(ending, remaining=0)
    if facts.event.change is BundleChange.EXPIRED:
        told[ending.id] = replace(ending, expires_at=min(ending.expires_at or TUESDAY, TUESDAY))
    read = {one.id: one for one in facts.wallet.buckets} if facts.wallet else {}
    if ending.id in read and read[ending.id].unit is not ending.unit:
        del read[ending.id]
    return told | read


FIGURE = re.compile(r"[$\d][\d.,]*(?: (?:MB|GB|KB|B|min|h|s|SMS|días|dias|days))?")


def local_minutes(now: datetime) -> int:
    """Since midnight in Bogotá."""
    local = now.astimezone(ZoneInfo("America/Bogota"))
    return local.hour * 60 + local.minute


def open_now(window: str) -> bool:
    """Whether these hours are on at ten in the morning."""
    if not window:
        return True
    begins, ends = (int(one[:2]) * 60 + int(one[3:]) for one in window.split("-"))
    span = (ends - begins) % (24 * 60)
    return (local_minutes(TUESDAY) - begins) % (24 * 60) < span


@settings(max_examples=300)
@given(facts=situations())
def test_every_claim_of_every_text_is_true_of_the_wallet(facts: AlertFacts) -> None:
    """And every figure in it is one that it claims."""
    alerted = decide(facts)
    for text in (one for one in alerted.effects if isinstance(one, SendSms)):
        for claim in text.claims:
            assert is_so(claim, facts), (claim, text.text)
        figures = {one.rstrip(".,") for one in FIGURE.findall(text.repeat_text)}
        assert figures <= claimed(text.claims, facts), (text.repeat_text, text.claims)
        assert not forces_ucs2(text.text)
        assert septets(transliterate(text.text)) <= 160, text.text
        assert text.true_until is None or text.later_text
        assert not re.search(r"\d", text.later_text)
    assert all(one.claims or not one.offer for one in alerted.effects if isinstance(one, PushUssd))


def claimed(claims: tuple[Claim, ...], facts: AlertFacts) -> set[str]:
    """Every figure as it may be written."""
    language, found = facts.voice.language, set[str]()
    for claim in claims:
        match claim:
            case RemainingClaim():
                found.add(formats.amount(claim.unit, claim.amount, language))
            case EndsWithin():
                found.add(formats.duration(timedelta(hours=claim.p50), language))
            case Expires() | Renews() | WillNotRenew() | UpForRenewal():
                found.add(formats.duration(claim.at - TUESDAY, language))
        found |= {
            money
            for value in (getattr(claim, "price", None), getattr(claim, "balance", None))
            if isinstance(value, Money)
            for money in formats.money(value.amount, value.currency, language).split(" ")
        }
    return found


def is_so(claim: Claim, facts: AlertFacts) -> bool:
    """The same question, asked of the raw facts."""
    money = facts.wallet.balance if facts.wallet else None
    debt = facts.wallet.debt if facts.wallet else None
    match claim:
        case BalanceClaim():
            return (claim.balance, claim.debt) == (money, debt)
        case PriceClaim():
            return facts.best is not None and claim.price == facts.best.price and facts.best.tax_included
        case FreeAnswer():
            return facts.two_way and claim.number == NUMBER
        case Renews() | WillNotRenew() | UpForRenewal() | Expires():
            return renewal_is_so(claim, facts, None if money is None else money.amount - (debt.amount if debt else 0))
        case _:
            return amount_is_so(claim, facts)


def renewal_is_so(
    claim: Renews | WillNotRenew | UpForRenewal | Expires, facts: AlertFacts, spendable: int | None
) -> bool:
    """What happens at the end by the clock."""
    bucket, price = facts.event.bucket, facts.renewal_price
    ending = there(facts)[bucket.id]
    renews = ending.renews or bucket.renews or facts.event.renews
    if claim.at != (ending.expires_at or bucket.expires_at) or claim.at <= TUESDAY:
        return False
    match claim:
        case Renews():
            return renews and price is not None and spendable is not None and spendable >= price.amount
        case WillNotRenew():
            short = price is not None and spendable is not None and spendable < price.amount
            return renews and short and claim.price == price
        case UpForRenewal():
            return renews
        case Expires():
            return not renews


def amount_is_so(
    claim: RemainingClaim | NearlyUsedUp | RanOut | GoesOnSlower | EndsWithin | HasExpired, facts: AlertFacts
) -> bool:
    """How much there is, for how long."""
    known, bucket = there(facts), facts.event.bucket
    ending = known[bucket.id]
    initial = ending.initial or bucket.initial
    usable = usable_of(known, facts)
    read = {one.id for one in facts.wallet.buckets} if facts.wallet else set[str]()
    assert facts.event.as_of is not None
    fresh = TUESDAY - facts.event.as_of <= FRESH
    match claim:
        case RemainingClaim(bundle=""):
            all_read = all(one.id in read for one in usable)
            return claim.amount <= sum(one.remaining for one in usable) and (fresh or all_read)
        case RemainingClaim():
            return claim.amount <= ending.remaining and (fresh or ending.id in read)
        case NearlyUsedUp():
            return ending.remaining > 0 and (initial is None or ending.remaining <= initial / 4)
        case RanOut():
            return ending.remaining <= (initial or 0) / 100
        case GoesOnSlower():
            return all(one.id == ending.id for one in usable)
        case HasExpired():
            ends = ending.expires_at or bucket.expires_at
            return ends is not None and ends <= TUESDAY
        case EndsWithin():
            end = TUESDAY + timedelta(hours=claim.p50)
            alone = not any(one.shared for one in usable if one.id != ending.id)
            in_time = all(one.expires_at is None or one.expires_at >= end for one in usable)
            return claim.p10 <= claim.p50 <= min(claim.p90, 72) and alone and in_time


def usable_of(known: dict[str, Bucket], facts: AlertFacts) -> list[Bucket]:
    """All that can be used here and now in the place of what ends."""
    ending = known[facts.event.bucket.id]
    services = ("", ending.service or facts.event.bucket.service)
    return [
        one
        for one in known.values()
        if one.unit is ending.unit
        and one.remaining > 0
        and (one.expires_at is None or one.expires_at > TUESDAY)
        and one.roaming is facts.event.roaming
        and one.zone in ("", facts.subscriber.circle)
        and one.service in services
        and open_now(one.window)
    ]
