"""Which pictures are probably not of the person whose name they have. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recognition.evaluation.galleries import LabelledFaces, distances

LEAST_OTHERS = 2
"""Of two pictures nobody can say which one is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtfulPicture:
    """A picture to look at, and why."""

    path: Path
    person: str
    distance: float
    why: str


def doubtful_pictures(
    faces: LabelledFaces,
    names: Sequence[str],
    paths: Sequence[Path],
    several: Sequence[bool],
    pair_threshold: float,
) -> list[DoubtfulPicture]:
    """Pictures farther from the person's other pictures than two people are, most doubtful first.

    `several` says which pictures show several faces: there, another one may have been taken.
    """
    doubtful = []
    for rows in faces.people:
        if len(rows) <= LEAST_OTHERS:
            continue
        for row in rows:
            distance = _from_others(faces, row, rows[rows != row])
            if distance > pair_threshold:
                doubtful.append(
                    DoubtfulPicture(
                        path=paths[row],
                        person=names[row],
                        distance=round(distance, 3),
                        why=_why(len(rows) - 1, several[row], _nearest_other(faces, row, names)),
                    )
                )
    return sorted(doubtful, key=lambda one: -one.distance)


def _from_others(faces: LabelledFaces, row: int, others: np.ndarray) -> float:
    """The distance to the median of the others: one wrong picture among them moves it little."""
    found = [distances(faces, np.array([row]), other[None, None])[0, 0] for other in others]
    return float(np.median(found))


def _nearest_other(faces: LabelledFaces, row: int, names: Sequence[str]) -> str | None:
    """The person of whom most others of the pictures look like this one, if any does."""
    others = [rows for rows in faces.people if row not in rows]
    if not others:
        return None
    own = next(rows for rows in faces.people if row in rows)
    means = [_from_others(faces, row, rows) for rows in others]
    nearest = int(np.argmin(means))
    return names[others[nearest][0]] if means[nearest] < _from_others(faces, row, own) else None


def _why(others: int, several: bool, nearest: str | None) -> str:
    why = f"unlike the person's {others} other pictures"
    if several:
        why += ", and it shows several faces: perhaps the wrong one was taken"
    elif nearest:
        why += f", and more like {nearest}"
    return why
