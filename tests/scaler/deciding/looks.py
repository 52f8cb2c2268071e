"""What the policy is shown: looks at a quiet queue, changed in what a test is about."""

from __future__ import annotations

from scaler.deciding.policy import decide
from scaler.deciding.values import Decision, Instance, Limits, Observation, Phase, State

LIMITS = Limits(
    maximum=20,
    slots_per_instance=2,
    target_latency_seconds=45,
    interval_seconds=2,
    scale_in_delay_seconds=10,
    boot_seconds=30,
    service_seconds=0.5,
)


def instances(phase: Phase, count: int, at: float = 0.0, prefix: str = "i") -> tuple[Instance, ...]:
    return tuple(
        Instance(id=f"{prefix}-{phase}-{number}", phase=phase, launched_at=at)
        for number in range(count)
    )


def look(now: float = 100.0, **seen: object) -> Observation:
    quiet: dict[str, object] = {
        "visible": 0,
        "in_flight": 0,
        "outstanding": 0,
        "arrived": 0,
        "instances": (),
    }
    return Observation(now=now, **{**quiet, **seen})  # type: ignore[arg-type]


def looks(
    *seen: Observation, state: State | None = None, limits: Limits = LIMITS
) -> list[Decision]:
    """The decisions of several looks in a row."""
    state, decisions = state or State(), []
    for one in seen:
        decision, state = decide(one, state, limits)
        decisions.append(decision)
    return decisions


def quiet_looks(count: int, fleet: tuple[Instance, ...], **seen: object) -> list[Observation]:
    return [look(100.0 + 2 * n, instances=fleet, **seen) for n in range(count)]
