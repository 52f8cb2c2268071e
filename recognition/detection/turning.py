"""Pictures that lie on their side: turned by quarters, and faces turned back with them. Pure.

A quarter turns to the left, as `numpy.rot90` does.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from recognition.types import Box, DetectedFace, RgbPicture

QUARTERS = (3, 1, 2)
"""Turns that are tried, likeliest first: a telephone lies on its side more often than upside
down."""

SURE = 0.9
"""Less probable faces don't count here: the detector sees some of them in most pictures."""

Detect = Callable[[RgbPicture], tuple[DetectedFace, ...]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TurnedPicture:
    """A picture, by how many quarters it was turned, and the faces that were found so."""

    picture: RgbPicture
    faces: tuple[DetectedFace, ...]
    quarters: int = 0


def best_turn(picture: RgbPicture, detect: Detect) -> TurnedPicture:
    """The picture as it is; turned where only that shows a sure face.

    A turn is tried when no face is sure, and counts when one is. So a picture without faces costs
    four detections, and all others one.
    """
    upright = TurnedPicture(picture=picture, faces=detect(picture))
    if _is_sure(upright):
        return upright
    for quarters in QUARTERS:
        turned = np.ascontiguousarray(np.rot90(picture, quarters))
        look = TurnedPicture(picture=turned, faces=detect(turned), quarters=quarters)
        if _is_sure(look):
            return look
    return upright


def _is_sure(look: TurnedPicture) -> bool:
    return any(face.probability >= SURE for face in look.faces)


def turned_back(face: DetectedFace, quarters: int, width: float, height: float) -> DetectedFace:
    """A face of a turned picture, in pixels of the picture before, of `width` x `height`."""
    for done in range(quarters % 4, 0, -1):
        face = _quarter_back(face, width if done % 2 else height)
    return face


def _quarter_back(face: DetectedFace, width: float) -> DetectedFace:
    """One quarter to the right, into a picture of `width`."""
    box = face.box
    return DetectedFace(
        box=Box(left=width - box.bottom, top=box.left, right=width - box.top, bottom=box.right),
        probability=face.probability,
        landmarks=tuple((width - y, x) for x, y in face.landmarks),
    )
