"""How many instances the load needs: the arithmetic of capacity and deadlines.

A fluid picture: an instance serves slots / service time jobs a second from the moment it is
ready. Nothing here knows about readings or noise.
"""

import math
from collections.abc import Sequence

from scaler.deciding import bursting
from scaler.deciding.estimates import Load
from scaler.deciding.values import Limits

PLAN_SHARE = 0.8
"""Part of the promised time that is planned for; the rest is for what a fluid picture omits."""

SHORTEST_SHARE = 0.28
"""New instances get at least this part of the promised time to work off the backlog. Where a boot
alone breaks the promise, a shorter time would only launch more instances that are late. Chosen in
the simulator. At 0.25 bursts of 50 and 100 took one instance more than at 0.28. At 0.3 one in a
thousand of a larger burst was late."""

SHORT_WAIT_SHARE = 0.05
"""A wait of this part of the promised time is nobody's concern. A fleet that keeps up with a
rate leaves 95 % of the pictures a shorter one; a queue that is longer is a queue."""


def jobs_per_second(work: Load, limits: Limits) -> float:
    """What one ready instance serves."""
    return limits.slots_per_instance / work.service_seconds


def plan_seconds(work: Load, limits: Limits) -> float:
    """The time by which what waits now should be served."""
    promised = limits.target_latency_seconds
    soonest = work.boot_seconds + SHORTEST_SHARE * promised
    return max(PLAN_SHARE * promised, soonest)


def missing_for_backlog(
    work: Load, ready: int, boot_seconds_left: Sequence[float], limits: Limits, functions: int = 0
) -> int:
    """Instances to launch so that the backlog, and what comes during a boot, is served in time.

    What is here has the planned time from now; the last one has it from the end of the boot. In
    between everything is linear, so these two moments are enough. With nothing here nothing is
    launched: what came until now says little of what comes, and the first picture will tell.
    Pictures that `functions` answer in that time are left out.
    """
    if work.backlog_low == 0:
        return 0
    plan = plan_seconds(work, limits)
    if functions:
        plan = min(plan, bursting.repaying_seconds(work, limits))
    coming = work.rate_low * work.boot_seconds
    moments = ((work.backlog_low, plan), (work.backlog_low + coming, plan + work.boot_seconds))
    return max(
        _missing(
            jobs - bursting.served_by_functions(work, functions, seconds),
            seconds,
            work,
            ready,
            boot_seconds_left,
            limits,
        )
        for jobs, seconds in moments
    )


def _missing(
    jobs: float,
    seconds: float,
    work: Load,
    ready: int,
    boot_seconds_left: Sequence[float],
    limits: Limits,
) -> int:
    """Return the number of instances to launch so that the jobs are served within the seconds."""
    speed = jobs_per_second(work, limits)
    working_seconds = ready * seconds + sum(max(seconds - left, 0) for left in boot_seconds_left)
    unserved = jobs - working_seconds * speed
    if unserved <= 0:
        return 0
    by_time = math.ceil(unserved / ((seconds - work.boot_seconds) * speed))
    # More slots than messages would stay idle.
    useful = math.ceil(jobs / limits.slots_per_instance) - ready - len(boot_seconds_left)
    return max(min(by_time, useful), 0)


def short_wait_seconds(limits: Limits) -> float:
    """How many seconds count as a short wait."""
    return SHORT_WAIT_SHARE * limits.target_latency_seconds


def needed_for_rate(rate: float, work: Load, limits: Limits) -> int:
    """Instances that keep up with a rate, and wait little.

    In heavy traffic waiting is exponential with mean service time / spare slots (Kingman 1962),
    so 95 % wait less than three times that.
    """
    busy_slots = rate * work.service_seconds
    if busy_slots <= 0:
        return 0
    spare_slots = 3 * work.service_seconds / short_wait_seconds(limits)
    return math.ceil((busy_slots + spare_slots) / limits.slots_per_instance)


def missing_for_rate(work: Load, present: int, limits: Limits) -> int:
    """Instances to launch because pictures keep coming faster than they can be served."""
    waiting = work.backlog_low - present * limits.slots_per_instance
    if waiting <= 0 or work.rate_low <= present * jobs_per_second(work, limits):
        return 0
    busy_slots = work.rate_low * work.service_seconds
    return math.ceil(busy_slots / limits.slots_per_instance) - present


def needed_to_keep(work: Load, present: int, limits: Limits) -> int:
    """Instances that have something to do: below this none is let go.

    While messages wait, every instance shortens the queue, and sending one away would only move
    its work to the others. When nothing is left, nothing is needed: that more may come is what the
    delay before an instance goes is for.
    """
    if work.backlog_high == 0:
        return 0
    waiting = work.backlog_high - present * limits.slots_per_instance
    if waiting > present * jobs_per_second(work, limits) * short_wait_seconds(limits):
        return present
    by_hand = min(math.ceil(work.backlog_high / limits.slots_per_instance), present)
    by_rate = needed_for_rate(work.rate_high, work, limits)
    if work.rate_high * work.service_seconds > 1:
        return max(by_rate, min(by_hand, 1))
    return max(by_rate, by_hand)
