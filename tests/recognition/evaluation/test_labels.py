"""Wrongly labelled pictures are found, and others left alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from recognition.evaluation.galleries import labelled_faces
from recognition.evaluation.labels import DoubtfulPicture, doubtful_pictures
from tests.recognition.evaluation.crowd import crowd


def doubtful(names: list[str], embeddings: np.ndarray, several: int = -1) -> list[DoubtfulPicture]:
    faces = labelled_faces(embeddings, names, "mean", 1.0)
    paths = [Path(f"{number}.jpg") for number in range(len(names))]
    shows_several = [number == several for number in range(len(names))]
    return doubtful_pictures(faces, names, paths, shows_several, pair_threshold=1.1)


def test_right_labels_are_not_doubted() -> None:
    embeddings, names = crowd(people=5, pictures=4, strangers=0)

    assert doubtful(names, embeddings) == []


def test_a_picture_of_somebody_else_is_named_with_who_it_is() -> None:
    embeddings, names = crowd(people=5, pictures=4, strangers=0)
    names[1] = "person 003"

    (found,) = doubtful(names, embeddings)

    assert found.path == Path("1.jpg") and found.person == "person 003"
    assert found.why == "unlike the person's 4 other pictures, and more like person 000"


def test_a_picture_with_several_faces_may_show_the_wrong_one() -> None:
    embeddings, names = crowd(people=5, pictures=4, strangers=1)
    embeddings[0], embeddings[-1] = embeddings[-1].copy(), embeddings[0].copy()

    (found,) = doubtful(names[:-1], embeddings[:-1], several=0)

    assert found.why.endswith("it shows several faces: perhaps the wrong one was taken")


def test_of_two_pictures_neither_is_doubted() -> None:
    embeddings, names = crowd(people=5, pictures=2, strangers=0)
    names[0], names[2] = names[2], names[0]

    assert doubtful(names, embeddings) == []
