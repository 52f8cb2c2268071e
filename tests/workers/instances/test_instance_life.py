"""What an instance does next, in every state that it may be seen in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from foundation.fleet.lifecycle import BOOTING, ENDED, READY
from workers.instances.instance_life import EX_CONFIG, Step, Worker, longer_pause, next_step

view = partial(partial, next_step)


@pytest.mark.parametrize(
    ("seen", "step"),
    [
        (view(Worker.NONE, BOOTING, is_wanted=True, may_start=False), Step.NOTHING),
        (view(Worker.NONE, BOOTING, is_wanted=True), Step.START),
        (view(Worker.STARTING, BOOTING, is_wanted=True), Step.NOTHING),
        (view(Worker.READY, BOOTING, is_wanted=True), Step.SAY_READY),
        (view(Worker.READY, READY, is_wanted=True), Step.NOTHING),
        (view(Worker.ENDED, READY, is_wanted=True, exit_status=-9), Step.START_AGAIN),
        (view(Worker.ENDED, READY, is_wanted=True, exit_status=0), Step.START_AGAIN),
        (
            view(Worker.ENDED, BOOTING, is_wanted=True, exit_status=EX_CONFIG),
            Step.GIVE_UP,
        ),
        (view(Worker.READY, READY, is_wanted=False), Step.STOP),
        (view(Worker.STARTING, BOOTING, is_wanted=False), Step.STOP),
        (
            view(Worker.READY, READY, is_wanted=False, was_asked_to_stop=True),
            Step.NOTHING,
        ),
        (view(Worker.ENDED, READY, is_wanted=False, exit_status=0), Step.SAY_ENDED),
        (view(Worker.NONE, BOOTING, is_wanted=False), Step.SAY_ENDED),
        (view(Worker.ENDED, ENDED, is_wanted=False), Step.NOTHING),
        (
            view(Worker.ENDED, READY, is_wanted=False, exit_status=EX_CONFIG),
            Step.SAY_ENDED,
        ),
    ],
)
def test_next_step(seen: Callable[[], Step], step: Step) -> None:
    assert seen() is step


def test_pauses_double_and_stay_bearable() -> None:
    assert [longer_pause(seconds) for seconds in (0.5, 1.0, 20.0, 30.0)] == [1.0, 2.0, 30.0, 30.0]
