"""What of an enrolment is learnt, and what is warned of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recognition.enrolment.learning import (
    Known,
    NearPerson,
    NewExample,
    learn,
    look_alike_threshold,
    why_not_learnt,
)
from recognition.gallery.gallery import example_id
from recognition.gallery.names import name_key
from recognition.registry.models import MODELS

DLIB = replace(MODELS["dlib"], length=0.0)
"""Embeddings are compared as they are, so that distances are those of places on a line."""


def face(person: str, at: float, source: str = "", **more: object) -> NewExample:
    """An example on a line: the distance between two is that of their places."""
    vector = np.zeros(128, np.float32)
    vector[0] = at
    source = source or f"{person}/{at}.jpg"
    values = {"sha256": f"{person}{at}{source}", **more}
    return NewExample(person=person, source=source, embedding=vector, **values)  # type: ignore[arg-type]


def test_distinct_examples_are_learnt_without_a_word() -> None:
    learnt = learn([face("Ann", 0), face("Ann", 0.3), face("Bob", 5)], Known(), DLIB)

    assert [one.person for one in learnt.examples] == ["Ann", "Ann", "Bob"]
    assert learnt.warnings == learnt.twice == ()


@pytest.mark.parametrize(
    "again",
    [face("ann", 0, "2.jpg"), face("Ann", 0.2, "2.jpg", sha256="bytes")],
    ids=["the same embedding", "the same bytes"],
)
def test_the_same_picture_twice_is_said_and_not_added(again: NewExample) -> None:
    learnt = learn([face("Ann", 0, "1.jpg", sha256="bytes"), again], Known(), DLIB)

    assert [one.source for one in learnt.examples] == ["1.jpg"]
    assert [(note.source, note.text) for note in learnt.twice] == [
        ("2.jpg", "the same picture as 1.jpg; it was not added again")
    ]


def test_an_example_that_the_person_has_already_is_said_and_not_added() -> None:
    one = face("Ann", 0, "1.jpg")
    known = Known(examples={name_key("ANN"): {example_id(one.embedding)}}, count=1)

    learnt = learn([one], known, DLIB)

    assert learnt.examples == ()
    assert "an example that Ann has already" in learnt.twice[0].text


def test_a_picture_from_another_engine_is_the_same_picture() -> None:
    near = face("Ann", 0, "1.jpg", near=[NearPerson(name="Ann", distance=1e-4)])

    assert "an example that Ann has already" in learn([near], Known(count=1), DLIB).twice[0].text


def test_somebody_elses_example_nearby_is_named() -> None:
    near = [NearPerson(name="Ann", distance=0.1), NearPerson(name="Bob", distance=0.31)]
    far = [NearPerson(name="Zoe", distance=0.7)]

    learnt = learn([face("ann", 0, near=near), face("Cid", 9, near=far)], Known(), DLIB)

    assert len(learnt.examples) == 2
    (warning,) = learnt.warnings
    assert warning.source == "ann/0.jpg"
    assert "ann looks like Bob (distance 0.31" in warning.text


def test_the_same_picture_of_two_people_is_said_as_such() -> None:
    learnt = learn([face("Ann", 0, "a.jpg"), face("Bob", 0, "b.jpg")], Known(), DLIB)

    assert len(learnt.examples) == 2
    (warning,) = learnt.warnings
    assert warning.text == "the same picture as Bob in b.jpg: it can't show Ann, too"


def test_two_people_who_are_alike_in_many_pictures_are_told_once_by_the_nearest() -> None:
    new = [face("Ann", place / 100) for place in range(5)]
    new += [face("Bob", 0.3 + place / 100) for place in range(5)]

    (warning,) = learn(new, Known(), DLIB).warnings

    assert warning.source == "Ann/0.04.jpg" and "Bob in Bob/0.3.jpg (" in warning.text


def test_several_faces_and_doubtful_ones_are_told() -> None:
    several = face("Ann", 0, faces=3, box=(10, 20, 110, 140))
    doubtful = face("Bob", 9, doubt="hardly a face (0.80 probable, 0.90 needed)")

    first, second = learn([several, doubtful], Known(), DLIB).warnings

    assert first.text == "3 faces; the one of 100x120 pixels at 10,20 was learnt as Ann"
    assert "hardly a face" in second.text


def test_in_a_large_gallery_a_look_alike_must_be_nearer() -> None:
    assert look_alike_threshold(DLIB, 2) == DLIB.pair_threshold
    assert look_alike_threshold(DLIB, 10_000) < look_alike_threshold(DLIB, 1_000) < 0.46


@pytest.mark.parametrize(
    ("left_out", "sure", "only_one", "why"),
    [
        ([], 0, False, "no face was found"),
        (["too small (9 of 15 pixels)", None], 1, False, "the face is too small"),
        ([None, None], 2, True, "it shows 2 faces"),
        ([None, None], 2, False, None),
        ([None, "too blurred"], 1, True, None),
    ],
)
def test_why_a_picture_gives_no_example(
    left_out: list[str | None], sure: int, only_one: bool, why: str | None
) -> None:
    told = why_not_learnt(left_out, sure, only_one)

    assert told is None if why is None else told is not None and told.startswith(why)
