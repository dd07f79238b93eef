"""What comes in during a run: bundles that run low, and answers of those whose phones showed the offer."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

import aiohttp

from benchmarks.chaos.books import submits
from benchmarks.chaos.town import NUMBER, Town

_FIRST: Final = 573_000_000_000
_BATCH: Final = 20
_SENDERS: Final = 8
_LOOK: Final = 0.2
_LONG: Final = "Ahora no, gracias. " * 12
"""In two parts, by which a copy of it is known for one."""
_SAID: Final = ("1", "1", "1", "si", "0", "hola?", "saldo", _LONG)


@dataclass(slots=True)
class Acknowledged:
    """What the gateway has said that it has. triggers: event ids; replies: texts by who sent them."""

    triggers: set[str] = field(default_factory=set)
    replies: Counter[str] = field(default_factory=Counter)


class Traffic:
    """triggers, replies: how many; per_second: triggers."""

    def __init__(self, town: Town, chance: Random, triggers: int, replies: int, per_second: float) -> None:
        self.acknowledged = Acknowledged()
        self._town = town
        self._chance = chance
        self._triggers = triggers
        self._replies = replies
        self._per_second = per_second
        self._offered: deque[tuple[str, str]] = deque()
        self._texted: set[str] = set()
        self._read = dict.fromkeys(town.journals, 0)
        self._over = False

    async def run(self) -> None:
        """All of it, as far as there are offers to answer; returns once each is acknowledged."""
        async with asyncio.TaskGroup() as tasks:
            replying = tasks.create_task(self._reply_to_all())
            await self._trigger_all()
            self._over = True
            await replying

    async def _trigger_all(self) -> None:
        began, loop = asyncio.get_running_loop().time(), asyncio.get_running_loop()
        batches = iter(range(0, self._triggers, _BATCH))

        async def sender() -> None:
            for first in batches:
                await asyncio.sleep(began + first / self._per_second - loop.time())
                await self._send([_event(n) for n in range(first, min(first + _BATCH, self._triggers))])

        await asyncio.gather(*(sender() for _ in range(_SENDERS)))

    async def _send(self, events: Sequence[dict[str, Any]]) -> None:
        """Until they are acknowledged, as a charging system does."""
        headers = {"Content-Type": "application/cloudevents-batch+json"}
        while True:
            try:
                async with self._town.http.post(f"{self._town.url}/triggers", json=events, headers=headers) as answer:
                    if answer.status in (200, 202):
                        break
                    if answer.status < 500:
                        raise RuntimeError(f"triggers: {answer.status} {await answer.text()}")
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(_LOOK)
        self.acknowledged.triggers.update(event["id"] for event in events)

    async def _reply_to_all(self) -> None:
        quiet = 0
        while self._replies and quiet < 25:  # five seconds after the last trigger nobody is offered anything more
            self._look()
            quiet = quiet + 1 if self._over and not self._offered else 0
            some = [self._offered.popleft() for _ in range(min(16, self._replies, len(self._offered)))]
            self._replies -= len(some)
            await asyncio.gather(*(self._reply(smsc, person) for smsc, person in some))
            if not some:
                await asyncio.sleep(_LOOK)

    def _look(self) -> None:
        """Whose phone has got an offer since."""
        for smsc, path in self._town.journals.items():
            accepted, self._read[smsc] = submits(smsc, path, self._read[smsc])
            for submit in accepted:
                if "responde 1" in submit.text.lower() and submit.to not in self._texted:
                    self._texted.add(submit.to)
                    self._offered.append((smsc, submit.to))

    async def _reply(self, smsc: str, person: str) -> None:
        """Until the gateway has acknowledged it at least once; an SMSC that is away is tried again."""
        said = {"from": person, "to": NUMBER, "text": self._chance.choice(_SAID)}
        while True:
            statuses: list[str] = []
            try:
                async with self._town.http.post(f"{self._town.controls[smsc]}/mo", json=said) as answer:
                    statuses = (await answer.json()).get("statuses", []) if answer.status == 202 else []
            except (aiohttp.ClientError, TimeoutError):
                pass
            taken = statuses.count("ESME_ROK")
            self.acknowledged.replies[person] += min(taken, 1) if said["text"] == _LONG else taken
            if taken:
                return
            await asyncio.sleep(_LOOK)


def _event(number: int) -> dict[str, Any]:
    bundle = {"id": f"b-{number}", "unit": "byte", "initial": 1_073_741_824, "remaining": 96_636_764}
    return {
        "specversion": "1.0",
        "id": f"e-{number}",
        "source": "ocs/chaos",
        "type": "bundle.depleting",
        "time": datetime.now(UTC).isoformat(),
        "subject": f"+{_FIRST + number}",
        "data": {"bundle": bundle, "threshold": 0.1},
    }
