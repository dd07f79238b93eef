"""What an operator sets and takes back, with who and why in the audit; whatever process asks, the store has it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from flows.effects import RecordAudit
from flows.frozen import dataclass
from flows.values import parse_msisdn
from gateway.core.reach import CAMPAIGN, EVERYTHING, MARKETING
from gateway.errors import BadControl
from store import audit, controls
from store.controls import KINDS, LISTS, SWITCHES, Control, Kind
from store.reader import Reader
from store.unit import Op, Unit
from store.writer import Writer

_CAMPAIGN = re.compile(rf"{CAMPAIGN}[A-Za-z0-9._-]{{1,40}}")
_IN_ONE_UNIT = 500
MOST_WORDS = 500


@dataclass(frozen=True, slots=True)
class Wish:
    """One control as somebody asks for it; see ``store.controls.Control``."""

    kind: Kind
    value: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What is set no more, and what is still to begin."""

    gone: Sequence[Control]
    stay: Sequence[Control]


def checked(kind: str, value: str, starts_at: datetime | None = None, ends_at: datetime | None = None) -> Wish:
    """The wish, in its own spelling. Raises BadControl."""
    known = next((one for one in KINDS if one == kind), None)
    if known is None:
        raise BadControl(f"{kind!r} is no control; there is: {', '.join(KINDS)}")
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        raise BadControl("it would end before it begins")
    if known in LISTS:
        number = parse_msisdn(value)
        if number is None:
            raise BadControl("a number is wanted in E.164, with or without +")
        return Wish(known, number, starts_at, ends_at)
    if known == "dry_run" and value != "on":
        raise BadControl("dry_run has one value: on")
    if known == "stop" and value not in (EVERYTHING, MARKETING) and not _CAMPAIGN.fullmatch(value):
        raise BadControl(f"what is stopped is {EVERYTHING}, {MARKETING} or {CAMPAIGN}NAME (A-Z a-z 0-9 . _ -)")
    return Wish(known, value, starts_at, ends_at)


class ControlDesk:
    """Writes controls, so many at a time."""

    def __init__(self, reader: Reader, writer: Writer, clock: Callable[[], datetime]) -> None:
        self._reader = reader
        self._writer = writer
        self._clock = clock

    async def all(self) -> Sequence[Control]:
        """Every one, whether it counts now or not."""
        return await controls.all_of(self._reader)

    async def periods(self, kind: Kind, value: str) -> Sequence[Control]:
        """Those of one value, in the order in which they begin."""
        return await controls.periods(self._reader, kind, value)

    async def put(self, wishes: Sequence[Wish], author: str, message: str) -> None:
        """Set them. Durable when this returns; in force within a second. Other periods of the same value stay.

        Raises BadControl for one that would be over already, and StoreError.
        """
        at = self._clock()
        if any(one.ends_at is not None and one.ends_at <= at for one in wishes):
            raise BadControl("its end is over already, so nothing would change")
        made = [Control(one.kind, one.value, author, message, at, one.starts_at, one.ends_at) for one in wishes]
        for first in range(0, len(made), _IN_ONE_UNIT):
            some = made[first : first + _IN_ONE_UNIT]
            noted = self._noted("control.set", author, message, at, some)
            await self._writer.commit(Unit(ops=(*controls.put(some, at), noted)))

    async def take_back(
        self, found: Sequence[Control], author: str, message: str, *, scheduled: bool = False
    ) -> TakenBack:
        """Take back those that are in force or over; also those that are still to begin, if they are ``scheduled``.

        Raises StoreError.
        """
        at = self._clock()
        stay = () if scheduled else tuple(one for one in found if one.scheduled(at))
        gone = [one for one in found if scheduled or not one.scheduled(at)]
        for first in range(0, len(gone), _IN_ONE_UNIT):
            some = gone[first : first + _IN_ONE_UNIT]
            noted = self._noted("control.taken_back", author, message, at, some)
            await self._writer.commit(Unit(ops=(*controls.drop(some, at), noted)))
        return TakenBack(gone, stay)

    def _noted(self, action: str, author: str, message: str, at: datetime, these: Sequence[Control]) -> Op:
        """Numbers are counted, not named: the audit holds none."""
        stops = [f"{one.kind} {one.value}{period(one.starts_at, one.ends_at)}" for one in these if one.kind in SWITCHES]
        numbers: dict[str, int] = {kind: sum(one.kind == kind for one in these) for kind in LISTS}
        detail = {"what": stops, **{kind: count for kind, count in numbers.items() if count}, "message": message}
        return audit.note(RecordAudit(actor=author, action=action, subscription=None, at=at, detail=detail))


def period(starts_at: datetime | None, ends_at: datetime | None) -> str:
    """`` from … until …``, as far as there are any, in UTC."""
    begins = f" from {starts_at:%Y-%m-%d %H:%M} UTC" if starts_at else ""
    return begins + (f" until {ends_at:%Y-%m-%d %H:%M} UTC" if ends_at else "")
