"""The figures of an evaluation, on distances whose figures are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recognition.evaluation import pairs
from recognition.evaluation.galleries import labelled_faces
from recognition.evaluation.pairs import TooLittleToEvaluate, evaluate
from recognition.evaluation.plot import write_plot


def on_a_line(*places: float) -> np.ndarray:
    return np.array([[place, 0.0] for place in places], np.float32)


def test_people_far_apart_are_told_apart() -> None:
    found = evaluate(on_a_line(0, 0.1, 0.2, 5, 5.1, 9), ["a", "a", "a", "b", "b", "c"])

    assert (found.people, found.pictures) == (3, 6)
    assert (found.genuine_pairs, found.impostor_pairs) == (4, 11)
    assert (found.rank_1, found.equal_error_rate) == (1.0, 0.0)
    assert 0.2 < found.suggested.threshold < 3.9
    assert found.suggested.true_accept_rate == 1.0
    assert found.suggested.false_accept_rate == 0.0
    assert all(point.true_accept_rate == 1.0 for point in found.tar_at.values())


def test_people_in_one_place_are_not() -> None:
    generator = np.random.default_rng(0)
    rows = generator.standard_normal((200, 2)).astype(np.float32)
    found = evaluate(rows, [str(number % 20) for number in range(200)])

    assert found.equal_error_rate == pytest.approx(0.5, abs=0.05)
    assert found.rank_1 < 0.2
    assert found.tar_at[1e-2].true_accept_rate < 0.05


def test_rank_1_counts_only_who_can_be_found() -> None:
    names = ["a", "a", "alone"]

    assert pairs.rank_1(on_a_line(0, 1, 3), names) == 1.0
    assert pairs.rank_1(on_a_line(0, 1, -0.5), names) == 0.5


def test_a_point_accepts_no_more_impostors_than_allowed() -> None:
    genuine = np.linspace(0.0, 1.0, 101)
    impostor = np.linspace(0.5, 1.5, 1001)
    point = pairs.point_at(genuine, impostor, 1e-2)

    assert point.false_accept_rate == pytest.approx(10 / 1001)
    assert point.threshold < impostor[10]
    assert point.true_accept_rate == pytest.approx(51 / 101)


def test_equal_error_rate_of_half_overlapping_people() -> None:
    genuine, impostor = np.linspace(0, 1, 1001), np.linspace(0.5, 1.5, 1001)

    assert pairs.equal_error_rate(genuine, impostor) == pytest.approx(0.25, abs=0.002)


def test_the_curve_goes_from_nothing_to_everything() -> None:
    far, tar = pairs.roc(np.array([0.1, 0.2]), np.array([0.15, 0.4]))

    assert list(far) == [0.0, 0.0, 0.5, 0.5, 1.0]
    assert list(tar) == [0.0, 0.5, 0.5, 1.0, 1.0]


@pytest.mark.parametrize("names", [["a", "a"], ["a", "b"], []])
def test_too_little_is_said(names: list[str]) -> None:
    with pytest.raises(TooLittleToEvaluate, match="at least two people"):
        evaluate(on_a_line(*range(len(names))).reshape(-1, 2), names)


def test_the_plot_is_a_png(tmp_path: Path) -> None:
    rows, names = on_a_line(0, 0.1, 5, 5.1), ["a", "a", "b", "b"]
    genuine, impostor = pairs.pair_distances(rows, names)
    faces = labelled_faces(rows, names, "mean", 0.0)
    write_plot(tmp_path / "roc.png", evaluate(rows, names), genuine, impostor, faces, "title")

    assert (tmp_path / "roc.png").read_bytes().startswith(b"\x89PNG")
