"""What an alert may say: texts with their claims, the one that tells most first.

Which of them goes is decided by holding the claims against the facts (``first_that_holds``). The last one claims
nothing, so there always is one. Nobody is told that they are cut off: whether use goes on is the operator's to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from functools import partial

from flows.claim_checks import ClaimFacts, can_renew, failed_claims
from flows.claims import (
    HORIZON_HOURS,
    NAMES,
    NEARLY,
    Claim,
    EndsWithin,
    Expires,
    GoesOnSlower,
    HasExpired,
    NearlyUsedUp,
    RanOut,
    RemainingClaim,
    Renews,
    UpForRenewal,
    WillNotRenew,
)
from flows.events import BundleChange
from flows.frozen import dataclass
from flows.texts import Voice
from flows.usable import Pool
from flows.values import Money
from menus.charset import septets, transliterate

ONE_SMS = 160
"""Septets of one text in GSM-7."""
_WIDE = 16
"""So many more septets than characters no bundle's name makes: then nobody need count them."""
RENEWS_SOON = timedelta(hours=2)
"""Who gets the same again so soon, and has the money, needs no other bundle before."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A text and all that it says. say: makes it, for most are looked at for their claims alone."""

    say: Callable[[], str]
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What is said. failed: names of the claims that did not hold, of what is not said therefore."""

    text: str
    claims: tuple[Claim, ...] = ()
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Matter:
    """What an alert is about.

    threshold: share left that was crossed, None when not told. forecast: p10, p50, p90 of the pool's end, in hours.
    price: of what renews.
    """

    change: BundleChange
    by_pace: bool
    threshold: float | None
    pool: Pool
    forecast: tuple[float, float, float]
    price: Money | None
    spendable: Money | None
    name: str
    voice: Voice

    @property
    def ends_in(self) -> timedelta | None:
        """The forecast where it can be told: near enough, and before the clock ends something of it anyway."""
        p50, until = self.forecast[1], self.pool.until
        if p50 > HORIZON_HOURS or (until is not None and self.pool.place.at + timedelta(hours=p50) > until):
            return None
        return timedelta(hours=p50)

    @property
    def has_ended(self) -> bool:
        """Whether there is as little of it as the event says."""
        ending = self.pool.ending
        over = self.change in (BundleChange.DEPLETED, BundleChange.EXPIRED)
        return not over or not ending.runs_at(self.pool.place.at) or ending.remaining * 100 <= (ending.initial or 0)

    @property
    def renews_in_time(self) -> bool:
        """Whether it is bought anew by itself before anything else need be: soon, or before it is used up."""
        ending, at = self.pool.ending, self.pool.place.at
        if not ending.renews or ending.expires_at is None or ending.expires_at <= at:
            return False
        left = ending.expires_at - at
        lasts = timedelta(hours=min(self.forecast[1], 24.0 * 366)) if ending.remaining else timedelta()
        near = left <= RENEWS_SOON or left <= lasts or self.change is BundleChange.EXPIRING
        return near and can_renew(self.price, self.spendable) is True


def drafts(matter: Matter) -> Iterator[Draft]:
    """All that can be said, the most telling first."""
    match matter.change:
        case BundleChange.EXPIRED:
            yield from _expired(matter)
        case BundleChange.EXPIRING:
            yield from _expiring(matter)
        case BundleChange.DEPLETED:
            yield from _run_out(matter)
        case BundleChange.DEPLETING if matter.pool.ending.remaining == 0:
            yield from _run_out(matter)
        case BundleChange.DEPLETING:
            yield from _running_out(matter)
    yield _plain(matter)
    yield Draft(partial(matter.voice.look_in_menu, matter.name))


def first_that_holds(possible: Iterable[Draft], facts: ClaimFacts, beside: int) -> Said:
    """The first whose claims all hold, and that fits one text beside so many septets.

    Where none fits, the first that holds.
    """
    failed: dict[str, None] = {}
    too_long: Said | None = None
    for draft in possible:
        wrong = failed_claims(draft.claims, facts)
        if wrong:
            failed.update(dict.fromkeys(NAMES[type(claim)] for claim in wrong))
            continue
        said = Said(draft.say(), draft.claims, tuple(failed))
        if fits(said.text, beside):
            return said
        too_long = too_long or said
    assert too_long is not None, "the last draft claims nothing"
    return too_long


def fits(text: str, beside: int) -> bool:
    """Whether it fits one text together with so many septets."""
    if len(text) + beside + _WIDE <= ONE_SMS:
        return True
    return septets(transliterate(text)) + beside <= ONE_SMS


def _expired(matter: Matter) -> Iterator[Draft]:
    ending, voice, pool = matter.pool.ending, matter.voice, matter.pool
    over = HasExpired(ending.id)
    if pool.others:
        total = voice.amount(ending.unit, pool.others_remaining)
        yield Draft(
            partial(voice.has_expired_but, matter.name, total), (over, _all_left(matter, pool.others_remaining))
        )
    yield Draft(partial(voice.has_expired, matter.name), (over,))


def _expiring(matter: Matter) -> Iterator[Draft]:
    ending, voice, at = matter.pool.ending, matter.voice, matter.pool.place.at
    if ending.expires_at is None:
        return
    if ending.expires_at <= at:
        yield from _expired(matter)
        return
    left = ending.expires_at - at
    if ending.renews:
        if can_renew(matter.price, matter.spendable) is True and matter.price is not None:
            renews = Renews(ending.id, ending.expires_at, matter.price)
            yield Draft(partial(voice.renews, matter.name, left, matter.price), (renews,))
        if can_renew(matter.price, matter.spendable) is False and matter.price is not None:
            short = WillNotRenew(ending.id, ending.expires_at, matter.price)
            yield Draft(partial(voice.will_not_renew, matter.name, left, matter.price), (short,))
        yield Draft(partial(voice.up_for_renewal, matter.name, left), (UpForRenewal(ending.id, ending.expires_at),))
        return
    expires = Expires(ending.id, ending.expires_at)
    yield Draft(partial(voice.expires, matter.name, ending.unit, ending.remaining, left), (expires, _left(matter)))
    yield Draft(partial(voice.expires_in, matter.name, left), (expires,))


def _run_out(matter: Matter) -> Iterator[Draft]:
    ending, voice, pool = matter.pool.ending, matter.voice, matter.pool
    gone = RanOut(ending.id)
    if pool.others:
        total = voice.amount(ending.unit, pool.others_remaining)
        yield Draft(
            partial(voice.has_run_out_but, matter.name, total), (gone, _all_left(matter, pool.others_remaining))
        )
    if matter.renews_in_time and ending.expires_at is not None:
        left = ending.expires_at - pool.place.at
        yield Draft(
            partial(voice.has_run_out_and_renews, matter.name, left), (gone, Renews(ending.id, ending.expires_at, None))
        )
    if ending.throttled_after and not pool.others:
        yield Draft(partial(voice.goes_on_slower, matter.name), (gone, GoesOnSlower(ending.id)))
    yield Draft(partial(voice.has_run_out, matter.name), (gone,))


def _running_out(matter: Matter) -> Iterator[Draft]:
    ending, voice, pool = matter.pool.ending, matter.voice, matter.pool
    ends, time = EndsWithin(*matter.forecast, pool.as_of), matter.ends_in
    crossed = not matter.by_pace and (matter.threshold is None or matter.threshold <= NEARLY)
    nearly, left = NearlyUsedUp(ending.id), _left(matter)
    if crossed and matter.renews_in_time and ending.expires_at is not None:
        renews = Renews(ending.id, ending.expires_at, None)
        words = voice.left(ending.unit, ending.remaining)
        until = ending.expires_at - pool.place.at
        yield Draft(partial(voice.nearly_used_up_and_renews, matter.name, words, until), (nearly, left, renews))
    if pool.others and crossed:
        words, total = voice.left(ending.unit, ending.remaining), voice.amount(ending.unit, pool.remaining)
        both = (left, _all_left(matter, pool.remaining))
        if time is not None:
            yield Draft(partial(voice.nearly_used_up_of, matter.name, words, total, time), (nearly, *both, ends))
        yield Draft(partial(voice.nearly_used_up_of, matter.name, words, total, None), (nearly, *both))
    elif time is not None and not pool.others:
        yield Draft(partial(voice.runs_out, matter.name, ending.unit, ending.remaining, time), (left, ends))
    if crossed:
        yield Draft(partial(voice.runs_out, matter.name, ending.unit, ending.remaining, None), (nearly, left))
        yield Draft(partial(voice.nearly_used_up, matter.name), (nearly,))


def _plain(matter: Matter) -> Draft:
    """What is left of it, and nothing else."""
    ending = matter.pool.ending
    say = partial(matter.voice.is_left, matter.name, ending.unit, ending.remaining)
    return Draft(say, (_left(matter),))


def _left(matter: Matter) -> RemainingClaim:
    ending = matter.pool.ending
    return RemainingClaim(ending.id, ending.unit, ending.remaining, matter.pool.ending_as_of)


def _all_left(matter: Matter, amount: int) -> RemainingClaim:
    return RemainingClaim("", matter.pool.ending.unit, amount, matter.pool.as_of)
