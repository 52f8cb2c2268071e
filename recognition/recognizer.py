"""The pipeline: bytes -> picture -> faces -> embeddings -> identities."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from recognition import images
from recognition.detection import MAX_PIXELS, Detector
from recognition.embedding import Crop, Embedder, Embeddings
from recognition.errors import BrokenModel
from recognition.gallery import Gallery, check_model
from recognition.matching import similarity
from recognition.quality import QualityFilter, quality_of, why_left_out
from recognition.types import Box, DetectedFace, Face, Recognition, RgbPicture

WARM_SIZE = 160
SAME_PERSON = "the same person"


class Recognizer:
    """Composes a detector and an embedder. One thread at a time may use it.

    Parameters:
        limits: the largest picture that is taken.
        threshold: the distance above which a face is unknown; the embedder's own by default.
        quality: the filter that faces must pass to get a name.
    """

    def __init__(
        self,
        detector: Detector,
        embedder: Embedder,
        *,
        limits: images.PictureLimits | None = None,
        threshold: float | None = None,
        quality: QualityFilter = "none",
    ) -> None:
        self._detector = detector
        self._embedder = embedder
        self._limits = limits or images.PictureLimits()
        self._quality: QualityFilter = quality
        self.model = embedder.name
        self.dimension = embedder.dimension
        self.threshold = embedder.threshold if threshold is None else threshold

    def warm(self) -> None:
        """Run both nets once: the first run allocates what all others use."""
        picture = np.full((WARM_SIZE, WARM_SIZE, 3), 127, np.uint8)
        self._detector.detect(picture)
        somewhere = Box(left=40, top=40, right=120, bottom=120)
        face = DetectedFace(box=somewhere, probability=1.0, landmarks=())
        self._embedder.embed(self._embedder.cut(picture, [face]))

    def crops(self, picture: RgbPicture) -> list[Crop]:
        """A decoded picture's faces as the embedder's net sees them: to calibrate a net on."""
        return self._embedder.cut(picture, self._detector.detect(picture))

    def embed(self, data: bytes, quality: QualityFilter = "none") -> Recognition:
        """The faces of an encoded picture, with embeddings but no names. Raises PictureError.

        `quality` is the filter of an enrolment: it says of each face whether it is good enough.
        """
        return self._embed(data, quality)

    def recognise(self, data: bytes, gallery: Gallery | None) -> Recognition:
        """Who is in an encoded picture. Raises PictureError, GalleryModelMismatch.

        Without a gallery everybody is unknown.
        """
        if gallery is not None:
            check_model(gallery, self.model)
        seen = self._embed(data, self._quality)
        took = dict(seen.stage_milliseconds)
        with _stage("match", took):
            faces = tuple(self._identify(face, gallery) for face in seen.faces)
        version = gallery.version if gallery else None
        return replace(seen, faces=faces, gallery_version=version, stage_milliseconds=took)

    def _embed(self, data: bytes, quality: QualityFilter) -> Recognition:
        took: dict[str, float] = {}
        with _stage("decode", took):
            picture, factor = images.decode(data, self._limits, enough_pixels=MAX_PIXELS)
        with _stage("detect", took):
            detected = self._detector.detect(picture)
        with _stage("crop", took):
            crops = self._embedder.cut(picture, detected)
        with _stage("embed", took):
            embeddings = self._embedder.embed(crops)
        self._check(embeddings)
        with _stage("quality", took):
            faces = _faces(picture, detected, embeddings, factor, quality)
        return Recognition(
            faces=faces,
            width=round(picture.shape[1] * factor),
            height=round(picture.shape[0] * factor),
            model=self.model,
            stage_milliseconds=took,
        )

    def _check(self, embeddings: Embeddings) -> None:
        """No answer is better than one from a model that computes nonsense."""
        if not np.isfinite(embeddings).all():
            raise BrokenModel(
                f"the model {self.model} made an embedding that holds no numbers: its file is "
                "damaged; delete the folder of exported nets, and it is made anew"
            )

    def compare(self, first: Face, second: Face) -> Face:
        """`second` with its distance to `first`, and named SAME_PERSON when it is near enough."""
        distance = float(np.linalg.norm(first.embedding - second.embedding))
        return replace(
            second,
            identity=SAME_PERSON if distance <= self.threshold else None,
            distance=round(distance, 6),
            similarity=round(similarity(distance, self.threshold), 4),
        )

    def _identify(self, face: Face, gallery: Gallery | None) -> Face:
        if gallery is None or face.left_out is not None:
            return face
        found = gallery.nearest(face.embedding)
        if found is None:
            return face
        is_near = found.distance <= self.threshold
        return replace(
            face,
            identity=gallery.name_of(found.row) if is_near else None,
            distance=round(found.distance, 6),
            similarity=round(similarity(found.distance, self.threshold), 4),
        )


def _faces(
    picture: RgbPicture,
    detected: Sequence[DetectedFace],
    embeddings: Embeddings,
    factor: float,
    quality: QualityFilter,
) -> tuple[Face, ...]:
    """Faces with quality, in pixels of the picture as it came."""
    faces = []
    for found, embedding in zip(detected, embeddings, strict=True):
        seen = quality_of(picture, found)
        measured = replace(seen, size_pixels=round(seen.size_pixels * factor, 1))
        face = enlarged(found, factor)
        left_out = why_left_out(face, measured, quality)
        faces.append(Face(detected=face, embedding=embedding, quality=measured, left_out=left_out))
    return tuple(faces)


def enlarged(face: DetectedFace, factor: float) -> DetectedFace:
    """The face in a picture whose sides are `factor` times as long."""
    if factor == 1.0:
        return face
    box = face.box
    return DetectedFace(
        box=Box(
            left=box.left * factor,
            top=box.top * factor,
            right=box.right * factor,
            bottom=box.bottom * factor,
        ),
        probability=face.probability,
        landmarks=tuple((x * factor, y * factor) for x, y in face.landmarks),
    )


@contextmanager
def _stage(name: str, took: dict[str, float]) -> Iterator[None]:
    began = time.perf_counter()
    try:
        yield
    finally:
        took[name] = (time.perf_counter() - began) * 1000.0
