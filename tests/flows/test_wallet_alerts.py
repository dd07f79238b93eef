"""What is said where more than one bundle counts, word for word against ``golden/``.

``CHASQUI_GOLDEN=1 pytest tests/flows/test_wallet_alerts.py`` writes it anew; read the difference before committing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fakes import NUMBER, TUESDAY, ana
from flows.alert import Alerted, AlertFacts, Forecast, decide
from flows.catalogue import load_starter
from flows.contact_policy import ContactSwitches
from flows.effects import RecordOffer, SendSms
from flows.events import BundleChange, BundleReported
from flows.market import load_market
from flows.texts import Voice
from flows.values import Bucket, Money, OfferId, Unit, Wallet
from locales.catalogues import load_catalogues
from menus.charset import septets, transliterate

GOLDEN = Path(__file__).parent / "golden" / "wallet_alerts.txt"
CATALOGUES = load_catalogues()
GIGABYTE = next(bundle for bundle in load_starter("co").bundles if bundle.id == "data-1gb-7d")
MB = 1024 * 1024
HOUR = TUESDAY + timedelta(hours=1)
BUCKET = Bucket("b-77", Unit.BYTE, 92 * MB, 1024 * MB, TUESDAY + timedelta(days=3))
OTHER = Bucket("b-80", Unit.BYTE, 500 * MB, 1024 * MB, TUESDAY + timedelta(hours=20))
NIGHT = Bucket("b-90", Unit.BYTE, 2048 * MB, window="00:00-06:00")
NEARLY = BundleReported(BundleChange.DEPLETING, BUCKET, threshold=0.1)
EMPTY, OVER = replace(NEARLY, change=BundleChange.DEPLETED), replace(NEARLY, change=BundleChange.EXPIRED)
ENDS = replace(NEARLY, change=BundleChange.EXPIRING)
OLD = TUESDAY - timedelta(hours=3)
PRICE = Money(300_000, "COP")


def wallet(*buckets: Bucket, balance: int = 1_000_000, debt: int = 0) -> Wallet:
    """What the charging system reads out now."""
    return Wallet(Money(balance, "COP"), buckets, Money(debt, "COP") if debt else None)


SITUATIONS: Sequence[tuple[str, Mapping[str, object]]] = (
    ("another bundle and one for the night", {"wallet": wallet(OTHER, NIGHT)}),
    ("another bundle, shared: whoever else uses it is not foreseen", {"wallet": wallet(replace(OTHER, shared=True))}),
    ("half is left", {"event": replace(NEARLY, threshold=0.5, bucket=replace(BUCKET, remaining=512 * MB))}),
    (
        "nearly used up, said the event; not so, says the wallet",
        {"wallet": wallet(replace(BUCKET, remaining=800 * MB))},
    ),
    ("run out, another bundle", {"event": EMPTY, "wallet": wallet(OTHER)}),
    ("run out, said the event; refilled, says the wallet", {"event": EMPTY, "wallet": wallet(BUCKET)}),
    ("run out, and goes on slower", {"event": replace(EMPTY, bucket=replace(BUCKET, throttled_after=True))}),
    (
        "run out, and renews within the hour",
        {"event": replace(EMPTY, renews=True, bucket=replace(BUCKET, expires_at=HOUR)), "renewal_price": PRICE},
    ),
    (
        "nearly used up, and renews within the hour",
        {"event": replace(NEARLY, renews=True, bucket=replace(BUCKET, expires_at=HOUR)), "renewal_price": PRICE},
    ),
    ("expired, another bundle", {"event": OVER, "wallet": wallet(OTHER)}),
    ("expires, and renews", {"event": replace(ENDS, renews=True), "renewal_price": PRICE}),
    (
        "expires, renews, and no money for it",
        {"event": replace(ENDS, renews=True), "renewal_price": PRICE, "wallet": wallet(balance=200_000)},
    ),
    (
        "expires, renews, and the money is owed",
        {"event": replace(ENDS, renews=True), "renewal_price": PRICE, "wallet": wallet(balance=400_000, debt=200_000)},
    ),
    ("expires, renews, at a price nobody knows", {"event": replace(ENDS, renews=True)}),
    ("abroad", {"event": replace(NEARLY, roaming=True)}),
    ("figures of three hours ago", {"event": replace(NEARLY, as_of=OLD)}),
    ("figures of three hours ago, expires", {"event": replace(ENDS, as_of=OLD)}),
    (
        "figures of three hours ago, half was left",
        {"event": replace(NEARLY, threshold=0.5, as_of=OLD, bucket=replace(BUCKET, remaining=512 * MB))},
    ),
    ("an advance to pay back", {"best": None, "wallet": wallet(balance=500_000, debt=450_000)}),
    ("too little money, another bundle", {"best": None, "wallet": wallet(OTHER, balance=20_000)}),
    ("a price without its tax", {"best": replace(GIGABYTE, tax_included=False)}),
    ("the pace says so, no threshold", {"event": replace(NEARLY, by_pace=True, threshold=None)}),
)


def said(language: str, changes: Mapping[str, object]) -> Alerted:
    """Ana's gigabyte is nearly used up, but for this."""
    known = AlertFacts(
        at=TUESDAY,
        happened_at=TUESDAY,
        subscriber=ana(),
        event=NEARLY,
        wallet=wallet(),
        forecast=Forecast(3.0, 5.0, 9.0),
        others_last_hours=0.0,
        best=GIGABYTE,
        on_sale=True,
        decision={},
        bundle_name=GIGABYTE.name(language),
        voice=Voice(CATALOGUES, language),
        rules=load_market("co").at(TUESDAY.date()),
        switches=ContactSwitches(),
        source=NUMBER,
        two_way=True,
        offer_id=OfferId("off-1"),
        key="alert:1",
        lead=timedelta(hours=6),
    )
    return decide(replace(known, **changes))  # type: ignore[arg-type]


def text_of(alerted: Alerted) -> SendSms:
    """The only text."""
    (text,) = [effect for effect in alerted.effects if isinstance(effect, SendSms)]
    return text


def written() -> str:
    """All situations, each in three languages."""
    lines: list[str] = []
    for title, changes in SITUATIONS:
        lines.append(f"# {title}")
        for language in ("es", "pt_BR", "en"):
            alerted = said(language, changes)
            failed = f" (not said: {', '.join(alerted.failed)})" if alerted.failed else ""
            lines += [f"{language}: {text_of(alerted).text}", f"    {alerted.outcome}{failed}"]
        later = text_of(said("en", changes))
        if later.true_until is not None:
            lines.append(f"    after {later.true_until - TUESDAY}: {later.later_text}")
        lines.append("")
    return "\n".join(lines)


def test_the_texts_are_those_that_were_read_and_approved() -> None:
    """In every language, with what was not said and why."""
    if os.environ.get("CHASQUI_GOLDEN"):
        GOLDEN.write_text(written(), encoding="utf-8")
    assert written() == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["es", "pt_BR", "en"])
@pytest.mark.parametrize("changes", [changes for _, changes in SITUATIONS], ids=[title for title, _ in SITUATIONS])
def test_each_fits_one_text(changes: Mapping[str, object], language: str) -> None:
    """The offer too."""
    assert septets(transliterate(text_of(said(language, changes)).text)) <= 160


@pytest.mark.parametrize("changes", [changes for _, changes in SITUATIONS], ids=[title for title, _ in SITUATIONS])
def test_an_offer_is_made_only_where_its_text_makes_it(changes: Mapping[str, object]) -> None:
    """With its price and where to answer as claims."""
    alerted = said("en", changes)
    made = [one for one in alerted.effects if isinstance(one, RecordOffer)]
    assert bool(made) == (alerted.outcome == "alert_and_offer") == ("reply 1" in text_of(alerted).text)


@pytest.mark.parametrize(("p50", "outcome"), [(6.0, "alert_and_offer"), (6.1, "lasts_longer"), (9e9, "lasts_longer")])
def test_nobody_is_told_of_an_end_by_pace_that_is_far(p50: float, outcome: str) -> None:
    """The charging system, asked now, may know of more than the report did."""
    event = replace(NEARLY, by_pace=True, threshold=None)
    assert said("en", {"event": event, "forecast": Forecast(p50, p50, p50)}).outcome == outcome


def test_nobody_is_told_of_an_end_by_the_clock_that_was_put_off() -> None:
    """Nothing ends, so there is nothing to tell."""
    later = replace(BUCKET, expires_at=TUESDAY + timedelta(days=30))
    assert said("en", {"event": ENDS, "wallet": wallet(later)}) == Alerted("renewed")
