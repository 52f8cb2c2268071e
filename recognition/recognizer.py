"""The recogniser: a picture's bytes go in, and its faces come out, embedded and named."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from recognition import images
from recognition.comparing import compare
from recognition.detection.detector import MAX_PIXELS, Detector
from recognition.detection.quality import QualityFilter, quality_of, why_left_out
from recognition.detection.turning import TurnedPicture, best_turn, turned_back
from recognition.embedding.embedder import Crop, Embedder, Embeddings
from recognition.errors import BrokenModel
from recognition.gallery.gallery import Gallery, check_model
from recognition.matching import Match, ranked, similarity
from recognition.open_set import DecisionSettings, assigned, strictness, why_not_named
from recognition.picture_face import in_picture_order, share_inside
from recognition.registry.models import model_named
from recognition.types import Box, Candidate, DetectedFace, Face, Recognition, RgbPicture

WARM_SIZE = 160
SAME_PERSON = "the same person"
PEOPLE_COMPARED = 16
"""How many people are ranked by the model's rule: those with the nearest examples."""


class Recognizer:
    """Composes a detector and an embedder. One thread at a time may use it.

    Parameters:
        limits: the largest picture that is taken.
        deciding: how strictly faces are named.
        quality: the filter that faces must pass to get a name.
        tries_turned: whether a picture without a face is tried turned by quarters, too.
    """

    def __init__(
        self,
        detector: Detector,
        embedder: Embedder,
        *,
        limits: images.PictureLimits | None = None,
        deciding: DecisionSettings | None = None,
        quality: QualityFilter = "none",
        tries_turned: bool = True,
    ) -> None:
        self._detector = detector
        self._embedder = embedder
        self._limits = limits or images.PictureLimits()
        self._quality: QualityFilter = quality
        self._deciding = deciding or DecisionSettings()
        self._tries_turned = tries_turned
        self._model = model_named(embedder.name)
        self.model = embedder.name
        self.dimension = embedder.dimension

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
        return self._embed(data, quality, self._deciding)

    def recognise(
        self, data: bytes, gallery: Gallery | None, deciding: DecisionSettings | None = None
    ) -> Recognition:
        """Who is in an encoded picture. Raises PictureError, GalleryModelMismatch.

        Without a gallery everybody is unknown. `deciding` overrides the recogniser's settings.
        """
        deciding = deciding or self._deciding
        if gallery is not None:
            check_model(gallery, self.model)
        seen = self._embed(data, self._quality, deciding)
        took = dict(seen.stage_milliseconds)
        with _stage("match", took):
            faces = self.named(seen.faces, gallery, deciding)
        version = gallery.version if gallery else None
        return replace(seen, faces=faces, gallery_version=version, stage_milliseconds=took)

    def named(
        self,
        faces: Sequence[Face],
        gallery: Gallery | None,
        deciding: DecisionSettings | None = None,
    ) -> tuple[Face, ...]:
        """The faces of one picture with their names, and the people they are near to."""
        if gallery is None:
            return tuple(faces)
        deciding = deciding or self._deciding
        threshold = deciding.threshold_for(self._model.line, gallery.comparisons(self._model.line))
        thresholds = [threshold * face.strictness for face in faces]
        count = max(PEOPLE_COMPARED, deciding.candidates)
        rankings = [self._ranked(face, gallery, count) for face in faces]
        matches = assigned(rankings, thresholds, deciding.same_person_twice)
        return tuple(
            _with_name(*decided, gallery, deciding.candidates)
            for decided in zip(faces, rankings, matches, thresholds, strict=True)
        )

    def _ranked(self, face: Face, gallery: Gallery, count: int) -> list[Match]:
        """The people near a face, nearest first; nobody for a face that can have no name."""
        if face.left_out is not None or face.not_named is not None:
            return []
        near = gallery.people_near(face.embedding, count)
        return ranked(face.embedding, near, self._model.rule, self._model.length)

    def _embed(
        self, data: bytes, quality: QualityFilter, deciding: DecisionSettings
    ) -> Recognition:
        took: dict[str, float] = {}
        with _stage("decode", took):
            picture, factor = images.decode(data, self._limits, enough_pixels=MAX_PIXELS)
        with _stage("detect", took):
            look = self._looked_at(picture)
        with _stage("crop", took):
            crops = self._embedder.cut(look.picture, look.faces)
        with _stage("embed", took):
            embeddings = self._embedder.embed(crops)
        self._check(embeddings)
        with _stage("quality", took):
            found = _faces(look.picture, look.faces, embeddings, factor, quality, deciding)
            faces = in_picture_order(found, deciding.least_probability)
        height, width = (round(side * factor) for side in picture.shape[:2])
        return Recognition(
            faces=tuple(_as_sent(face, look.quarters, width, height) for face in faces),
            width=width,
            height=height,
            model=self.model,
            stage_milliseconds=took,
        )

    def _looked_at(self, picture: RgbPicture) -> TurnedPicture:
        if self._tries_turned:
            return best_turn(picture, self._detector.detect)
        return TurnedPicture(picture=picture, faces=self._detector.detect(picture))

    def _check(self, embeddings: Embeddings) -> None:
        """No answer is better than one from a model that computes nonsense."""
        if not np.isfinite(embeddings).all():
            raise BrokenModel(
                f"the model {self.model} made an embedding that holds no numbers: its file is "
                "damaged; delete the folder of exported nets, and it is made again"
            )

    def compare(self, first: Face, second: Face) -> Face:
        """`second` with its distance to `first`, and named SAME_PERSON when it is near enough."""
        found = compare(first.embedding, second.embedding, self._model)
        return replace(
            second,
            identity=SAME_PERSON if found.same_person else None,
            distance=found.distance,
            similarity=found.similarity,
        )


def _with_name(
    face: Face,
    ranking: Sequence[Match],
    match: Match | None,
    threshold: float,
    gallery: Gallery,
    candidates: int,
) -> Face:
    """The face with the person that it shows, if any, and the nearest people."""
    if not ranking:
        return face
    near = match or ranking[0]
    return replace(
        face,
        person_id=match.person_id if match else None,
        identity=gallery.people[match.person_id].name if match else None,
        distance=round(near.distance, 6),
        similarity=round(similarity(near.distance, threshold), 4),
        candidates=tuple(
            Candidate(
                person_id=one.person_id,
                name=gallery.people[one.person_id].name,
                distance=round(one.distance, 6),
                similarity=round(similarity(one.distance, threshold), 4),
            )
            for one in ranking[:candidates]
        ),
    )


def _as_sent(face: Face, quarters: int, width: int, height: int) -> Face:
    """A face in pixels of the picture before it was turned."""
    return replace(face, detected=turned_back(face.detected, quarters, width, height))


def _faces(
    picture: RgbPicture,
    detected: Sequence[DetectedFace],
    embeddings: Embeddings,
    factor: float,
    quality: QualityFilter,
    deciding: DecisionSettings,
) -> list[Face]:
    """Faces with quality, in pixels of the picture as it came, their boxes within it."""
    height, width = picture.shape[:2]
    faces = []
    for found, embedding in zip(detected, embeddings, strict=True):
        seen = quality_of(picture, found)
        measured = replace(seen, size_pixels=round(seen.size_pixels * factor, 1))
        within = replace(found, box=found.box.clipped(width, height))
        faces.append(
            Face(
                detected=enlarged(within, factor),
                embedding=embedding,
                inside=round(share_inside(found.box, width, height), 3),
                quality=measured,
                left_out=why_left_out(found, measured, quality),
                not_named=why_not_named(found.probability, seen.size_pixels, deciding),
                strictness=strictness(seen.size_pixels),
            )
        )
    return faces


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
