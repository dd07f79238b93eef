"""How long the garbage collector stops a process, by generation."""

from __future__ import annotations

import gc
import time
from typing import Any


class Pauses:
    """Listens to the collector from now on."""

    def __init__(self) -> None:
        self._seconds: dict[int, list[float]] = {}
        self._began = 0.0
        gc.callbacks.append(self._heard)

    def _heard(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.perf_counter()
        else:
            self._seconds.setdefault(info["generation"], []).append(time.perf_counter() - self._began)

    async def since(self) -> dict[str, Any]:
        """Since the last call: by generation, how many pauses and the longest in seconds."""
        found, self._seconds = self._seconds, {}
        return {"pauses": {str(one): (len(all_), max(all_)) for one, all_ in sorted(found.items())}}
