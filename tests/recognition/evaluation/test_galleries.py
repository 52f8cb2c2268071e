"""Random galleries: the many distances at once are those of matching, and shares are right."""

from __future__ import annotations

import numpy as np
import pytest

from recognition.evaluation.galleries import (
    STRANGER,
    GalleryShape,
    Trial,
    distances,
    labelled_faces,
    possible,
    try_gallery,
)
from recognition.matching import Rule, distance_to
from tests.recognition.evaluation.crowd import crowd


@pytest.mark.parametrize("rule", ["nearest", "mean"])
@pytest.mark.parametrize("length", [0.0, 1.0, 1.4])
def test_distances_are_those_of_matching(rule: Rule, length: float) -> None:
    embeddings, names = crowd(people=4, pictures=3, strangers=5)
    faces = labelled_faces(embeddings, names, rule, length)
    gallery = np.array([rows[:2] for rows in faces.people])

    found = distances(faces, faces.strangers, gallery)

    for column, rows in enumerate(gallery):
        for line, probe in enumerate(faces.strangers):
            expected = distance_to(embeddings[probe], embeddings[rows], rule, length)
            assert found[line, column] == pytest.approx(expected, abs=1e-6)


def test_a_gallery_holds_nobody_s_probe_and_no_stranger() -> None:
    embeddings, names = crowd(people=6, pictures=3, strangers=4, spread=0.0)
    faces = labelled_faces(embeddings, names, "nearest", 1.0)

    trial = try_gallery(faces, GalleryShape(people=2, examples=2), np.random.default_rng(1))

    # Pictures of a person are the same here: all are found, and nobody else is.
    assert trial.tpir(1e-6) == 1.0
    assert trial.fpir(1e-6) == 0.0
    assert len(trial.strangers) == 4 + 4  # the strangers, and one picture of who is not enrolled


def test_people_with_too_few_pictures_are_not_drawn() -> None:
    embeddings, names = crowd(people=3, pictures=2, strangers=1)
    faces = labelled_faces(embeddings, names, "mean", 1.0)

    assert possible(faces, GalleryShape(people=3, examples=1))
    assert not possible(faces, GalleryShape(people=3, examples=2))
    assert not possible(faces, GalleryShape(people=4, examples=1))


def test_shares_of_a_trial() -> None:
    trial = Trial(
        strangers=np.array([0.5, 0.9, 1.0, 1.2]),
        probes=np.array([0.3, 0.4, 0.95]),
        right=np.array([True, False, True]),
    )

    assert trial.fpir(0.9) == 0.5  # at the threshold is near enough
    assert trial.tpir(0.9) == pytest.approx(1 / 3)  # a wrong name is no right one
    assert trial.tpir(0.95) == pytest.approx(2 / 3)


def test_halves_share_nobody() -> None:
    embeddings, names = crowd(people=5, pictures=2, strangers=7)
    faces = labelled_faces(embeddings, names, "mean", 1.0)

    one, other = faces.halves(np.random.default_rng(3))

    rows = [set(np.concatenate([*half.people, half.strangers]).tolist()) for half in (one, other)]
    assert not rows[0] & rows[1]
    assert len(rows[0] | rows[1]) == len(names)
    assert {name for name in names if name != STRANGER} == {
        names[row] for half in (one, other) for rows in half.people for row in rows
    }
