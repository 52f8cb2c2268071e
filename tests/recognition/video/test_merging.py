"""Who is seen when."""

from __future__ import annotations

from recognition.video.merging import SeenFace, SeenFrame, Span, merge


def frame(number: int, **names: float) -> SeenFrame:
    """A frame a second, with people and how alike they are; `nobody` is unknown."""
    faces = tuple(
        SeenFace(
            name=None if name == "nobody" else name,
            box=(0, 0, 9, 9),
            probability=1.0,
            similarity=similarity,
        )
        for name, similarity in names.items()
    )
    return SeenFrame(number=number, file=f"output-{number:02}.jpg", seconds=number, faces=faces)


def test_frames_in_a_row_are_one_span() -> None:
    seen = merge([frame(0, Ann=0.9), frame(1, Ann=0.8), frame(2), frame(3, Ann=0.7)])

    (ann,) = seen.people
    assert ann.spans == (Span(from_seconds=0, to_seconds=1), Span(from_seconds=3, to_seconds=3))
    assert ann.frames == (0, 1, 3)
    assert ann.best_file == "output-00.jpg"


def test_the_order_of_the_frames_does_not_matter() -> None:
    frames = [frame(0, Ann=0.9), frame(1, Bo=0.8), frame(2, Ann=0.7, Bo=0.6)]

    assert merge(frames) == merge(frames[::-1])


def test_a_person_of_many_frames_is_surer_than_a_closer_likeness_in_one() -> None:
    seen = merge([frame(0, Ann=0.7), frame(1, Ann=0.7), frame(2, Bo=0.95), frame(3, Ann=0.7)])

    assert seen.answer == "Ann"
    assert [person.name for person in seen.people] == ["Ann", "Bo"]


def test_frames_without_a_face_make_nobody_less_sure() -> None:
    assert merge([frame(0), frame(1), frame(2, Ann=0.9)]).people[0].certainty == 0.9


def test_the_same_person_twice_in_a_frame_counts_once() -> None:
    twice = SeenFrame(
        number=0, file="f", seconds=0, faces=frame(0, Ann=0.9).faces + frame(0, Ann=0.6).faces
    )

    assert merge([twice]).people[0].certainty == 0.9


def test_without_a_name_the_answer_says_whether_there_was_a_face() -> None:
    assert merge([frame(0), frame(1, nobody=0.1)]).answer == "unknown"
    assert merge([frame(0), frame(1)]).answer == "no face"
    assert merge([]).answer == "no face"
