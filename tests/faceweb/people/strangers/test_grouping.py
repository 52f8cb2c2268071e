"""Unknown faces are grouped by likeness, folded where nearly the same, merged where people say."""

from __future__ import annotations

import numpy as np

from faceweb.people.strangers.grouping import (
    FOLDING_SHARE,
    GROUPING_SHARE,
    Look,
    near_to_first,
    strangers_among,
)

THRESHOLD = 1.0


def looks(*places: float, stranger: dict[int, int] | None = None) -> list[Look]:
    """Faces on a line: their distances are those of their places."""
    said = stranger or {}
    return [
        Look(pk=pk, embedding=np.array([place, 0.0], np.float32), stranger=said.get(pk))
        for pk, place in enumerate(places)
    ]


def test_alike_faces_are_one_group_and_nearly_the_same_ones_are_folded() -> None:
    near, far = 0.9 * FOLDING_SHARE, 0.9 * GROUPING_SHARE

    [group, other] = strangers_among(looks(0.0, near, far, 5.0), THRESHOLD)

    assert group.folds == ((0, 1), (2,))
    assert (group.count, group.faces, other.faces) == (3, (0, 1, 2), (3,))


def test_a_fold_is_named_by_its_newest_face_and_large_folds_come_first() -> None:
    far = 0.9 * GROUPING_SHARE

    [group] = strangers_among(looks(0.0, far, far, far), THRESHOLD)

    assert group.folds == ((1, 2, 3), (0,))


def test_groups_that_somebody_merged_are_one_also_with_who_comes_later() -> None:
    merged = looks(0.0, 5.0, 9.0, 0.1, stranger={0: 0, 1: 0})

    [one, other] = strangers_among(merged, THRESHOLD)

    assert (sorted(one.faces), other.faces) == ([0, 1, 3], (2,))


def test_a_chain_of_merges_is_one_stranger() -> None:
    said = {0: 0, 1: 0, 2: 2, 3: 2, 4: 0, 5: 2}
    chained = looks(0.0, 5.0, 10.0, 15.0, 20.0, 20.0, stranger=said)

    [one] = strangers_among(chained, THRESHOLD)

    assert one.count == 6


def test_without_a_threshold_each_face_stays_alone() -> None:
    assert len(near_to_first(looks(0.0, 0.0), 0.0)) == 2
    assert strangers_among([], THRESHOLD) == []
