"""Runs a target's check on examples until a time or a number is reached: no crash, no hang."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

EXAMPLES_AT_ONCE = 200
HANG_SECONDS = 20.0


class Hang(Exception):
    """One example took longer than anybody would wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is fed with what. `check` returns a word for what came out, and raises where that is
    anything that should not be."""

    name: str
    about: str
    examples: SearchStrategy[Any]
    check: Callable[[Any], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A run that found nothing. One that finds something raises hypothesis' own report."""

    target: str
    seed: int
    examples: int
    seconds: float
    slowest_seconds: float
    outcomes: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        outcomes = ", ".join(f"{word} {count:,}" for word, count in self.outcomes)
        return (
            f"{self.target}: {self.examples:,} examples in {self.seconds:.0f} s "
            f"(seed {self.seed}), slowest {self.slowest_seconds:.2f} s, no crash, no hang. "
            f"{outcomes}"
        )


def run(
    target: Target,
    first_seed: int,
    is_over: Callable[[int, float], bool],
    report: Callable[[int, float], None] = lambda examples, seconds: None,
) -> Summary:
    """Check examples until `is_over` (of examples, of seconds). Raises what a check raised, after
    hypothesis has made its example small."""
    outcomes: Counter[str] = Counter()
    slowest, began, number = 0.0, time.monotonic(), 0

    def one(example: Any) -> None:
        nonlocal slowest
        started = time.monotonic()
        with _not_longer_than(HANG_SECONDS):
            outcomes[target.check(example)] += 1
        slowest = max(slowest, time.monotonic() - started)

    chance = random.Random(first_seed)  # noqa: S311 - repeatable on purpose
    while not is_over(number, time.monotonic() - began):
        _batch(target, one, chance.randrange(2**32))
        number = sum(outcomes.values())
        report(number, time.monotonic() - began)
    return Summary(
        target=target.name,
        seed=first_seed,
        examples=number,
        seconds=time.monotonic() - began,
        slowest_seconds=slowest,
        outcomes=tuple(outcomes.most_common()),
    )


def _batch(target: Target, one: Callable[[Any], None], batch_seed: int) -> None:
    @seed(batch_seed)
    @settings(
        max_examples=EXAMPLES_AT_ONCE,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(target.examples)
    def batch(example: Any) -> None:
        one(example)

    batch()


@contextmanager
def _not_longer_than(seconds: float) -> Iterator[None]:
    """Raises Hang from whatever goes on for longer."""

    def ring(*_: object) -> None:
        raise Hang(f"still not done after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
