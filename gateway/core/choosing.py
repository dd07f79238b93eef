"""Which way each alert of a batch goes: what the choice hangs on, looked up for all at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from flows.channel_choice import Answers, ChannelFacts, ChannelPolicy, Chosen, choose
from flows.frozen import dataclass
from flows.records import Subscriber
from flows.values import Channel
from gateway.core.context import Context
from gateway.core.menu_shelf import MenuShelf
from gateway.core.pushers import MenuPusher, Pushers
from store import offers, turns
from store.turns import Presence

_REMEMBERED = timedelta(days=180)
"""Answers from before that say little of what a person does now."""
_SAME_NETWORK = timedelta(days=7)
"""So long a person is taken to be on the network that their last session came from."""


@dataclass(frozen=True, slots=True)
class Way:
    """The way of one alert. door: of the pusher, for a screen; wait: how long the text behind one is held back."""

    chosen: Chosen
    door: str = ""
    wait: timedelta = timedelta()


BY_TEXT = Way(Chosen(Channel.SMS))


class ChannelDesk:
    """Chooses for batches. wait: how long the text behind a screen is held back."""

    def __init__(
        self, context: Context, pushers: Pushers, shelf: MenuShelf, policy: ChannelPolicy, wait: timedelta
    ) -> None:
        self._context = context
        self._pushers = pushers
        self._shelf = shelf
        self._policy = policy
        self._wait = wait

    async def ways(self, people: Sequence[Subscriber]) -> list[Way]:
        """The way of each, in order: two queries, however many they are."""
        if not self._pushers:
            return [BY_TEXT] * len(people)
        at, ids = self._context.clock(), [person.id for person in people]
        answers = await offers.answers_of(self._context.reader, ids, at - _REMEMBERED)
        idle = timedelta(seconds=self._pushers.idle_seconds)
        seen = max(self._policy.present, idle, _SAME_NETWORK if self._pushers.several else idle)
        present = await turns.presence(self._context.reader, ids, at - seen, at - idle)
        return [self._way(one, at, answers.get(one.id, {}), present.get(one.id, Presence())) for one in people]

    def _way(
        self, person: Subscriber, at: datetime, ended: Mapping[tuple[Channel, str], int], present: Presence
    ) -> Way:
        pusher = self._pushers.reaching(present.dialects)
        facts = ChannelFacts(
            at=at,
            subscriber=person,
            rules=self._context.rules(at),
            policy=self._policy,
            hindered=self._hindered(person, pusher),
            answers=_answers(ended),
            last_answer=present.answered,
            in_session=present.open,
        )
        chosen = choose(facts)
        return Way(chosen, pusher.name, self._wait) if pusher and chosen.channel is Channel.USSD else Way(chosen)

    def _hindered(self, person: Subscriber, pusher: MenuPusher | None) -> str:
        """Why no screen can be shown to this person, in a word."""
        if pusher is None:
            return "no_pusher"
        pages = self._shelf.begin(pusher.menu, person.id).menu.menu.pushed
        return "" if {"offer", "alert"} <= pages.keys() else "no_page"


def _answers(ended: Mapping[tuple[Channel, str], int]) -> Mapping[Channel, Answers]:
    return {
        channel: Answers(*(ended.get((channel, state), 0) for state in ("accepted", "declined", "expired")))
        for channel in {channel for channel, _ in ended}
    }
