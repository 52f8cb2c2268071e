"""The threshold line on synthetic faces, where the right one can be known."""

from __future__ import annotations

import numpy as np
import pytest

from recognition.evaluation.calibration import (
    TooLittleToCalibrate,
    calibrate,
    fit_line,
    shapes_of,
    threshold_at,
)
from recognition.evaluation.galleries import (
    GalleryShape,
    LabelledFaces,
    Trial,
    labelled_faces,
    try_gallery,
)
from recognition.matching import Rule
from tests.recognition.evaluation.crowd import crowd


def faces_of(rule: Rule = "mean", people: int = 60, strangers: int = 300) -> LabelledFaces:
    embeddings, names = crowd(people=people, pictures=4, strangers=strangers)
    return labelled_faces(embeddings, names, rule, 1.0)


@pytest.mark.parametrize("rule", ["nearest", "mean"])
def test_a_line_keeps_the_fpir_at_every_size_for_strangers_it_never_saw(rule: Rule) -> None:
    fitted = fit_line(faces_of(rule), np.random.default_rng(0), trials=20)
    embeddings, names = crowd(people=60, pictures=4, strangers=2000, seed=99)
    others = labelled_faces(embeddings, names, rule, 1.0)
    random = np.random.default_rng(1)

    assert fitted.line.b > 0 < fitted.line.c
    assert fitted.margin > 0
    for shape in (GalleryShape(people=10, examples=1), GalleryShape(people=50, examples=3)):
        threshold = fitted.line.for_gallery(shape.people, shape.people * shape.examples, 0.01)
        trials = [try_gallery(others, shape, random) for _ in range(10)]
        fpir = np.mean([trial.fpir(threshold) for trial in trials])
        assert 0.0005 < fpir < 0.01


def test_examples_count_less_for_means_than_for_the_nearest() -> None:
    nearest = fit_line(faces_of("nearest"), np.random.default_rng(0), trials=20).line
    mean = fit_line(faces_of("mean"), np.random.default_rng(0), trials=20).line

    assert mean.per_example < nearest.per_example


def test_the_more_galleries_shall_keep_the_fpir_the_larger_is_the_margin() -> None:
    margins = [
        fit_line(faces_of(), np.random.default_rng(0), trials=20, kept=kept).margin
        for kept in (0.5, 0.9, 0.99)
    ]

    assert margins[0] < margins[1] < margins[2]


def test_one_example_of_each_says_nothing_about_more() -> None:
    embeddings, names = crowd(people=60, pictures=2, strangers=200)
    faces = labelled_faces(embeddings, names, "mean", 1.0)

    assert fit_line(faces, np.random.default_rng(0), trials=10).line.per_example == 1.0


def test_the_check_on_other_people_says_how_often_the_fpir_is_kept() -> None:
    told: list[str] = []

    found = calibrate(faces_of(people=40, strangers=200), np.random.default_rng(0), told.append)

    assert (found.people, found.strangers) == (40, 200)
    assert {one.shape.people for one in found.held_out} == {10, 20}  # halves of 40
    assert all(one.fpir < 0.02 and one.tpir > 0.99 for one in found.held_out)
    assert len(told) == 11


@pytest.mark.parametrize(("people", "strangers"), [(19, 300), (40, 99)])
def test_too_few_are_refused_with_what_is_missing(people: int, strangers: int) -> None:
    with pytest.raises(TooLittleToCalibrate, match=f"{people} such people and of {strangers}"):
        calibrate(faces_of(people=people, strangers=strangers), np.random.default_rng(0), print)


def test_people_who_are_all_alike_are_refused() -> None:
    names = [f"{n // 4}" for n in range(160)] + [""] * 100
    faces = labelled_faces(np.ones((260, 8), np.float32), names, "mean", 1.0)

    with pytest.raises(TooLittleToCalibrate, match="no nearer to large galleries"):
        fit_line(faces, np.random.default_rng(0), trials=5)


def test_shapes_reach_up_to_everybody() -> None:
    assert max(shapes_of(faces_of(people=37))) == GalleryShape(people=37, examples=3)


def test_the_threshold_at_a_rate_lets_that_share_of_all_strangers_pass() -> None:
    trials = [
        Trial(strangers=np.sort(part), probes=np.zeros(1), right=np.ones(1, bool))
        for part in np.split(np.random.default_rng(0).permutation(np.arange(1000.0)), 4)
    ]

    assert threshold_at(trials, 0.01) == pytest.approx(9.99)
