"""The values that the recogniser takes and gives. Frozen, and free of any model library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

UNKNOWN = "unknown"
NO_FACE = "no face"

Embedding = npt.NDArray[np.float32]
"""One face as a vector: shape (dimension,), 512 for InceptionResnetV1, 128 for dlib's ResNet."""

RgbPicture = npt.NDArray[np.uint8]
"""A decoded, upright picture: shape (height, width, 3), RGB, 0 to 255."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A face's bounding box in pixels of the upright picture. A detector's may reach beyond it."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """The width in pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """The height in pixels."""
        return self.bottom - self.top

    @property
    def area(self) -> float:
        """The area in square pixels; 0 for a box turned inside out."""
        return max(self.width, 0.0) * max(self.height, 0.0)

    def clipped(self, width: float, height: float) -> Box:
        """The part of the box that lies inside a picture of that size."""
        return Box(
            left=min(max(self.left, 0.0), width),
            top=min(max(self.top, 0.0), height),
            right=min(max(self.right, 0.0), width),
            bottom=min(max(self.bottom, 0.0), height),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectedFace:
    """Where a face is: its box, the detector's probability (0 to 1) and five landmarks.

    Landmarks are (x, y) in pixels: left eye, right eye, nose, left and right corner of the mouth,
    as seen in the picture.
    """

    box: Box
    probability: float
    landmarks: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceQuality:
    """How good a view of a face is.

    It has the face's shorter side in pixels, its sharpness (0 is flat), and how far it is turned
    away (0 is from the front, 1 in profile).
    """

    size_pixels: float
    sharpness: float
    turned: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A person that a face may show: the gallery's id, the name, and how similar they are."""

    person_id: str
    name: str
    distance: float
    similarity: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Face:
    """A detected face, what it looks like to the model, and who it is.

    The box lies within the picture; `inside` is the share of the detector's box that does.
    `identity` is None when no person of the gallery is near enough (the answer `unknown`), and
    `person_id` is then None, too. `distance` is that to the named person, else to the nearest; it
    is None with an empty gallery. `candidates` are the nearest people, nearest first.
    `left_out` says why the quality filter skipped the face, `not_named` why it is too doubtful for
    a name. Either face has no identity. `strictness` is the factor on the threshold for this face.
    """

    detected: DetectedFace
    embedding: Embedding
    inside: float = 1.0
    quality: FaceQuality | None = None
    left_out: str | None = None
    not_named: str | None = None
    strictness: float = 1.0
    person_id: str | None = None
    identity: str | None = None
    distance: float | None = None
    similarity: float | None = None
    candidates: tuple[Candidate, ...] = ()


def looking_like(embedding: Embedding) -> Face:
    """A face of no picture, which looks as an embedding says."""
    nowhere = Box(left=0.0, top=0.0, right=0.0, bottom=0.0)
    return Face(
        detected=DetectedFace(box=nowhere, probability=1.0, landmarks=()), embedding=embedding
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recognition:
    """All that was seen in one picture. The first face is the picture's own."""

    faces: tuple[Face, ...]
    width: int
    height: int
    model: str
    gallery_version: str | None = None
    stage_milliseconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def answer(self) -> str:
        """The contract's result: the name of the picture's face, `unknown`, or `no face`.

        A face that can have no name is not asked, but it is a face.
        """
        if not self.faces:
            return NO_FACE
        named = (face for face in self.faces if face.left_out is None and face.not_named is None)
        first = next(named, None)
        return first.identity or UNKNOWN if first else UNKNOWN
