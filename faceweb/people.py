"""Enrolment: pictures of people become examples in the gallery, embedded by the workers.

The web tier loads no model, so a picture of an enrolment is a job like any other.
"""

from __future__ import annotations

import base64
import csv
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from django.utils import timezone

from faceweb.leases import GALLERY, lease
from faceweb.models import FINAL_STATES, Job, JobKind
from faceweb.submission import SendTask, enqueue
from faceweb.uploads import Upload, UploadRefused, checked_upload
from recognition.gallery import Gallery, GalleryFiles, add_examples
from workers import messages
from workers.config import Settings
from workers.storage import Bucket

EXTENSIONS = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"}
ENROLMENT_PREFIX = "enrolment/"
WORK_PREFIX = "work/"


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


def store_privately(
    upload: Upload, kind: Any, job_id: uuid.UUID, bucket: Bucket, other: Upload | None = None
) -> Job:
    """Store pictures that nobody else is to find by name, and write their job down."""
    key = f"{ENROLMENT_PREFIX if kind == JobKind.EMBED else WORK_PREFIX}{job_id}"
    other_key = f"{key}-other" if other else ""
    bucket.put(key, upload.content, upload.content_type)
    if other:
        bucket.put(other_key, other.content, other.content_type)
    return Job.objects.create(
        id=job_id,
        kind=kind,
        filename=upload.filename,
        input_key=key,
        other_key=other_key,
        sha256=upload.sha256,
        size_bytes=len(upload.content),
        width=upload.width,
        height=upload.height,
        created_at=timezone.now(),
    )


class Enrolment:
    """One run: send every picture to the workers, gather their embeddings, extend the gallery."""

    def __init__(
        self, settings: Settings, bucket: Bucket, files: GalleryFiles, send: SendTask
    ) -> None:
        self._settings = settings
        self._bucket = bucket
        self._files = files
        self._send = send
        self._people: dict[uuid.UUID, LabelledPicture] = {}
        self.summary = EnrolmentSummary()

    def submit(self, picture: LabelledPicture) -> None:
        """Send one picture to the workers; one that can't be used is left out with its reason."""
        try:
            upload = checked_upload(picture.path.name, picture.path.read_bytes(), self._settings)
        except UploadRefused as refusal:
            self._leave_out(picture, refusal.sentence)
            return
        job = store_privately(upload, JobKind.EMBED, uuid.uuid4(), self._bucket)
        self._people[job.id] = picture
        enqueue(job, self._send)

    def finished(self) -> int:
        """How many of the submitted pictures are done."""
        return sum(
            Job.objects.filter(pk__in=part, state__in=FINAL_STATES).count()
            for part in _parts(list(self._people))
        )

    def conclude(self) -> EnrolmentSummary:
        """Write the finished pictures' embeddings into the gallery, and forget the pictures."""
        embeddings: dict[str, dict[str, list[np.ndarray]]] = defaultdict(lambda: defaultdict(list))
        for part in _parts(list(self._people)):
            for job in Job.objects.filter(pk__in=part):
                picture = self._people[job.id]
                if vector := self._vector_of(job, picture):
                    embeddings[job.model][picture.person].append(np.frombuffer(vector, dtype="<f4"))
                self._forget(job)
        for model, people in embeddings.items():
            with lease(GALLERY):
                self.summary.gallery = add_examples(self._files, model, people)
            for person, vectors in people.items():
                self.summary.enrolled[person] = len(vectors)
        return self.summary

    def abandon(self) -> None:
        """Take the pictures out of storage again, and keep nothing of them."""
        for part in _parts(list(self._people)):
            for job in Job.objects.filter(pk__in=part):
                self._forget(job)

    def _vector_of(self, job: Job, picture: LabelledPicture) -> bytes | None:
        """The largest face's embedding, or None when the picture is left out."""
        if job.state != messages.SUCCEEDED:
            self._leave_out(picture, job.error or "no answer came in time")
            return None
        if not job.faces:
            self._leave_out(picture, "no face was found")
            return None
        largest = job.faces[0]
        if reason := largest.get("left_out"):
            self._leave_out(picture, f"the face is {reason}")
            return None
        return base64.b64decode(largest["embedding"])

    def _forget(self, job: Job) -> None:
        """Take picture and embeddings out again: only the gallery keeps what it needs."""
        self._bucket.delete(job.input_key)
        if job.faces:
            job.faces = [{k: v for k, v in face.items() if k != "embedding"} for face in job.faces]
            job.save(update_fields=["faces"])

    def _leave_out(self, picture: LabelledPicture, reason: str) -> None:
        self.summary.left_out[str(picture.path)] = reason


def _parts(ids: Sequence[uuid.UUID], size: int = 500) -> Iterator[Sequence[uuid.UUID]]:
    """SQLite takes no more than some hundred values in one query."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
