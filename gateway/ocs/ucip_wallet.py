"""Balance, dedicated accounts and offers as an AIR tells them (AIR Programmer's Guide, UCIP 5.0).

A dedicated account holds money, time, bytes or events; what it counts is told by its unit type (§7.74), or by the
operator where the type is not told or the account counts something else than it says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from xmlrpc.client import DateTime

from flows.frozen import dataclass
from flows.values import Bucket, Money, Unit, Wallet
from gateway.config.ocs_sections import DedicatedAccountConfig
from gateway.ocs.answers import UnreadableAnswer
from gateway.ocs.currency import whole
from gateway.ocs.ucip_wire import account_value, amount
from gateway.ocs.xml_rpc import Members

_TOLD_UNITS = {0: Unit.SECOND, 2: Unit.BYTE, 3: Unit.BYTE, 4: Unit.BYTE, 5: Unit.MESSAGE, 6: Unit.BYTE}
"""Money (1) is no bundle."""
_NEVER = 9999


@dataclass(frozen=True, slots=True)
class OfferSeen:
    """One offer of a subscriber. starts: None where only a day is told, or nothing; ends: None is never."""

    id: int
    starts: datetime | None
    ends: datetime | None


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read this operator's accounts: its money, its dedicated accounts by id, its bundles' names by offer."""

    currency: str
    units_per_minor: Decimal
    accounts: Mapping[int, DedicatedAccountConfig]
    names: Mapping[int, str]


def read_offers(answer: Members, member: str = "offerInformation") -> list[OfferSeen]:
    """The offers in an answer to GetOffers. Raises UnreadableAnswer."""
    return [
        OfferSeen(_id(one, "offerID"), _moment(one, "startDateTime"), _moment(one, "expiryDateTime") or _day_end(one))
        for one in _structs(answer, member)
    ]


def lacks_ends(answer: Members) -> bool:
    """Whether a dedicated account belongs to an offer, which alone knows when it ends. Raises UnreadableAnswer."""
    return any("offerID" in one and "expiryDate" not in one for one in _structs(answer, "dedicatedAccountInformation"))


def read_wallet(answer: Members, offers: Sequence[OfferSeen], reading: Reading, now: datetime) -> Wallet:
    """The wallet in an answer to GetBalanceAndDate.

    Left out: money in another currency, dedicated accounts whose unit nobody tells, that are over or yet to begin.
    Raises UnreadableAnswer.
    """
    units = account_value(answer, "", reading.currency)
    balance = None if units is None else Money(whole(units / reading.units_per_minor), reading.currency)
    return Wallet(balance, tuple(_buckets(answer, offers, reading, now)))


def _buckets(answer: Members, offers: Sequence[OfferSeen], reading: Reading, now: datetime) -> Iterator[Bucket]:
    ends = {offer.id: offer.ends for offer in offers}
    for one in _structs(answer, "dedicatedAccountInformation"):
        ident = _id(one, "dedicatedAccountID")
        unit, factor = _counted(ident, one, reading)
        begins = _moment(one, "startDate")
        if unit is None or (begins is not None and begins.date() > now.date()):
            continue
        offer = _id(one, "offerID") if "offerID" in one else 0
        over = _day_end(one) or ends.get(offer)
        if over is not None and over <= now:
            continue
        remaining = whole(amount(one.get("dedicatedAccountValue1"), "dedicatedAccountValue1") * factor)
        yield Bucket(
            id=str(ident), unit=unit, remaining=max(0, remaining), expires_at=over, name=reading.names.get(offer, "")
        )


def _counted(ident: int, one: Members, reading: Reading) -> tuple[Unit | None, Decimal]:
    if told := reading.accounts.get(ident):
        return Unit(told.unit), Decimal(str(told.factor))
    kind = one.get("dedicatedAccountUnitType")
    return (_TOLD_UNITS.get(kind) if isinstance(kind, int) else None), Decimal(1)


def _structs(answer: Members, member: str) -> list[Members]:
    """An array of structs; one alone may come without the array, none as nothing."""
    found = answer.get(member) or []
    several = [found] if isinstance(found, dict) else found
    if not isinstance(several, list) or not all(isinstance(one, dict) for one in several):
        raise UnreadableAnswer(f"{member} is no list of structs")
    return several


def _id(one: Members, member: str) -> int:
    found = one.get(member)
    if isinstance(found, bool) or not isinstance(found, int):
        raise UnreadableAnswer(f"{member} is no whole number")
    return found


def _moment(one: Members, member: str) -> datetime | None:
    """An instant; None where it is not told or is for ever."""
    found = one.get(member)
    if found is None:
        return None
    if not isinstance(found, DateTime):
        raise UnreadableAnswer(f"{member} is no date")
    text = str(found)
    if text.startswith(str(_NEVER)):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UnreadableAnswer(f"{member} is no date") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _day_end(one: Members) -> datetime | None:
    """The end of the day that ``expiryDate`` names: it has a time, and the time says nothing."""
    day = _moment(one, "expiryDate")
    return None if day is None else day.replace(hour=0, minute=0, second=0) + timedelta(days=1)
