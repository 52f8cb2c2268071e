"""Functions and instances together: how many functions now, and which load pays for an instance.
Pure.

A function is ready within seconds, and costs nothing while it waits. But a picture costs about
three times what it costs on a busy instance. So functions take what can't wait for a boot, and
trickles. An instance is launched for a load that lasts long enough to repay its boot.

Functions start only where everything that bounds them was seen: how many run, how many more may,
and what today's cost. Each is counted at the most that it may cost, before it starts.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from scaler.deciding.estimates import Load
from scaler.deciding.values import Instance, Limits, Observation, Phase, State

PLAN_SHARE = 0.4
"""Part of the promised time in which functions answer what waits. Fewer functions answer later;
each function more pays for one more cold start. At 0.2 bursts of 50 and 100 cost a tenth more."""

KEEP_SHARE = 0.7
"""An instance is kept while it has this part of the load that pays for launching it."""

DOUBT_SECONDS = 20.0
"""Functions that leave pictures waiting for longer are helped by an instance, and instances by
functions: they may all fail."""

WAKE_SECONDS = 0.25
"""How often the database is asked whether a picture came, while no instance is ready."""

NEXT_SECONDS = 0.2
"""Who sends one picture at a time sends the next this soon after an answer. Waking for later ones,
too, takes so many runs at a picture a second that Lambda's own event source is cheaper."""

IDLE_INTERVALS = 5
"""With nothing there and nothing to do, every fifth look is enough: a new job wakes the scaler."""


def usable(seen: Observation, limits: Limits) -> int:
    """Functions that run or may be started: by setting, account and budget."""
    if seen.functions_running is None or limits.function_maximum == 0:
        return 0
    return seen.functions_running + startable(seen, limits)


def startable(seen: Observation, limits: Limits) -> int:
    """Functions that may be started now. What was not seen allows none."""
    running, allowed = seen.functions_running, seen.functions_allowed
    if running is None or allowed is None:
        return 0
    return max(min(limits.function_maximum - running, allowed, _affordable(seen, limits)), 0)


def most_dollars_of_one(limits: Limits) -> float:
    """What one function may cost: its time, and a picture that it took at the end of it."""
    seconds = limits.function_run_seconds + limits.longest_task_seconds
    return seconds * limits.function_second_dollars + limits.function_start_dollars


def _affordable(seen: Observation, limits: Limits) -> int:
    """How many the day's budget takes, with those that run counted at their most."""
    if seen.function_seconds_today is None or seen.functions_running is None:
        return 0
    spent = seen.function_seconds_today * limits.function_second_dollars
    each = most_dollars_of_one(limits)
    left = limits.function_dollars_a_day - spent - seen.functions_running * each
    return math.floor(left / each)


def to_start(
    work: Load, ready: int, boot_seconds_left: Sequence[float], seen: Observation, limits: Limits
) -> int:
    """Functions to start now, for pictures that nobody else answers soon."""
    running = seen.functions_running or 0
    slots = ready * limits.slots_per_instance
    waiting = work.backlog_low - slots - running
    if waiting <= 0:
        return 0
    soon = max(PLAN_SHARE * limits.target_latency_seconds, work.function_start_seconds)
    working = ready * soon + sum(max(soon - left, 0.0) for left in boot_seconds_left)
    by_instances = working * limits.slots_per_instance / work.service_seconds
    coming = work.rate_low * soon
    by_functions = running * soon / work.function_service_seconds
    unserved = waiting + coming - by_instances - by_functions
    if unserved <= 0:
        return 0
    serving = max(soon - work.function_start_seconds, work.function_service_seconds)
    wanted = math.ceil(unserved * work.function_service_seconds / serving)
    return min(wanted, waiting, startable(seen, limits))


def served_by_functions(work: Load, functions: int, seconds: float) -> float:
    """Pictures that this number of functions answers in this time."""
    serving = max(seconds - work.function_start_seconds, 0.0)
    return functions * serving / work.function_service_seconds


def saved_a_second(work: Load, limits: Limits) -> float:
    """Dollars a second that functions cost for what one busy instance does."""
    slower = work.function_service_seconds / work.service_seconds
    return limits.slots_per_instance * slower * limits.function_second_dollars


def repaying_seconds(work: Load, limits: Limits) -> float:
    """An instance that is busy for so long from its launch costs what functions would cost."""
    saved, cost = saved_a_second(work, limits), limits.instance_second_dollars
    if saved <= cost:
        return math.inf
    idle = work.boot_seconds / 2  # what it is kept for when the work is done, on average
    return (saved * work.boot_seconds + cost * idle) / (saved - cost)


def instances_that_pay(rate: float, share: float, work: Load, limits: Limits) -> int:
    """Instances that a lasting rate is cheaper with.

    Each costs the same, however little it does: the last one pays from this part of its capacity
    on. `share` asks for less than the whole of that part.
    """
    pays = share * limits.instance_second_dollars / saved_a_second(work, limits)
    if pays > 1:
        return 0
    busy = rate * work.service_seconds / limits.slots_per_instance
    return math.floor(busy + 1 - pays)


def remember(
    work: Load, present: int, seen: Observation, before: State, state: State, limits: Limits
) -> State:
    """Remember since when nothing was answered, and what functions cost more than instances.

    When that sum is what launching the missing instances costs, they are launched. This costs at
    most twice what knowing the future would (Karlin, Manasse, McGeoch and Owicki 1994).
    """
    since = before.needs[-1][0] if before.needs else seen.now
    seconds = min(seen.now - since, IDLE_INTERVALS * limits.interval_seconds)
    regret = max(before.function_regret + _loss_a_second(work, present, limits) * seconds, 0.0)
    answered = before.outstanding + (seen.arrived or 0) - state.outstanding
    stalled = work.backlog_low > 0 and answered <= 0
    stalled_since = (before.stalled_since or seen.now) if stalled else None
    return replace(state, function_regret=regret, stalled_since=stalled_since)


def _loss_a_second(work: Load, present: int, limits: Limits) -> float:
    """Dollars a second that functions cost more than the instances that are missing."""
    missing = instances_that_pay(work.rate_high, 1.0, work, limits) - present
    if missing <= 0:
        return -limits.instance_second_dollars
    busy = work.rate_high * work.service_seconds / limits.slots_per_instance - present
    saved = min(busy, missing) * saved_a_second(work, limits)
    return saved - missing * limits.instance_second_dollars


def missing_for_lasting_rate(work: Load, present: int, state: State, limits: Limits) -> int:
    """Instances to launch because functions have cost as much as launching these.

    Nothing lasts that brought no picture since the last look.
    """
    if not (state.arrivals and state.arrivals[-1][1]):
        return 0
    launch_seconds = max(work.boot_seconds, limits.minimum_billed_seconds / 2)
    repaid = state.function_regret / (launch_seconds * limits.instance_second_dollars)
    missing = instances_that_pay(work.rate_low, KEEP_SHARE, work, limits) - present
    return max(min(missing, math.floor(repaid)), 0)


def is_doubtful(seen: Observation, state: State) -> bool:
    """Nothing was answered for long: functions may all fail, so an instance is launched, too."""
    return state.stalled_since is not None and seen.now - state.stalled_since >= DOUBT_SECONDS


def needed_to_keep(work: Load, present: int, limits: Limits) -> int:
    """Instances below which none is let go where functions can do the rest.

    While messages wait, every instance shortens the queue, as in `sizing.needed_to_keep`.
    """
    waiting = work.backlog_high - present * limits.slots_per_instance
    speed = limits.slots_per_instance / work.service_seconds
    if waiting > present * speed * PLAN_SHARE * limits.target_latency_seconds:
        return present
    return min(instances_that_pay(work.rate_high, KEEP_SHARE, work, limits), present)


def asks_queue(instances: Sequence[Instance] | None, seconds: float, limits: Limits) -> bool:
    """Whether a look asks the queue again, by the seconds since it last did. Each time costs.

    Functions need it only for messages of others, since the database knows the jobs. It says of
    instances whether they hang.
    """
    if instances is None or instances or limits.function_maximum == 0:
        return True
    return seconds > (IDLE_INTERVALS - 0.5) * limits.interval_seconds


def longest_pause(seen: Observation, limits: Limits) -> float:
    """Seconds to the next look, if no job comes before."""
    is_idle = not (seen.instances or seen.functions_running or seen.outstanding or seen.depth)
    return limits.interval_seconds * (IDLE_INTERVALS if wakes(seen, limits) and is_idle else 1)


def wakes(seen: Observation, limits: Limits) -> bool:
    """Whether a job may end the pause: no instance takes it, and functions end with the queue."""
    return limits.function_maximum > 0 and not seen.in_phase(Phase.READY)
