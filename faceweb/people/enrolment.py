"""Enrolment: pictures of people become examples in the gallery, embedded by the workers.

The web tier loads no model, so a picture of an enrolment is a job like any other.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from faceweb.leases import GALLERY, lease
from faceweb.models import Face, Job
from faceweb.people import example_pictures
from faceweb.people.embedding_run import EmbeddingRun
from faceweb.people.naming import note_person
from faceweb.people.subject_list import copy_people
from faceweb.submission import SendTask
from faceweb.uploads import UploadRefused, checked_upload
from recognition.gallery import Gallery, GalleryFiles, add_examples, example_id
from recognition.images import EXTENSIONS
from workers import messages
from workers.config import Settings
from workers.storage import Bucket


class EnrolmentError(Exception):
    """An enrolment can't be done; the text says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledPicture:
    """A picture file, and whose face it shows."""

    path: Path
    person: str


@dataclass(slots=True, kw_only=True)
class EnrolmentSummary:
    """What became of an enrolment's pictures."""

    enrolled: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    gallery: Gallery | None = None


def pictures_by_folder(folder: Path) -> list[LabelledPicture]:
    """A sub-folder a person, named as the person is. Raises EnrolmentError."""
    found = [
        LabelledPicture(path=path, person=person.name)
        for person in sorted(folder.iterdir())
        if person.is_dir() and not person.name.startswith(".")
        for path in sorted(person.iterdir())
        if path.suffix.lower() in EXTENSIONS
    ]
    if not found:
        raise EnrolmentError(
            f"{folder} has no sub-folder with pictures: make one for each person, "
            "or name a CSV file with --labels"
        )
    return found


def pictures_by_csv(folder: Path, labels: Path) -> list[LabelledPicture]:
    """A CSV file with the columns Image and Results. Raises EnrolmentError."""
    files = {path.stem: path for path in sorted(folder.iterdir())} | {
        path.name: path for path in folder.iterdir()
    }
    found = []
    for line, image, person in _read_labels(labels):
        if image not in files:
            raise EnrolmentError(f"{labels}, line {line}: {folder} has no picture {image!r}")
        found.append(LabelledPicture(path=files[image], person=person))
    if not found:
        raise EnrolmentError(f"{labels} names no picture")
    return found


def _read_labels(labels: Path) -> Iterator[tuple[int, str, str]]:
    try:
        with labels.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            if not {"Image", "Results"} <= set(rows.fieldnames or ()):
                raise EnrolmentError(f"{labels} needs the columns Image,Results")
            for row in rows:
                image, person = (row["Image"] or "").strip(), (row["Results"] or "").strip()
                if not image or not person:
                    raise EnrolmentError(f"{labels}, line {rows.line_num}: a value is missing")
                yield rows.line_num, image, person
    except (UnicodeDecodeError, csv.Error) as error:
        raise EnrolmentError(f"{labels} is no CSV text ({error})") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class _FoundFace:
    """A face that becomes an example: whose, from which picture (key), its row and vector."""

    person: str
    model: str
    key: str
    row: Face
    vector: np.ndarray


class Enrolment:
    """One run: send every picture to the workers, gather their embeddings, extend the gallery."""

    def __init__(
        self, settings: Settings, bucket: Bucket, files: GalleryFiles, send: SendTask
    ) -> None:
        self._settings = settings
        self._bucket = bucket
        self._files = files
        self.run: EmbeddingRun[LabelledPicture] = EmbeddingRun(bucket, send)
        self.summary = EnrolmentSummary()

    def submit(self, picture: LabelledPicture) -> None:
        """Send one picture to the workers; one that can't be used is left out with its reason."""
        try:
            upload = checked_upload(picture.path.name, picture.path.read_bytes(), self._settings)
        except UploadRefused as refusal:
            self._leave_out(picture, refusal.sentence)
            return
        self.run.submit(upload, picture)

    def conclude(self) -> EnrolmentSummary:
        """Write the finished pictures' embeddings into the gallery, keep the faces' cut-outs, and
        forget the pictures."""
        usable = list(self._usable())
        for model in dict.fromkeys(one.model for one in usable):
            self._extend([one for one in usable if one.model == model], model)
        self.run.forget()
        return self.summary

    def _usable(self) -> Iterator[_FoundFace]:
        """The largest face of each picture that can become an example."""
        for picture, job in self.run.results():
            if face := self._largest_face(job, picture):
                yield _FoundFace(
                    person=picture.person,
                    model=job.model,
                    key=job.input_key,
                    row=face,
                    vector=np.frombuffer(bytes(face.embedding or b""), dtype="<f4"),
                )

    def _extend(self, faces: Sequence[_FoundFace], model: str) -> None:
        people: dict[str, list[np.ndarray]] = defaultdict(list)
        for face in faces:
            people[face.person].append(face.vector)
        with lease(GALLERY):
            gallery = add_examples(self._files, model, people)
            copy_people(self._files)
        self.summary.gallery = gallery
        self.summary.enrolled |= {person: len(vectors) for person, vectors in people.items()}
        ids = {person.name: person.id for person in gallery.people.values()}
        for face in faces:
            content, example = self._bucket.get(face.key), example_id(face.vector)
            example_pictures.keep(self._bucket, content, face.row.box, ids[face.person], example)
            note_person(face.row, ids[face.person])

    def _largest_face(self, job: Job, picture: LabelledPicture) -> Face | None:
        """The face that is the person, or None when the picture is left out."""
        if job.state != messages.SUCCEEDED:
            self._leave_out(picture, job.error or "no answer came in time")
            return None
        faces = list(job.faces.all())
        if not faces:
            self._leave_out(picture, "no face was found")
            return None
        if reason := faces[0].left_out:
            self._leave_out(picture, f"the face is {reason}")
            return None
        return faces[0]

    def _leave_out(self, picture: LabelledPicture, reason: str) -> None:
        self.summary.left_out[str(picture.path)] = reason
