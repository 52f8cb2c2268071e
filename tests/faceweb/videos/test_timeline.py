"""Who is seen when, in numbers and words."""

from __future__ import annotations

from typing import Any

import pytest

from faceweb.videos.timeline import WIDTH, clock, frames_of, lanes_of


def frame(number: int, seconds: float, *names: str | None, error: str | None = None) -> Any:
    faces = [{"name": name} for name in names]
    return {"number": number, "seconds": seconds, "error": error, "faces": faces}


FRAMES = [frame(n, 2.0 * n, "Ann") for n in range(5)]


def person(*spans: tuple[float, float]) -> Any:
    return {
        "name": "Ann",
        "certainty": 0.804,
        "best_frame": 2,
        "frames": [0, 1, 4],
        "spans": [{"from_seconds": start, "to_seconds": end} for start, end in spans],
    }


def test_a_frame_stands_for_the_time_until_the_next_one() -> None:
    (shown,) = lanes_of([person((0.0, 2.0), (8.0, 8.0))], FRAMES)

    assert [(bar.x, bar.width) for bar in shown.bars] == [
        (0.0, 0.4 * WIDTH),
        (0.8 * WIDTH, pytest.approx(0.2 * WIDTH)),
    ]
    assert (shown.percent, shown.frames) == (80, 3)
    assert [(one.seconds, one.words) for one in shown.times] == [
        (0.0, "0:00.0 to 0:02.0"), (8.0, "0:08.0"),
    ]  # fmt: skip


def test_no_bar_leaves_the_line_with_a_single_frame() -> None:
    (shown,) = lanes_of([person((0.0, 0.0))], FRAMES[:1])

    assert [(bar.x, bar.width) for bar in shown.bars] == [(0.0, WIDTH)]


def test_without_frames_there_is_nothing_to_draw() -> None:
    assert lanes_of([], []) == []


def test_a_frame_names_whom_it_shows_and_counts_the_others() -> None:
    shown = frames_of([frame(0, 0.0, "Bo", None, "Ann", None), frame(1, 1.0, error="Broken.")])

    assert (shown[0]["names"], shown[0]["strangers"]) == (["Ann", "Bo"], 2)
    assert (shown[1]["names"], shown[1]["error"]) == ([], "Broken.")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0:00.0"),
        (59.96, "1:00.0"),
        (83.4, "1:23.4"),
        (3600.0, "1:00:00.0"),
        (4000, "1:06:40.0"),
    ],
)
def test_times_are_read_as_on_a_clock(seconds: float, words: str) -> None:
    assert clock(seconds) == words
