"""People made another way: hidden states that follow each other, sessions that set off sessions, shifts of work.

Nothing is shared with ``habits``: use is driven by a Markov chain (asleep, idle, reading, watching) whose jumps
depend on a timetable of shifts, arrivals excite further arrivals (Hawkes), sizes are stretched exponential or Pareto.
It is there so that a model is not judged by the same assumptions that made its training data.
"""

from __future__ import annotations

import numpy as np

from scoring.simulated.habits import Life
from scoring.values import Bools, Floats

_MEGA = 2.0**20
_STEPS = 6
"""A step is ten minutes."""
_ASLEEP, _IDLE, _READING, _WATCHING = range(4)
_RATES = np.array([0.0, 0.04, 0.45, 0.25])
"""Sessions a step, unexcited."""
_EXCITES, _CALMS = 0.25, 0.55
_CHANGES = np.array(
    [[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.75, 0.25], [0.0, 0.8, 0.0, 0.2], [0.0, 0.7, 0.3, 0.0]]
)  # where to, once a state is left
_STAYS_STEPS = np.array([3.0, 9.0, 3.0, 5.0])
_WEIBULL, _PARETO = 0.42, 1.25
_LARGEST = 120.0
"""Times the mean of the watched: no film is longer."""
_SHIFTS = ((8, 17), (14, 22), (22, 30), (0, 0))


def life(hours: int, rng: np.random.Generator) -> Life:
    """Somebody's use of so many hours, from the first on; hour 0 is a Monday's midnight."""
    shift = int(rng.choice(len(_SHIFTS), p=(0.5, 0.2, 0.1, 0.2)))
    steps = hours * _STEPS
    awake, at_work = _timetable(hours, shift, bool(rng.random() < 0.3), rng)
    at, watched = _sessions(steps, np.repeat(awake, _STEPS), np.repeat(at_work, _STEPS), rng)
    scale = np.exp(rng.normal(np.log(1.6 * _MEGA), 0.9))
    love = rng.uniform(2, 12)
    read = rng.weibull(_WEIBULL, len(at)) / 2.9
    seen = np.minimum(rng.pareto(_PARETO, len(at)) * 0.3, _LARGEST) * love
    used = np.round(np.where(watched, seen, read) * scale)
    return Life(at, used, f"shift-{shift}")


def _timetable(hours: int, shift: int, rotates: bool, rng: np.random.Generator) -> tuple[Bools, Bools]:
    """Hours awake and hours at work; who rotates has another shift every week. Holidays last a week."""
    clock = np.arange(hours)
    week, day, hour = clock // 168, clock // 24 % 7, clock % 24
    holiday = (rng.random(hours // 168 + 1) < 0.06)[week]
    of_week = (shift + week * rotates) % len(_SHIFTS)
    begins, ends = (np.array([one[place] for one in _SHIFTS])[of_week] for place in (0, 1))
    works = (begins <= hour) & (hour < ends) | (hour + 24 < ends)
    works &= (day < 5) & ~holiday
    rises = np.where(begins >= 22, 14, np.where(begins >= 14, 9, 7)) + rng.integers(-1, 2)
    awake = (hour - rises) % 24 < 16
    return awake | works, works


def _sessions(steps: int, awake: Bools, at_work: Bools, rng: np.random.Generator) -> tuple[Floats, Bools]:
    """When each session begins, in hours, and whether something is watched."""
    draws, jumps, counts = rng.random(steps), rng.random(steps), rng.random((steps, 4))
    reluctance = rng.uniform(0.15, 0.7)
    leave = (1 / _STAYS_STEPS).tolist()
    onward = np.cumsum(_CHANGES, axis=1).tolist()
    rates, asleep, busy = _RATES.tolist(), (~awake).tolist(), at_work.tolist()
    state, excited = _IDLE, 0.0
    begun: list[tuple[int, bool]] = []
    for step, (draw, jump, chances) in enumerate(zip(draws.tolist(), jumps.tolist(), counts.tolist(), strict=True)):
        if asleep[step]:
            state, excited = _ASLEEP, 0.0
            continue
        if draw < leave[state] * (reluctance if busy[step] and state == _IDLE else 1.0):
            state = next(index for index, reached in enumerate(onward[state]) if jump < reached)
        rate = rates[state] * (1 + excited)
        arrived = sum(chance < rate / 4 for chance in chances)
        excited = excited * _CALMS + _EXCITES * arrived
        begun += [(step, state == _WATCHING)] * arrived
    place = np.array([step for step, _ in begun], dtype=float)
    at = (place + rng.random(len(begun))) / _STEPS
    order = np.argsort(at, kind="stable")
    return at[order], np.array([watched for _, watched in begun], dtype=bool)[order]
