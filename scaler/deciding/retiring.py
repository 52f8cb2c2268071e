"""Who goes, and when: instances that are useless, and those that are not needed any more."""

import math
from collections.abc import Iterable

from scaler.deciding.hanging import hangs
from scaler.deciding.values import Instance, Limits, Observation, Phase, State

FEWEST_LOOKS = 3
"""Nothing shrinks on fewer looks than this, however short the delay."""


def longest_delay(boot_seconds: float, limits: Limits) -> float:
    """The longest that an instance may be unneeded before it goes.

    Idling for as long as a boot takes costs what booting again would cost. So no instance should
    idle longer ("delayed off" of Gandhi, Gupta, Harchol-Balter and Kozuch 2010).
    """
    configured = limits.scale_in_delay_seconds
    return _at_least_some_looks(boot_seconds if configured is None else configured, limits)


def _at_least_some_looks(seconds: float, limits: Limits) -> float:
    return max(seconds, (FEWEST_LOOKS - 0.75) * limits.interval_seconds)


GOLDEN = (math.sqrt(5) - 1) / 2
SHORTEST_SHARE = 0.25
"""The least share of a boot's time. Sooner, chance alone would send instances away and launch them
again."""


def level_delay(level: int, boot_seconds: float, limits: Limits) -> float:
    """How long the `level`-th instance may be unneeded.

    Waiting for exactly the break-even time costs at most twice the best choice in hindsight, and
    so much after every burst. Times spread by the density e^x / (e - 1) over the break-even time
    cost at most e / (e - 1) = 1.58 times it on average (Karlin, Manasse, McGeoch and Owicki
    1994). The policy draws no lots: the levels are spread over that density by the golden ratio.
    """
    if limits.scale_in_delay_seconds is not None:
        return longest_delay(boot_seconds, limits)
    share = math.log1p((math.e - 1) * (level * GOLDEN % 1.0))
    return _at_least_some_looks(max(share, SHORTEST_SHARE) * boot_seconds, limits)


def push_need(
    needs: tuple[tuple[float, int], ...], now: float, need: int, delay: float
) -> tuple[tuple[float, int], ...]:
    """Add a look's need to the staircase: the moments of the last `delay` when most was needed,
    then when most was needed after that, and so on."""
    kept = [entry for entry in needs if entry[0] > now - delay]
    while kept and kept[-1][1] <= need:
        kept.pop()
    return (*kept, (now, need))


def held_need(
    needs: tuple[tuple[float, int], ...], present: int, boot_seconds: float, limits: Limits
) -> int:
    """How many of the levels were needed within their delay.

    This is the rule of Lu and Chen (arXiv 1112.0442) for each level: the k-th instance goes when
    fewer than k were needed for that time.
    """
    now = needs[-1][0] if needs else 0.0
    return sum(
        now - _last_needed(level, needs) < level_delay(level, boot_seconds, limits)
        for level in range(1, present + 1)
    )


def _last_needed(level: int, needs: tuple[tuple[float, int], ...]) -> float:
    return max((moment for moment, need in needs if need >= level), default=-math.inf)


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
    """Instances that do nothing for us: the boot takes too long, the worker ended or hangs."""
    draining = dict(state.draining)
    return tuple(
        one.id
        for one in seen.instances or ()
        if _is_useless(one, seen.now, draining, limits)
        or (one.phase is Phase.READY and hangs(one, seen.now, state, limits.hang_seconds))
    )


def _is_useless(instance: Instance, now: float, draining: dict[str, float], limits: Limits) -> bool:
    if instance.phase is Phase.ENDED:
        return True
    if instance.phase is Phase.BOOTING:
        return now - instance.launched_at > limits.boot_timeout_seconds
    if instance.phase is Phase.DRAINING:
        return now - draining.get(instance.id, now) > limits.drain_timeout_seconds
    return False


def certain(seen: Observation, suspects: Iterable[str], state: State) -> tuple[str, ...]:
    """Those of `suspects` that may be ended now.

    One that we asked to stop and that has stopped goes at once. Any other must look useless
    twice: it may come from an earlier life, or have been seen in an unlucky moment.
    """
    draining = dict(state.draining)
    ended = {one.id for one in seen.in_phase(Phase.ENDED)}
    return tuple(
        one for one in suspects if one in state.suspects or (one in ended and one in draining)
    )
