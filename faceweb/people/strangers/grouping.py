"""Groups faces by likeness, and folds those that are nearly the same picture. Pure."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from recognition.matching import squared_distances
from recognition.types import Embedding

GROUPING_SHARE = 0.95
"""Of the distance between two pictures of one person: a wrong group would teach a wrong name."""
FOLDING_SHARE = 0.45
"""Of the same distance: a burst of one camera is nearer, two days of one person are not."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """An unknown face: its row, its embedding, and the stranger that somebody said it is."""

    pk: int
    embedding: Embedding
    stranger: int | None = None


Fold = tuple[int, ...]
"""Faces that look nearly the same, newest first; the first stands for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """Somebody unknown: all their faces, folded."""

    folds: tuple[Fold, ...]

    @property
    def count(self) -> int:
        """How many faces the stranger has."""
        return sum(map(len, self.folds))

    @property
    def faces(self) -> tuple[int, ...]:
        """The ids of all the stranger's faces."""
        return tuple(face for fold in self.folds for face in fold)


def strangers_among(looks: Sequence[Look], pair_threshold: float) -> list[Stranger]:
    """The strangers of one model's faces. With a threshold of 0 each face stays alone."""
    groups = near_to_first(looks, GROUPING_SHARE * pair_threshold)
    return [_stranger(group, pair_threshold) for group in _merged(groups)]


def near_to_first(looks: Sequence[Look], largest: float) -> list[list[Look]]:
    """Each face joins the nearest group whose first face is near enough, or starts one."""
    if len(looks) < 2 or largest <= 0.0:
        return [[look] for look in looks]
    squares = squared_distances(np.array([look.embedding for look in looks], np.float32))
    firsts = np.empty(len(looks), np.intp)
    groups: list[list[Look]] = []
    for place, look in enumerate(looks):
        near = squares[place, firsts[: len(groups)]]
        nearest = int(near.argmin()) if groups else 0
        if groups and near[nearest] <= largest**2:
            groups[nearest].append(look)
        else:
            firsts[len(groups)] = place
            groups.append([look])
    return groups


def _merged(groups: Sequence[list[Look]]) -> list[list[Look]]:
    """Groups with faces that somebody said are one stranger become one."""
    find = _union([{look.stranger for look in group} - {None} for group in groups])
    found: dict[int, list[Look]] = defaultdict(list)
    for place, group in enumerate(groups):
        found[find(place)] += group
    return list(found.values())


def _union(strangers: Sequence[set[int | None]]) -> Callable[[int], int]:
    """Which group each group belongs to, where groups that share a stranger belong together."""
    parents = list(range(len(strangers)))

    def find(place: int) -> int:
        while parents[place] != place:
            place = parents[place]
        return place

    holders: dict[int | None, int] = {}
    for place, theirs in zip(count(), strangers):
        for one in theirs:
            parents[find(place)] = find(holders.setdefault(one, place))
    return find


def _stranger(group: Sequence[Look], pair_threshold: float) -> Stranger:
    folds = near_to_first(group, FOLDING_SHARE * pair_threshold)
    folds.sort(key=lambda fold: -len(fold))
    return Stranger(folds=tuple(tuple(look.pk for look in fold) for fold in folds))
