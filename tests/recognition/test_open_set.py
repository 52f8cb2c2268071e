"""The open-set decision: thresholds by gallery size, one person once, reasons for no name."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from recognition.matching import (
    Match,
    NearPerson,
    closeness,
    distance_to,
    distances_between,
    distances_to,
    nearest_parts,
    of_length,
    ranked,
    similarity,
    squared_distances,
    squared_norms,
)
from recognition.open_set import (
    DecisionSettings,
    ThresholdLine,
    assigned,
    strictness,
    why_not_named,
)
from recognition.registry.models import MODELS
from tests.recognition.fakes import vector

LINE = ThresholdLine(a=1.1, b=0.03, c=0.05)


@pytest.mark.parametrize(
    ("examples", "fpir", "threshold"),
    [
        (10, 0.01, 1.1),
        (10 * math.e, 0.01, 1.07),  # more examples: more strict
        (10, 0.01 * math.e, 1.15),  # more strangers may be named: less strict
        (0, 0.01, 1.1 + 0.03 * math.log(10)),  # an empty gallery counts as one example
        (10, 1e-12, 1e-6),  # never 0: a threshold divides
    ],
)
def test_the_threshold_follows_from_examples_and_fpir(
    examples: int, fpir: float, threshold: float
) -> None:
    assert LINE.at(examples, fpir) == pytest.approx(threshold)


def test_a_configured_threshold_takes_the_line_s_place() -> None:
    assert DecisionSettings(threshold=0.7).threshold_for(LINE, 1000) == 0.7
    assert DecisionSettings(fpir=0.01).threshold_for(LINE, 10) == 1.1


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.floats(1e-4, 1), st.floats(1e-4, 1))
def test_every_model_is_stricter_with_more_examples_and_a_lower_fpir(
    few: int, many: int, low: float, high: float
) -> None:
    few, many = sorted((few, many))
    low, high = sorted((low, high))
    for model in MODELS.values():
        assert model.line.at(many, low) <= model.line.at(few, high)


def match(person: str, distance: float) -> Match:
    return Match(person_id=person, distance=distance)


@pytest.mark.parametrize(
    ("rankings", "twice", "named"),
    [
        ([[match("ann", 0.5)]], False, ["ann"]),
        ([[match("ann", 1.01)]], False, [None]),  # beyond the threshold
        ([[match("ann", 0.5), match("bob", 0.5)]], False, ["ann"]),  # of equals the first
        ([[]], False, [None]),  # an empty gallery
        # The better match keeps the name, in whatever order the faces come.
        ([[match("ann", 0.6)], [match("ann", 0.4)]], False, [None, "ann"]),
        # The other face may be the next person, if that one is near enough.
        ([[match("ann", 0.6), match("bob", 0.9)], [match("ann", 0.4)]], False, ["bob", "ann"]),
        ([[match("ann", 0.6), match("bob", 1.1)], [match("ann", 0.4)]], False, [None, "ann"]),
        ([[match("ann", 0.6)], [match("ann", 0.4)]], True, ["ann", "ann"]),
    ],
)
def test_in_one_picture_a_person_is_found_once(
    rankings: list[list[Match]], twice: bool, named: list[str | None]
) -> None:
    found = assigned(rankings, [1.0] * len(rankings), twice)

    assert [one and one.person_id for one in found] == named


def test_faces_with_their_own_thresholds_compete_by_how_far_below_they_are() -> None:
    rankings = [[match("ann", 0.45)], [match("ann", 0.5)]]

    assert [one and one.person_id for one in assigned(rankings, [0.5, 1.0], False)] == [None, "ann"]


def test_a_doubtful_face_is_said_to_be_one() -> None:
    settings = DecisionSettings(least_probability=0.9)

    assert why_not_named(0.9, 100, settings) is None
    assert why_not_named(0.85, 100, settings) == "hardly a face (0.85 probable, 0.90 needed)"


@pytest.mark.parametrize(
    ("pixels", "factor"), [(400, 1.0), (28, 1.0), (22, 0.96), (16, 0.92), (3, 0.92)]
)
def test_a_small_face_must_be_nearer(pixels: float, factor: float) -> None:
    assert strictness(pixels) == pytest.approx(factor)


def test_a_face_that_is_too_small_says_so() -> None:
    why = why_not_named(1.0, 15.6, DecisionSettings())
    assert why == "too small to be sure (15.6 of 16 pixels)"
    assert why_not_named(1.0, 16.0, DecisionSettings()) is None


def test_people_are_ranked_by_the_nearest_example_or_by_the_mean() -> None:
    far, near = vector(2), vector(3)
    ann = NearPerson(person_id="ann", examples=np.stack([vector(1), far]))
    bob = NearPerson(person_id="bob", examples=np.stack([near, near]))
    query = vector(1)

    assert [one.person_id for one in ranked(query, [bob, ann], "nearest", 1.0)] == ["ann", "bob"]
    assert distance_to(query, ann.examples, "nearest", 1.0) == pytest.approx(0.0, abs=1e-6)
    mean = (vector(1) + far) / 2
    expected = np.linalg.norm(mean / np.linalg.norm(mean) - query)
    assert distance_to(query, ann.examples, "mean", 1.0) == pytest.approx(expected, abs=1e-6)
    shorter = np.linalg.norm(mean - query)
    assert distance_to(query, ann.examples, "mean", 0.0) == pytest.approx(shorter, abs=1e-6)


def test_parts_come_by_their_smallest_value_and_empty_ones_not_at_all() -> None:
    values = np.array([5, 1, 9, 2, np.inf, np.inf, 0.5], np.float32)
    starts = np.array([0, 2, 4, 6])

    assert nearest_parts(values, starts, 3) == [3, 0, 1]
    assert nearest_parts(values, starts, 10) == [3, 0, 1]


def test_similarity_is_one_half_at_the_threshold() -> None:
    assert similarity(0.0, 0.8) == 1.0
    assert similarity(0.8, 0.8) == pytest.approx(0.5, abs=1e-4)
    assert similarity(0.54 * 0.8, 0.8) == pytest.approx(0.99, abs=0.001)
    assert similarity(100.0, 0.8) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("distance", "expected"),
    [(0.2, 0.99949), (0.6, 0.92418), (0.72, 0.73107), (0.88, 0.26895), (1.6, 0.0000454)],
)
def test_the_similarity_curve(distance: float, expected: float) -> None:
    """Points of a logistic curve of steepness 10, scaled to 1 at distance 0."""
    assert similarity(distance, 0.8) == pytest.approx(expected, rel=1e-4)


def test_similarity_is_the_same_for_every_model_and_never_over_one() -> None:
    assert similarity(0.3, 0.6) == pytest.approx(similarity(8.0, 16.0))
    assert similarity(-0.1, 0.8) == 1.0
    assert similarity(1e9, 0.8) == pytest.approx(math.exp(-60), rel=1e-3)


def test_closeness_is_the_squared_distance_but_for_the_face_s_own_length() -> None:
    matrix = np.array([[1, 2], [3, 4], [0, 0]], np.float32)
    face = np.array([2, -1], np.float32)
    norms = squared_norms(matrix)

    assert norms.tolist() == [5, 25, 0]
    assert (closeness(face, matrix, norms) + 5).tolist() == [10, 26, 5]
    assert norms.dtype == closeness(face, matrix, norms).dtype == np.float32


def test_nearest_parts_of_one_and_of_none() -> None:
    values = np.array([3, 2, 1, 2], np.float32)
    starts = np.array([0, 1, 2, 3])

    assert nearest_parts(values, starts, 1) == [2]
    assert nearest_parts(values, starts, 3) == [2, 1, 3]  # of equals the earlier comes first


def test_of_many_parts_the_smallest_are_found_wherever_they_are() -> None:
    values = np.random.default_rng(7).permutation(200).astype(np.float32)
    parts = np.arange(0, 200, 2)

    for count in (1, 2, 5, 50):
        nearest = np.argsort(values.reshape(100, 2).min(axis=1))[:count]
        assert nearest_parts(values, parts, count) == nearest.tolist()


def test_distances_to_others_are_those_of_vectors_of_one_length() -> None:
    others = np.array([[3, 4], [0, 2], [-5, 0]], np.float32)
    face = np.array([10, 0], np.float32)

    told = distances_to(face, others, 1.0)
    assert told.tolist() == pytest.approx([math.hypot(0.4, 0.8), math.sqrt(2), 2.0])
    as_they_are = distances_to(face, others, 0.0)
    assert as_they_are.tolist() == pytest.approx([math.hypot(7, 4), math.hypot(10, 2), 15.0])


def test_squared_distances_of_each_to_each() -> None:
    matrix = np.array([[1, 2], [4, 6], [1, 2]], np.float32)

    assert squared_distances(matrix).tolist() == [[0, 25, 0], [25, 0, 25], [0, 25, 0]]


def test_distances_of_each_to_each_of_others_and_none_to_itself() -> None:
    rows = np.array([[1, 2], [4, 6]], np.float32)
    others = np.array([[4, 6], [1, 2], [1, 14]], np.float32)

    assert distances_between(rows, others).tolist() == [[5, 0, 12], [0, 5, math.hypot(3, 8)]]
    same = np.random.default_rng(1).standard_normal((9, 128)).astype(np.float32)
    itself = distances_between(same, same).diagonal()
    assert np.all(itself < 1e-6), "rounding makes no square below 0, of which there is no root"


def test_rows_are_brought_to_a_length() -> None:
    rows = np.array([[3, 4], [0, 0]], np.float32)

    assert of_length(rows, 0).tolist() == [[3, 4], [0, 0]]
    assert of_length(rows, 10).tolist() == [[6, 8], [0, 0]]
    assert of_length(rows, 1).dtype == of_length(rows, 0).dtype == np.float64


def test_distances_are_between_vectors_of_one_length() -> None:
    """The mean of (4, 0) and (0, 4) at length 2, and a face at length 2."""
    examples = np.array([[4, 0], [0, 4]], np.float32)
    face = np.array([9, 0], np.float32)

    mean = (2 - math.sqrt(2)) ** 2 + 2
    assert distance_to(face, examples, "mean", 2.0) == pytest.approx(math.sqrt(mean))
    assert distance_to(face, examples, "nearest", 2.0) == pytest.approx(0)
    assert distance_to(face, examples, "nearest", 0.0) == pytest.approx(5)
    assert distance_to(face, examples, "mean", 0.0) == pytest.approx(math.sqrt(53))


def test_people_come_with_their_distance_nearest_first() -> None:
    ann = NearPerson(person_id="ann", examples=np.array([[3, 0]], np.float32))
    bob = NearPerson(person_id="bob", examples=np.array([[1, 0], [9, 0]], np.float32))
    face = np.array([2.5, 0], np.float32)

    assert ranked(face, [bob, ann], "nearest", 0.0) == [match("ann", 0.5), match("bob", 1.5)]
    assert ranked(face, [ann, bob], "mean", 0.0) == [match("ann", 0.5), match("bob", 2.5)]


def test_of_people_who_are_equally_near_the_earlier_comes_first() -> None:
    away = [np.full((1, 4), number % 3, np.float32) for number in range(500)]
    people = [NearPerson(person_id=f"{n:03}", examples=each) for n, each in enumerate(away)]

    found = [one.person_id for one in ranked(np.zeros(4, np.float32), people, "nearest", 0.0)]

    assert found == sorted(found, key=lambda name: (int(name) % 3, name))


@pytest.mark.parametrize(
    ("people", "examples", "per_example", "comparisons"),
    [(5, 20, 1.0, 20), (5, 20, 0.0, 5), (5, 20, 0.5, 10), (5, 3, 1.0, 5), (0, 0, 1.0, 1),
     (0, 4, 0.5, 2)],
)  # fmt: skip
def test_what_a_gallery_is_worth(
    people: int, examples: int, per_example: float, comparisons: float
) -> None:
    line = ThresholdLine(a=1.1, b=0.03, c=0.05, per_example=per_example)

    assert line.comparisons(people, examples) == pytest.approx(comparisons)
    assert line.for_gallery(people, examples, 0.02) == line.at(comparisons, 0.02)


def test_the_settings_as_they_come() -> None:
    settings = DecisionSettings()

    assert (settings.fpir, settings.least_probability, settings.candidates) == (0.01, 0.9, 3)
    assert settings.threshold is None and not settings.same_person_twice
    assert DecisionSettings(fpir=0.02).threshold_for(LINE, 50) == LINE.at(50, 0.02)


def test_a_face_at_its_threshold_gets_the_name() -> None:
    assert assigned([[match("ann", 1.0)]], [1.0], False) == [match("ann", 1.0)]


def test_of_two_faces_that_are_equally_near_the_first_keeps_the_name() -> None:
    near = match("ann", 0.5)
    assert assigned([[near], [near]], [1.0, 1.0], False) == [near, None]


def test_rankings_and_thresholds_must_belong_together() -> None:
    with pytest.raises(ValueError, match="shorter"):
        assigned([[match("ann", 0.5)], []], [1.0], False)
