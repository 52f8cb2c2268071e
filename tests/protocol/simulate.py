"""Runs seeds, and says which of them broke the protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from foundation.config import Settings
from tests.protocol.faults import Weather
from tests.protocol.judgement import judge
from tests.protocol.world import Ending, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One seed's end, and everything that was wrong with it."""

    ending: Ending
    wrong: tuple[str, ...]


def run_seed(seed: int, settings: Settings, weather: Weather | None = None) -> Verdict:
    """The same seed gives the same world, call by call."""
    ending = World(seed, settings, weather).run()
    return Verdict(ending=ending, wrong=tuple(judge(ending)))


def first_wrong(
    seeds: Iterable[int], settings: Settings, progress: Callable[[int], None] = lambda seed: None
) -> Verdict | None:
    """The first seed that broke anything, or None."""
    for seed in seeds:
        verdict = run_seed(seed, settings)
        if verdict.wrong:
            return verdict
        progress(seed)
    return None
