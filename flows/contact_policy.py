"""Whether a person may be contacted now, and if not, why.

Confirmations of a transaction and replies to a person's own request are always allowed. An alert is a
service: nothing but its own opt-out silences it. Marketing, also where it stands beside an alert in one
message, passes every rule of the market. Where a rule hangs on local time and the subscription's zone is
not known, it must be satisfied in all of the market's zones.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, assert_never
from zoneinfo import ZoneInfo

from flows.frozen import dataclass
from flows.market import MarketRules
from flows.market_rules import OptIn
from flows.records import Subscriber
from flows.values import Channel, Purpose

_WEEK = timedelta(days=7)
"""A week is any seven days in a row: no calendar week allows more."""


class Reason(StrEnum):
    """Why a person may not be contacted."""

    ALERTS_OFF = "alerts_off"
    MARKETING_OFF = "marketing_off"
    NO_OPT_IN = "no_opt_in"
    QUIET_HOURS = "quiet_hours"
    DAILY_CAP = "daily_cap"
    STOPPED = "stopped"
    OTHER_CHANNEL_THIS_WEEK = "other_channel_this_week"


@dataclass(frozen=True, slots=True)
class Allowed:
    """Go ahead. count_today: marketing contacts so far on the person's local day."""

    count_today: int = 0


@dataclass(frozen=True, slots=True)
class Denied:
    """Not now, or not at all."""

    reason: Reason


Decision = Allowed | Denied


@dataclass(frozen=True, slots=True)
class ContactSwitches:
    """What a staging system may switch off (``market``: as the law wants it), and whether offers are stopped."""

    quiet_hours: Literal["market", "off"] = "market"
    assume_opt_in: Literal["market", "yes"] = "market"
    offers: Literal["market", "stopped"] = "market"


def decide(
    *,
    rules: MarketRules,
    purpose: Purpose,
    subscriber: Subscriber,
    at: datetime,
    channel: Channel,
    switches: ContactSwitches,
) -> Decision:
    """Whether ``subscriber`` may be contacted for ``purpose`` on ``channel`` at the aware time ``at``."""
    match purpose:
        case Purpose.CONFIRMATION | Purpose.REPLY:
            return Allowed()
        case Purpose.ALERT:
            return Allowed() if subscriber.alerts else Denied(Reason.ALERTS_OFF)
        case Purpose.MARKETING:
            return _marketing(rules, subscriber, at, channel, switches)
        case _:
            assert_never(purpose)


def channel_of_the_week(rules: MarketRules, subscriber: Subscriber, at: datetime) -> str | None:
    """The channel that all marketing to this person must come on now, where the market wants one channel a week.

    The last contact is enough to know it by: while the rule holds, all of a week's are on one channel.
    """
    last = subscriber.marketing_at
    if not rules.caps.one_channel_a_week or last is None or abs(at - last) >= _WEEK:
        return None
    return subscriber.marketing_channel


def _marketing(
    rules: MarketRules, subscriber: Subscriber, at: datetime, channel: Channel, switches: ContactSwitches
) -> Decision:
    zones = rules.zones_of(subscriber.time_zone)
    count = _count_today(subscriber, at, zones)
    if switches.offers == "stopped":
        return Denied(Reason.STOPPED)
    if subscriber.marketing is False:
        return Denied(Reason.MARKETING_OFF)
    if subscriber.marketing is None and rules.opt_in is OptIn.PRIOR and switches.assume_opt_in != "yes":
        return Denied(Reason.NO_OPT_IN)
    if switches.quiet_hours != "off" and not _within_hours(rules, at, zones):
        return Denied(Reason.QUIET_HOURS)
    if rules.caps.per_day is not None and count >= rules.caps.per_day:
        return Denied(Reason.DAILY_CAP)
    if channel_of_the_week(rules, subscriber, at) not in (None, channel):
        return Denied(Reason.OTHER_CHANNEL_THIS_WEEK)
    return Allowed(count)


def _within_hours(rules: MarketRules, at: datetime, zones: tuple[ZoneInfo, ...]) -> bool:
    return rules.hours is None or all(rules.hours.allow(at.astimezone(zone)) for zone in zones)


def _count_today(subscriber: Subscriber, at: datetime, zones: tuple[ZoneInfo, ...]) -> int:
    """Contacts so far today; where the zone is not known, today is any zone's today."""
    last = subscriber.marketing_at
    if last is None:
        return 0
    same_day = any(last.astimezone(zone).date() == at.astimezone(zone).date() for zone in zones)
    return subscriber.marketing_count if same_day else 0
