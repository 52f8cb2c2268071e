"""The function that answers pictures of the request queue: the names of its runs, and its time."""

from foundation.config import Settings

FUNCTION_PREFIX = "burst-"
"""Begins the name of each run of it, which is what its answers say in place of an instance's id."""

GRACE_SECONDS = 1
"""How long a run waits for its first message. After an answer it waits for none: a second of
waiting costs more than the next start of a function that is still there."""

ENDING_SECONDS = 5


def burst_timeout_seconds(settings: Settings) -> int:
    """Lambda's time-out: what it takes messages for, and the longest task after that."""
    return int(settings.burst_run_seconds + settings.task_time_limit_seconds) + ENDING_SECONDS
