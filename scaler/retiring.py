"""Who goes, and when: instances that are useless, and those that are not needed any more."""

from __future__ import annotations

from collections.abc import Iterable

from scaler.values import Instance, Limits, Observation, Phase, State

FEWEST_LOOKS = 3
"""Nothing shrinks on fewer looks than this, however short the delay."""


def scale_in_delay(boot_seconds: float, limits: Limits) -> float:
    """How long an instance may be unneeded before it goes.

    Idling for as long as a boot takes costs what booting again would cost, so waiting exactly
    that long is never worse than twice the best choice in hindsight (the ski-rental argument;
    "delayed off" of Gandhi, Gupta, Harchol-Balter and Kozuch 2010).
    """
    configured = limits.scale_in_delay_seconds
    delay = boot_seconds if configured is None else configured
    return max(delay, (FEWEST_LOOKS - 0.75) * limits.interval_seconds)


def push_need(
    needs: tuple[tuple[float, int], ...], now: float, need: int, delay: float
) -> tuple[tuple[float, int], ...]:
    """Add a look's need to the staircase; its first step is the highest of the last `delay`.

    That is the per-level gap rule of Lu and Chen (arXiv 1112.0442): the k-th instance goes when
    fewer than k were needed for so long.
    """
    kept = [entry for entry in needs if entry[0] > now - delay]
    while kept and kept[-1][1] <= need:
        kept.pop()
    return (*kept, (now, need))


def held_need(needs: tuple[tuple[float, int], ...]) -> int:
    """The highest need within the delay."""
    return needs[0][1] if needs else 0


def surplus(
    candidates: Iterable[Instance], count: int, now: float, busy: bool, limits: Limits
) -> tuple[str, ...]:
    """The ids of up to `count` instances to let go, the least recently busy first.

    `busy` says that somebody may hold a message. Then those that were silent for longer than
    any task may take come first: they hold none.
    """
    free = [one for one in candidates if _is_paid_off(one, now, limits)]
    free.sort(key=lambda one: (busy and _may_hold_message(one, now, limits), _last_use(one)))
    return tuple(one.id for one in free[: max(count, 0)])


def _is_paid_off(instance: Instance, now: float, limits: Limits) -> bool:
    """Whether the least that the instance costs is used up. A configured delay overrules it."""
    if limits.scale_in_delay_seconds is not None:
        return True
    return now - instance.launched_at >= limits.minimum_billed_seconds - limits.interval_seconds


def _may_hold_message(instance: Instance, now: float, limits: Limits) -> bool:
    if instance.phase is Phase.BOOTING:
        return False
    return now - _last_use(instance) < limits.longest_task_seconds


def _last_use(instance: Instance) -> float:
    """The last answer; an instance that gave none yet counts from its launch."""
    if instance.last_busy_at is None:
        return instance.launched_at
    return max(instance.last_busy_at, instance.launched_at)


def useless(seen: Observation, state: State, limits: Limits) -> tuple[str, ...]:
    """Instances that do nothing for us: a boot that takes too long, a worker that ended."""
    asked = dict(state.draining)
    return tuple(
        one.id for one in seen.instances or () if _is_useless(one, seen.now, asked, limits)
    )


def _is_useless(instance: Instance, now: float, asked: dict[str, float], limits: Limits) -> bool:
    if instance.phase is Phase.ENDED:
        return True
    if instance.phase is Phase.BOOTING:
        return now - instance.launched_at > limits.boot_timeout_seconds
    if instance.phase is Phase.DRAINING:
        return now - asked.get(instance.id, now) > limits.drain_timeout_seconds
    return False


def certain(seen: Observation, suspects: Iterable[str], state: State) -> tuple[str, ...]:
    """Those of `suspects` that may be ended now.

    One that we asked to stop and that has stopped goes at once. Any other must look useless
    twice: it may come from an earlier life, or have been seen in an unlucky moment.
    """
    asked = dict(state.draining)
    ended = {one.id for one in seen.in_phase(Phase.ENDED)}
    return tuple(
        one for one in suspects if one in state.suspects or (one in ended and one in asked)
    )
