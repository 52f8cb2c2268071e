"""FPIR and TPIR by gallery, on synthetic faces."""

from __future__ import annotations

import numpy as np
import pytest

from recognition.evaluation.galleries import GalleryShape, Trial, labelled_faces
from recognition.evaluation.open_set_figures import (
    detection_error_trade_off,
    figures,
    figures_of,
    shapes_of,
)
from tests.recognition.evaluation.crowd import crowd


def shape(people: int, examples: int) -> GalleryShape:
    return GalleryShape(people=people, examples=examples)


def test_galleries_are_of_10_50_and_all_people() -> None:
    embeddings, names = crowd(people=60, pictures=4, strangers=30)
    faces = labelled_faces(embeddings, names, "mean", 1.0)

    assert shapes_of(faces) == [shape(n, k) for n in (10, 50, 60) for k in (1, 3)]


def test_without_strangers_not_everybody_is_in_a_gallery() -> None:
    embeddings, names = crowd(people=60, pictures=2, strangers=0)
    faces = labelled_faces(embeddings, names, "mean", 1.0)

    assert shapes_of(faces) == [shape(10, 1)]  # 50 people leave only 10 strangers


def test_a_loose_threshold_names_everybody_and_a_strict_one_nobody() -> None:
    embeddings, names = crowd(people=20, pictures=2, strangers=50)
    faces = labelled_faces(embeddings, names, "mean", 1.0)

    for found in figures(faces, lambda _: 2.0):
        assert (found.fpir, found.tpir) == (1.0, 1.0)
    for found in figures(faces, lambda _: 1e-6):
        assert (found.fpir, found.tpir) == (0.0, 0.0)
        assert found.tpir_at_rate > 0.9  # what it could be


TRIAL = Trial(
    strangers=np.array([0.4, 0.6, 0.8, 1.0]),
    probes=np.array([0.1, 0.5, 0.7, 0.3]),
    right=np.array([True, True, True, False]),
)


def test_the_curve_goes_from_strict_to_loose() -> None:
    named, missed = detection_error_trade_off([TRIAL])

    assert named == pytest.approx([0.25, 0.5, 0.75, 1.0])
    assert missed == pytest.approx([0.75, 0.5, 0.25, 0.25])  # a wrong name is never found


def test_figures_are_means_over_the_trials() -> None:
    other = Trial(strangers=np.array([2.0]), probes=np.array([3.0]), right=np.array([True]))

    found = figures_of(shape(4, 1), [TRIAL, other], 0.6)

    assert (found.fpir, found.tpir) == (0.25, 0.25)
