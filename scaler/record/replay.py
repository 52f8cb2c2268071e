"""Ask the policy again about what was recorded, as it was or under other limits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from scaler.deciding import policy
from scaler.deciding.values import Decision
from scaler.record.history import RecordedDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A situation in which the policy now says something else than it said then."""

    at: float
    then: Decision
    now: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """All recorded situations, and those that would be decided differently."""

    steps: int
    differences: tuple[Difference, ...]


def replay(steps: Iterable[RecordedDecision], changes: Mapping[str, Any]) -> Replay:
    """Put each recorded situation, with what was remembered then, to the policy again.

    Each is asked on its own: what an earlier difference would have led to is a matter for the
    simulator.
    """
    count = 0
    differences = []
    for step in steps:
        count += 1
        now, _ = policy.decide(step.observation, step.state, replace(step.limits, **changes))
        if _acts(step.decision) != _acts(now):
            at = step.observation.now
            differences.append(Difference(at=at, then=step.decision, now=now))
    return Replay(steps=count, differences=tuple(differences))


def _acts(decision: Decision) -> tuple[int, int, set[str], set[str]]:
    """What a decision does; other words for the same are no difference."""
    return (decision.launch, decision.start_functions, set(decision.drain), set(decision.terminate))
