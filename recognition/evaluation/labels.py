"""Which pictures are probably not of the person whose name they have. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recognition.evaluation.galleries import LabelledFaces

LEAST_OTHERS = 2
"""With two pictures nobody can say which one is wrong."""


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
    squares = np.diagonal(faces.products)
    apart = np.sqrt(np.maximum(squares[:, None] + squares - 2.0 * faces.products, 0.0))
    doubtful = []
    for own in faces.people:
        for row in own if len(own) > LEAST_OTHERS else ():
            # The median: one wrong picture among the others moves it little.
            distance = float(np.median(apart[row, own[own != row]]))
            if distance > pair_threshold:
                like = {
                    names[rows[0]]: np.median(apart[row, rows])
                    for rows in faces.people
                    if rows is not own
                }
                nearest = min(like, key=like.__getitem__, default="")
                whom = nearest if like and like[nearest] < distance else None
                doubtful.append(
                    DoubtfulPicture(
                        path=paths[row],
                        person=names[row],
                        distance=round(distance, 3),
                        why=_why(len(own) - 1, several[row], whom),
                    )
                )
    return sorted(doubtful, key=lambda one: -one.distance)


def _why(others: int, several: bool, nearest: str | None) -> str:
    why = f"unlike the person's {others} other pictures"
    if several:
        why += ", and it shows several faces: perhaps the wrong one was taken"
    elif nearest:
        why += f", and more like {nearest}"
    return why
