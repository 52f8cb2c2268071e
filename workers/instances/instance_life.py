"""What an app instance does next: the same on EC2 and in the emulator. Pure.

One tag of an instance says what the scaler wants of it, the other how it is
(`foundation.fleet.lifecycle`). The program that plays it looks, asks here, and acts.
"""

from enum import Enum, auto

from foundation.fleet import lifecycle

EX_CONFIG = 78
"""A worker's exit status (sysexits.h): no start with this configuration can succeed."""

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
"""A worker that dies is started again after pauses that double."""


class Worker(Enum):
    """The instance's Celery worker."""

    NONE = auto()  # not started, or its end was noted
    STARTING = auto()
    READY = auto()  # takes messages
    ENDED = auto()


class Step(Enum):
    """What to do now."""

    NOTHING = auto()
    START = auto()
    START_AGAIN = auto()  # note its end, pause, and say that it boots
    STOP = auto()  # SIGTERM: take no more messages, finish what is in hand
    SAY_READY = auto()
    SAY_ENDED = auto()
    GIVE_UP = auto()  # it can't start with this configuration


def next_step(
    worker: Worker,
    reported: str,
    *,
    is_wanted: bool,
    may_start: bool = True,
    was_asked_to_stop: bool = False,
    exit_status: int | None = None,
) -> Step:
    """The one thing to do now.

    Parameters:
        said: the instance's own tag.
        may_start: whether its boot, or a pause, is over.
        exit_status: that of a worker that has ended.
    """
    if not is_wanted:
        if worker in (Worker.STARTING, Worker.READY):  # it finishes what is in hand
            return Step.NOTHING if was_asked_to_stop else Step.STOP
        return Step.NOTHING if reported == lifecycle.ENDED else Step.SAY_ENDED
    if worker is Worker.NONE:
        return Step.START if may_start else Step.NOTHING
    if worker is Worker.ENDED:
        return Step.GIVE_UP if exit_status == EX_CONFIG else Step.START_AGAIN
    if worker is Worker.READY and reported != lifecycle.READY:
        return Step.SAY_READY
    return Step.NOTHING


def longer_pause(seconds: float) -> float:
    """Twice the pause, up to the longest one, in seconds."""
    return min(seconds * 2, LONGEST_PAUSE_SECONDS)
