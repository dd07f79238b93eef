"""Which way an alert with its offer goes to this person: as a screen that the network shows, or as a text.

A text always can go, and stands behind every screen. What hinders a screen comes first, by name; then what speaks for
one way: the law, what this person answered before, whether they hold their phone; then what the operator prefers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, time, timedelta
from types import MappingProxyType

from flows import contact_policy
from flows.frozen import dataclass
from flows.market import MarketRules
from flows.market_rules import Window
from flows.records import Subscriber
from flows.values import Channel

AWAKE = Window(time(8), time(20))
"""When phones may light up, where the operator does not say."""
_TELLING = 3
"""So many offers must have come to an end before their answers say something."""
_CLEARLY = 0.2
"""By so much must one way's share of accepted offers exceed the other's."""


@dataclass(frozen=True, slots=True)
class ChannelPolicy:
    """What the operator wants.

    order: the ways that may be gone, the preferred one first. hours: local time in which a phone may light up; None =
    always. circles, handsets: if not empty, nobody else gets screens. present: so long after their last answer in a
    session a person is taken to hold their phone.
    """

    order: tuple[Channel, ...] = (Channel.SMS,)
    hours: Window | None = AWAKE
    circles: frozenset[str] = frozenset()
    handsets: frozenset[str] = frozenset()
    present: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Answers:
    """What became of this person's offers on one channel; expired: nobody answered."""

    accepted: int = 0
    declined: int = 0
    expired: int = 0

    @property
    def ended(self) -> int:
        """How many came to an end."""
        return self.accepted + self.declined + self.expired

    @property
    def share(self) -> float:
        """Of accepted ones, drawn towards a half as long as there are few."""
        return (self.accepted + 1) / (self.ended + 2)


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """All that the choice hangs on.

    hindered: why no screen can be shown to this person, empty if one can. last_answer: when they last said something
    in a session. in_session: whether one of theirs is open, so that the network would refuse another.
    """

    at: datetime
    subscriber: Subscriber
    rules: MarketRules
    policy: ChannelPolicy
    hindered: str = ""
    answers: Mapping[Channel, Answers] = field(default_factory=lambda: MappingProxyType({}))
    last_answer: datetime | None = None
    in_session: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """The way, and in one word why; no word where there was no choice."""

    channel: Channel
    reason: str = ""


BY_TEXT = Chosen(Channel.SMS)


def choose(facts: ChannelFacts) -> Chosen:
    """The way that this person's next alert goes."""
    week = contact_policy.channel_of_the_week(facts.rules, facts.subscriber, facts.at)
    against = _against(facts, week)
    if against:
        return Chosen(Channel.SMS, against)
    if week == Channel.USSD:
        return Chosen(Channel.USSD, "one_channel_a_week")
    return _preferred(facts)


def _against(facts: ChannelFacts, week: str | None) -> str:
    """What stands against a screen, in a word; empty for nothing."""
    policy, person = facts.policy, facts.subscriber
    if Channel.USSD not in policy.order:
        return "policy"
    if facts.hindered:
        return facts.hindered
    if facts.in_session:
        return "in_session"
    if policy.hours is not None and not _all_awake(facts, policy.hours):
        return "push_hours"
    if policy.circles and (person.circle or "") not in policy.circles:
        return "region"
    if policy.handsets and (person.handset or "") not in policy.handsets:
        return "handset"
    return "one_channel_a_week" if week not in (None, Channel.USSD) else ""


def _all_awake(facts: ChannelFacts, hours: Window) -> bool:
    """Where the person's zone is not known, in every zone of the market."""
    zones = facts.rules.zones_of(facts.subscriber.time_zone)
    return all(hours.holds(facts.at.astimezone(zone).time()) for zone in zones)


def _preferred(facts: ChannelFacts) -> Chosen:
    order = facts.policy.order
    if len(order) == 1:
        return Chosen(order[0], "policy")
    shown, texted = (facts.answers.get(channel, Answers()) for channel in (Channel.USSD, Channel.SMS))
    if shown.ended + texted.ended >= _TELLING and abs(shown.share - texted.share) >= _CLEARLY:
        return Chosen(Channel.USSD if shown.share > texted.share else Channel.SMS, "answered_before")
    if facts.last_answer is not None and timedelta() <= facts.at - facts.last_answer <= facts.policy.present:
        return Chosen(Channel.USSD, "present")
    return Chosen(order[0], "preferred")
