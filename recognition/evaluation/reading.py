"""The pictures of an evaluation: people's in a folder each, strangers' in one, all embedded."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from recognition.detection.quality import QualityFilter
from recognition.embedding.embedder import Embeddings
from recognition.enrolment.labelled_pictures import LabelledPicture, is_picture, pictures_by_folder
from recognition.enrolment.reading import read_faces
from recognition.evaluation.galleries import STRANGER, LabelledFaces, labelled_faces
from recognition.recognizer import Recognizer
from recognition.registry.models import Model
from recognition.types import Recognition

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EmbeddedFaces:
    """The picture's own face of each picture that has one. People come first, strangers last.

    Parameters:
        embeddings: shape (faces, dimension).
        names: whose face it is; STRANGER for strangers.
        several: whether the picture shows several faces that could have a name.
        off_centre: whether another face lies nearer to the picture's centre.
        left_out: how many pictures gave no face.
        milliseconds_a_face: what cutting and embedding took, the median.
    """

    embeddings: Embeddings
    names: tuple[str, ...]
    paths: tuple[Path, ...]
    several: tuple[bool, ...]
    off_centre: tuple[bool, ...]
    left_out: int
    milliseconds_a_face: float

    @property
    def people(self) -> EmbeddedFaces:
        """Only the faces of people, without strangers."""
        count = len(self.names) - self.names.count(STRANGER)
        return replace(
            self,
            embeddings=self.embeddings[:count],
            names=self.names[:count],
            paths=self.paths[:count],
            several=self.several[:count],
            off_centre=self.off_centre[:count],
        )

    def compared_as(self, model: Model) -> LabelledFaces:
        """The faces as this model compares them."""
        return labelled_faces(self.embeddings, self.names, model.rule, model.length)


def pictures_of(people: Path, strangers: Path | None, tell: Tell) -> list[LabelledPicture]:
    """All pictures of the two folders, strangers last. Raises NoPictures, OSError."""
    found = pictures_by_folder(people)
    for one in found.passed_over:
        tell(f"{one.path} is left out: {one.why}")
    files = sorted(path for path in strangers.rglob("*") if path.is_file()) if strangers else []
    unknown = [LabelledPicture(path=path, person=STRANGER) for path in files if is_picture(path)]
    return [*found.pictures, *unknown]


def read_pictures(
    pictures: list[LabelledPicture], recognizer: Recognizer, quality: QualityFilter, tell: Tell
) -> EmbeddedFaces:
    """Embed the face of each picture, and report those that give none."""
    faces = list(read_faces(pictures, recognizer, quality, tell))
    rows = [
        np.zeros((0, recognizer.dimension), np.float32),
        *(one.face.embedding[None] for one in faces),
    ]
    return EmbeddedFaces(
        embeddings=np.concatenate(rows),
        names=tuple(one.picture.person for one in faces),
        paths=tuple(one.picture.path for one in faces),
        several=tuple(one.sure_faces > 1 for one in faces),
        off_centre=tuple(is_off_centre(one.seen) for one in faces),
        left_out=len(pictures) - len(faces),
        milliseconds_a_face=round(statistics.median([*(_took(one.seen) for one in faces), 0.0]), 2),
    )


def _took(seen: Recognition) -> float:
    stages = seen.stage_milliseconds
    return (stages.get("crop", 0.0) + stages.get("embed", 0.0)) / len(seen.faces)


def is_off_centre(seen: Recognition) -> bool:
    """Whether another face than the picture's own lies nearest to the centre."""

    def from_centre(number: int) -> float:
        box = seen.faces[number].detected.box
        across = (box.left + box.right - seen.width) / 2.0
        down = (box.top + box.bottom - seen.height) / 2.0
        return across**2 + down**2

    return min(range(len(seen.faces)), key=from_centre) != 0
