"""Which fault comes when: a pure function of the seed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping

from tests.chaos.values import Planned

FIRST_AT_SECONDS = 3.0
"""So long pictures arrive undisturbed, to know how fast they are answered then."""

SHORTEST_GAP_SECONDS = 3.0
INJECTIONS = 75
"""About how many befall a run that is long enough."""


def timetable(holds: Mapping[str, float], seconds: float, seed: int) -> list[Planned]:
    """Injections within `seconds`, the faults by turns in shuffled order.

    `holds` tells for how many seconds each fault lasts. Faults overlap, as they do in life, but
    none with itself, and all are over at the end.
    """
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    gap_seconds = max(SHORTEST_GAP_SECONDS, seconds / INJECTIONS)
    planned: list[Planned] = []
    times: Counter[str] = Counter()
    free_at = dict.fromkeys(holds, 0.0)
    at = FIRST_AT_SECONDS
    while at < seconds:
        fitting = [f for f in sorted(holds) if free_at[f] <= at and at + holds[f] <= seconds]
        if fitting:
            fewest = min(times[fault] for fault in fitting)
            fault = chance.choice([f for f in fitting if times[f] == fewest])
            planned.append(Planned(at=round(at, 2), fault=fault))
            times[fault] += 1
            free_at[fault] = at + holds[fault]
        at += gap_seconds * chance.uniform(0.7, 1.3)
    return planned
