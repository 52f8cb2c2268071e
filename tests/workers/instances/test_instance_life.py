"""What an instance does next, in every state that it may be seen in."""

from __future__ import annotations

import pytest

from foundation.fleet.lifecycle import BOOTING, ENDED, READY
from workers.instances.instance_life import EX_CONFIG, Step, View, Worker, longer_pause, next_step


@pytest.mark.parametrize(
    ("view", "step"),
    [
        (View(is_wanted=True, worker=Worker.NONE, said=BOOTING, may_start=False), Step.NOTHING),
        (View(is_wanted=True, worker=Worker.NONE, said=BOOTING), Step.START),
        (View(is_wanted=True, worker=Worker.STARTING, said=BOOTING), Step.NOTHING),
        (View(is_wanted=True, worker=Worker.READY, said=BOOTING), Step.SAY_READY),
        (View(is_wanted=True, worker=Worker.READY, said=READY), Step.NOTHING),
        (View(is_wanted=True, worker=Worker.ENDED, said=READY, exit_status=-9), Step.START_AGAIN),
        (View(is_wanted=True, worker=Worker.ENDED, said=READY, exit_status=0), Step.START_AGAIN),
        (
            View(is_wanted=True, worker=Worker.ENDED, said=BOOTING, exit_status=EX_CONFIG),
            Step.GIVE_UP,
        ),
        (View(is_wanted=False, worker=Worker.READY, said=READY), Step.STOP),
        (View(is_wanted=False, worker=Worker.STARTING, said=BOOTING), Step.STOP),
        (
            View(is_wanted=False, worker=Worker.READY, said=READY, was_asked_to_stop=True),
            Step.NOTHING,
        ),
        (View(is_wanted=False, worker=Worker.ENDED, said=READY, exit_status=0), Step.SAY_ENDED),
        (View(is_wanted=False, worker=Worker.NONE, said=BOOTING), Step.SAY_ENDED),
        (View(is_wanted=False, worker=Worker.ENDED, said=ENDED), Step.NOTHING),
        (
            View(is_wanted=False, worker=Worker.ENDED, said=READY, exit_status=EX_CONFIG),
            Step.SAY_ENDED,
        ),
    ],
)
def test_next_step(view: View, step: Step) -> None:
    assert next_step(view) is step


def test_pauses_double_and_stay_bearable() -> None:
    assert [longer_pause(seconds) for seconds in (0.5, 1.0, 20.0, 30.0)] == [1.0, 2.0, 30.0, 30.0]
