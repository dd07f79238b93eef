"""Market packs: what law and practice of one country ask for, with the days on which each rule holds.

A pack is data (``markets/<code>.yaml``). Last month's traffic can be replayed under next year's rules:
``Market.at(day)`` gives those in force on any day.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flows.behaviour import Source
from flows.errors import MarketError
from flows.frozen import dataclass
from flows.market_file import (
    Keys,
    read_alerts,
    read_behaviour,
    read_caps,
    read_complaints,
    read_hours,
    read_opt_in,
    read_porting_proof,
    read_prices,
    read_sms_confirmation,
    read_stop_words,
)
from flows.market_rules import (
    AlertRules,
    AlertScope,
    Caps,
    ContactHours,
    Dated,
    OptIn,
    PortingProof,
    SmsConfirmation,
)
from flows.strict_yaml import StrictYamlError, load_strict

PACKS = Path(__file__).parent / "markets"
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_PREFIX = re.compile(r"[1-9][0-9]{0,3}")

Rule = TypeVar("Rule")
Fallback = TypeVar("Fallback")


@dataclass(frozen=True, slots=True)
class MarketRules:
    """The rules in force on one day.

    hours: None = any time. time_zones: first = default. tax_in_prices: whether a price that is shown must include it.
    complaints: where people complain, empty = customer care. sms_confirmation: None = one yes buys.
    porting_proof: None = none is taken by text. behaviour: sources of behaviour that are kept only after a yes.
    sources: rule name to where it is from.
    """

    market: str
    languages: tuple[str, ...]
    currency: str
    dialling_prefix: str
    time_zones: tuple[ZoneInfo, ...]
    alerts: AlertRules
    opt_in: OptIn
    hours: ContactHours | None
    caps: Caps
    tax_in_prices: bool
    stop_words: frozenset[str]
    complaints: str
    sms_confirmation: SmsConfirmation | None
    porting_proof: PortingProof | None
    behaviour: frozenset[str]
    sources: Mapping[str, str]

    def confirming_above(self, amount: int) -> MarketRules:
        """These rules, with a second yes wanted above ``amount`` minor units, or above less where they say so."""
        known = self.sms_confirmation
        least = amount if known is None else min(amount, known.above)
        return replace(self, sms_confirmation=SmsConfirmation(least))

    def zones_of(self, zone: str | None) -> tuple[ZoneInfo, ...]:
        """The zone a subscription may be in: its own, or every zone of the market when that is not known."""
        known = _zone(zone) if zone else None
        return (known,) if known else self.time_zones


@cache
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@dataclass(frozen=True, slots=True)
class Market:
    """One country: what does not change, and every rule with its dates.

    code: file name of the pack, such as ``co``. languages and time_zones: first = default.
    """

    code: str
    name: str
    languages: tuple[str, ...]
    currency: str
    dialling_prefix: str
    time_zones: tuple[ZoneInfo, ...]
    source: str
    alerts: tuple[Dated[AlertRules], ...]
    opt_in: tuple[Dated[OptIn], ...]
    hours: tuple[Dated[ContactHours], ...]
    caps: tuple[Dated[Caps], ...]
    prices: tuple[Dated[bool], ...]
    stop_words: tuple[Dated[frozenset[str]], ...]
    complaints: tuple[Dated[str], ...]
    sms_confirmation: tuple[Dated[SmsConfirmation], ...]
    porting_proof: tuple[Dated[PortingProof], ...]
    behaviour: tuple[Dated[frozenset[str]], ...]

    def at(self, day: date) -> MarketRules:
        """The rules in force on ``day``. Where none is: no limit, no threshold, but marketing only after a yes.

        And nothing is kept of behaviour without one.
        """
        return MarketRules(
            market=self.code,
            languages=self.languages,
            currency=self.currency,
            dialling_prefix=self.dialling_prefix,
            time_zones=self.time_zones,
            alerts=_in_force(self.alerts, day, AlertRules((), AlertScope.WALLET, mandatory=False)),
            opt_in=_in_force(self.opt_in, day, OptIn.PRIOR),
            hours=_in_force(self.hours, day, None),
            caps=_in_force(self.caps, day, Caps()),
            tax_in_prices=_in_force(self.prices, day, otherwise=False),
            stop_words=_in_force(self.stop_words, day, frozenset()),
            complaints=_in_force(self.complaints, day, ""),
            sms_confirmation=_in_force(self.sms_confirmation, day, None),
            porting_proof=_in_force(self.porting_proof, day, None),
            behaviour=_in_force(self.behaviour, day, frozenset(map(str, Source))),
            sources=MappingProxyType(self._sources(day)),
        )

    def _sources(self, day: date) -> dict[str, str]:
        kinds: dict[str, tuple[Dated[object], ...]] = {
            "alerts": self.alerts,
            "opt_in": self.opt_in,
            "hours": self.hours,
            "caps": self.caps,
            "prices": self.prices,
            "stop_words": self.stop_words,
            "complaints": self.complaints,
            "sms_confirmation": self.sms_confirmation,
            "porting_proof": self.porting_proof,
            "behaviour": self.behaviour,
        }
        return {kind: dated.source for kind, all_dated in kinds.items() for dated in all_dated if dated.holds_on(day)}


def _in_force(versions: tuple[Dated[Rule], ...], day: date, otherwise: Fallback) -> Rule | Fallback:
    return next((dated.rule for dated in versions if dated.holds_on(day)), otherwise)


def market_codes(folder: Path = PACKS) -> tuple[str, ...]:
    """The markets that there are packs for."""
    return tuple(sorted(file.stem for file in folder.glob("*.yaml")))


@cache
def pack_digest(code: str) -> str:
    """Names the pack as it is now: the beginning of the SHA-256 of its file; empty where there is none."""
    file = PACKS / f"{code}.yaml"
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16] if file.is_file() else ""


def load_market(code: str, folder: Path = PACKS) -> Market:
    """The pack of one market, checked. Raises MarketError, one line naming file and key."""
    known = market_codes(folder)
    if code not in known:
        raise MarketError(f"no market pack {code!r}; there are {', '.join(known) or 'none'}")
    file = folder / f"{code}.yaml"
    try:
        value = load_strict(file.read_text(encoding="utf-8"))
    except (StrictYamlError, OSError, UnicodeDecodeError) as error:
        raise MarketError(f"{file.name}: {error}") from error
    return _market(code, Keys(value, file.name))


def _market(code: str, keys: Keys) -> Market:
    market = Market(
        code=code,
        name=keys.text("name"),
        languages=keys.texts("languages", _LANGUAGE),
        currency=keys.text("currency", _CURRENCY),
        dialling_prefix=keys.text("dialling_prefix", _PREFIX),
        time_zones=_zones(keys),
        source=keys.text("source"),
        alerts=keys.versions("alerts", read_alerts),
        opt_in=keys.versions("opt_in", read_opt_in),
        hours=keys.versions("hours", read_hours),
        caps=keys.versions("caps", read_caps),
        prices=keys.versions("prices", read_prices),
        stop_words=keys.versions("stop_words", read_stop_words),
        complaints=keys.versions_if_any("complaints", read_complaints),
        sms_confirmation=keys.versions_if_any("sms_confirmation", read_sms_confirmation),
        porting_proof=keys.versions_if_any("porting_proof", read_porting_proof),
        behaviour=keys.versions_if_any("behaviour", read_behaviour),
    )
    keys.done()
    return market


def _zones(keys: Keys) -> tuple[ZoneInfo, ...]:
    names = keys.texts("time_zones")
    try:
        return tuple(map(ZoneInfo, names))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise keys.wrong("time_zones", str(error)) from error
