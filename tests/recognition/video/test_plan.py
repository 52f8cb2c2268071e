"""Which frames are looked at."""

from __future__ import annotations

import pytest

from recognition.video.plan import MAX_FRAMES, FramePlan


@pytest.mark.parametrize(
    ("plan", "duration", "times"),
    [
        (FramePlan(), 10.0, [0.0]),
        (FramePlan(), None, [0.0]),
        (FramePlan(frames=4), 10.0, [0.0, 2.5, 5.0, 7.5]),
        (FramePlan(frames=3), None, [0.0, 1.0, 2.0]),  # of unknown length: one a second
        (FramePlan(frames=1), 10.0, [0.0]),
        (FramePlan(interval_seconds=4.0), 10.0, [0.0, 4.0, 8.0]),
        (FramePlan(interval_seconds=5.0), 10.0, [0.0, 5.0]),  # 10 s is after the last frame
        (FramePlan(interval_seconds=4.0, frames=2), 10.0, [0.0, 4.0]),
        (FramePlan(interval_seconds=60.0), 10.0, [0.0]),
        (FramePlan(frames=3), 0.0, [0.0]),
    ],
)
def test_the_times_of_a_plan(plan: FramePlan, duration: float | None, times: list[float]) -> None:
    assert list(plan.times(duration)) == pytest.approx(times)


def test_no_plan_takes_more_than_the_most() -> None:
    assert len(list(FramePlan(interval_seconds=0.001).times(None))) == MAX_FRAMES
    assert len(list(FramePlan(frames=5 * MAX_FRAMES).times(1e6))) == MAX_FRAMES


def test_only_the_default_is_the_first_frame_alone() -> None:
    assert FramePlan().only_first
    assert not FramePlan(frames=1).only_first
    assert not FramePlan(interval_seconds=1.0).only_first
