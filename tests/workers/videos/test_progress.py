"""How far a video is, by the names of what is stored."""

from __future__ import annotations

from workers.videos.layout import Progress, progress_of


def test_nothing_is_no_progress() -> None:
    assert progress_of([]) == Progress()


def test_frames_and_faces_are_counted_and_the_last_frame_tells_the_total() -> None:
    keys = ["a/output-00.jpg", "a/output-01.jpg", "a/output-02.jpg", "a/seen-1/00000.json"]

    assert progress_of(keys) == Progress(stored=3, seen=1)
    assert progress_of([*keys, "a/seen-1/00002-last.json"]) == Progress(stored=3, seen=2, total=3)


def test_of_two_splittings_the_one_that_got_furthest_counts() -> None:
    keys = [f"a/seen-1/{n:05}.json" for n in range(3)] + ["a/seen-2/00000-last.json"]

    assert progress_of(keys) == Progress(stored=3, seen=3)


def test_a_frame_that_was_the_last_and_is_not_any_more_is_counted_once() -> None:
    keys = ["a/seen-1/00000-last.json", "a/seen-1/00000.json", "a/seen-1/00001-last.json"]

    assert progress_of(keys) == Progress(stored=2, seen=2, total=2)


def test_the_mark_that_faces_were_merged_is_no_frame() -> None:
    assert progress_of(["a/output-00.jpg", "a/seen-1/merged"]) == Progress(stored=1)
