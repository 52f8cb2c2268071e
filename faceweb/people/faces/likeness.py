"""What faces look like, and near misses: who a face may be that did not get their name."""

import numpy as np

from faceweb.models import Face, Likely
from recognition.types import Embedding

ALIKE = 0.5
"""The similarity at the threshold: such a face would have got either name."""
NEAR_MISS = 0.25
"""The least similarity of "perhaps Ann": about 10 % farther away than the threshold."""


def looks_of(stored: bytes | memoryview | None) -> Embedding:
    """An embedding as rows keep it -> numbers."""
    return np.frombuffer(bytes(stored or b""), "<f4")


def is_near(similarity: float) -> bool:
    """True for a similarity that is enough for "perhaps"."""
    return similarity >= NEAR_MISS


def near_miss(face: Face) -> Likely | None:
    """The person who nearly got the face, or None where nobody came near. `shown_faces` has looked
    up the names."""
    nearest = next(iter(face.nearest), None)
    return nearest if nearest and is_near(nearest.similarity) else None
