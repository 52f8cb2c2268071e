"""Asks the policy again: recorded looks, through this version of it or with other limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from scaler.history import Step
from scaler.policy import decide
from scaler.values import Decision, Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One look with what was decided then, and what would be decided now."""

    observation: Observation
    then: Decision
    now: Decision

    @property
    def differs(self) -> bool:
        """Whether the fleet would be treated otherwise; the words may change."""
        return _acts(self.then) != _acts(self.now)


def _acts(decision: Decision) -> tuple[object, ...]:
    return decision.launch, decision.drain, decision.terminate


def replay(recorded: Iterable[Step], changed_limits: Mapping[str, Any]) -> list[Compared]:
    """Each look with the state that was remembered then, so that one difference causes no other."""
    compared = []
    for step in recorded:
        limits = replace(step.limits, **changed_limits)
        decision, _ = decide(step.observation, step.state, limits)
        compared.append(Compared(observation=step.observation, then=step.decision, now=decision))
    return compared
