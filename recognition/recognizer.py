"""The pipeline: bytes -> picture -> faces -> embeddings -> identities."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from recognition import images
from recognition.detection import Detector
from recognition.embedding import DlibResnet, Embedder, TorchInceptionResnet
from recognition.errors import UnknownModel
from recognition.gallery import Gallery, check_model, one_person
from recognition.matching import nearest, similarity
from recognition.types import Box, DetectedFace, Face, Recognition
from recognition.weights import Announce, find_weights

WARM_SIZE = 160
SAME_PERSON = "the same person"


class Recognizer:
    """Composes a detector and an embedder. One thread at a time may use it."""

    def __init__(
        self,
        detector: Detector,
        embedder: Embedder,
        *,
        limits: images.PictureLimits | None = None,
        threshold: float | None = None,
    ) -> None:
        self._detector = detector
        self._embedder = embedder
        self._limits = limits or images.PictureLimits()
        self.model = embedder.name
        self.dimension = embedder.dimension
        self.threshold = threshold or embedder.threshold

    def warm(self) -> None:
        """Run both nets once: the first run allocates what all others use."""
        picture = np.full((WARM_SIZE, WARM_SIZE, 3), 127, np.uint8)
        self._detector.detect(picture)
        somewhere = Box(left=40, top=40, right=120, bottom=120)
        face = DetectedFace(box=somewhere, probability=1.0, landmarks=())
        self._embedder.embed(picture, [face])

    def embed(self, data: bytes) -> Recognition:
        """The faces of an encoded picture, with embeddings but no names. Raises PictureError."""
        took: dict[str, float] = {}
        with _stage("decode", took):
            picture = images.decode(data, self._limits)
        with _stage("detect", took):
            detected = self._detector.detect(picture)
        with _stage("embed", took):
            embeddings = self._embedder.embed(picture, detected)
        return Recognition(
            faces=tuple(
                Face(detected=face, embedding=embedding)
                for face, embedding in zip(detected, embeddings, strict=True)
            ),
            width=picture.shape[1],
            height=picture.shape[0],
            model=self.model,
            stage_milliseconds=took,
        )

    def recognise(self, data: bytes, gallery: Gallery | None) -> Recognition:
        """Who is in an encoded picture. Raises PictureError, GalleryModelMismatch.

        Without a gallery everybody is unknown.
        """
        if gallery is not None:
            check_model(gallery, self.model)
        seen = self.embed(data)
        took = dict(seen.stage_milliseconds)
        with _stage("match", took):
            faces = tuple(self._identify(face, gallery) for face in seen.faces)
        version = gallery.version if gallery else None
        return replace(seen, faces=faces, gallery_version=version, stage_milliseconds=took)

    def compare(self, first: Face, second: Face) -> Face:
        """`second` as if `first` were all of the gallery: named SAME_PERSON when near enough."""
        return self._identify(second, one_person(self.model, SAME_PERSON, first.embedding))

    def _identify(self, face: Face, gallery: Gallery | None) -> Face:
        if gallery is None:
            return face
        found = nearest(face.embedding, gallery.matrix, gallery.squared_norms)
        if found is None:
            return face
        is_near = found.distance <= self.threshold
        return replace(
            face,
            identity=gallery.names[found.row] if is_near else None,
            distance=round(found.distance, 6),
            similarity=round(similarity(found.distance, self.threshold), 4),
        )


@contextmanager
def _stage(name: str, took: dict[str, float]) -> Iterator[None]:
    began = time.perf_counter()
    try:
        yield
    finally:
        took[name] = (time.perf_counter() - began) * 1000.0


def _silent(_: str) -> None:
    pass


def load_recognizer(
    model: str,
    weights_dir: Path,
    *,
    threads: int = 1,
    announce: Announce = _silent,
    limits: images.PictureLimits | None = None,
    threshold: float | None = None,
) -> Recognizer:
    """Load a model by its name. Raises ModelError.

    With one thread torch starts no thread pool, so that the recogniser may be loaded in a
    process that forks later.
    """
    import torch

    from recognition.detection import TorchMtcnn

    torch.set_num_threads(threads)
    embedder = _load_embedder(model, weights_dir, announce)
    return Recognizer(TorchMtcnn(), embedder, limits=limits, threshold=threshold)


def _load_embedder(model: str, weights_dir: Path, announce: Announce) -> Embedder:
    if model == "dlib":
        return DlibResnet()
    if model in ("vggface2", "casia-webface"):
        return TorchInceptionResnet(model, find_weights(model, weights_dir, announce))
    raise UnknownModel(f"{model!r} is no model")
