"""Ready instances that stand still: they hold jobs, or should, and answer nothing. Pure.

A worker can hang with its process alive, so that its instance says "ready" for ever. Ending it is
harmless: what it holds is visible again after the visibility timeout.
"""

from dataclasses import replace

from scaler.deciding.values import Instance, Limits, Observation, Phase, State


def watch(seen: Observation, state: State, limits: Limits) -> State:
    """Remember since when each instance is ready, and since when jobs wait for the fleet.

    Jobs wait only while the queue holds messages: where the web tier is away, answers are not
    collected, and the workers are not to blame. SQS may read an empty queue by mistake, once.
    """
    if seen.instances is None or seen.outstanding is None or seen.depth is None:
        return forget_waiting(state)
    is_empty = seen.depth == 0
    has_messages = not (is_empty and state.queue_was_empty)
    ready = seen.in_phase(Phase.READY)
    known = dict(state.ready_since)
    others_hold = limits.slots_per_instance * (len(ready) - 1)
    last_answer = max((one.last_busy_at or 0.0 for one in ready), default=0.0)
    waits = bool(ready) and has_messages and state.outstanding > 0
    overloaded = waits and state.outstanding > others_hold
    waiting = _since(state.waiting_since, waits, seen.now)
    return replace(
        state,
        ready_since=tuple((one.id, known.get(one.id, seen.now)) for one in ready),
        waiting_since=None if waiting is None else max(waiting, last_answer),
        overloaded_since=_since(state.overloaded_since, overloaded, seen.now),
        queue_was_empty=is_empty,
    )


def forget_waiting(state: State) -> State:
    """Start again: after a long pause, or a look that saw only a part, nothing is certain."""
    return replace(state, waiting_since=None, overloaded_since=None)


def _since(before: float | None, still: bool, now: float) -> float | None:
    if not still:
        return None
    return now if before is None else before


def hangs(instance: Instance, now: float, state: State, seconds: float) -> bool:
    """Whether a ready instance stands still.

    It answered nothing for `seconds`, while nobody did, or while more jobs were open than
    the other instances can hold.
    """
    ready_at = dict(state.ready_since).get(instance.id, now)
    last_answer = max(instance.last_busy_at or 0.0, ready_at)
    long_ago = now - seconds
    nobody_answers = state.waiting_since is not None and state.waiting_since <= long_ago
    too_many = state.overloaded_since is not None and state.overloaded_since <= long_ago
    return last_answer <= long_ago and (nobody_answers or too_many)
