"""The people of the gallery, for API and pages: list, rename, merge, erase, and their examples.

Every change holds the gallery's lease and leaves an audit entry.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from faceweb import audit
from faceweb.leases import GALLERY, lease
from faceweb.models import ExamplePicture, Job, JobKind
from faceweb.people import example_pictures
from faceweb.people.forgetting import forget_name
from faceweb.pictures import bucket_of
from faceweb.videos.deleting import video_buckets
from faceweb.videos.forgetting import forget_in_videos
from recognition import gallery as galleries
from recognition.errors import GalleryError
from recognition.gallery import Gallery, GalleryFiles, Person
from workers.config import Settings
from workers.errors import ObjectMissing
from workers.storage import Bucket, gallery_bucket, gallery_files, out_bucket


class NoSuchSubject(Exception):
    """Nobody (or no example, or no face) of that id; the text says which."""


class NoUsableFace(Exception):
    """A picture that can't become an example; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One example of a person. `picture` says whether its cut-out face was kept."""

    id: str
    picture: bool


class Subjects:
    """The gallery as API and pages change it, in the name of `actor`."""

    def __init__(self, files: GalleryFiles, bucket: Bucket, settings: Settings, actor: str) -> None:
        self._files = files
        self._bucket = bucket
        self._settings = settings
        self._actor = actor

    def gallery(self) -> Gallery | None:
        return Gallery.open(self._files)

    def all(self) -> list[Person]:
        """Everybody, by name."""
        gallery = self.gallery()
        return sorted(gallery.people.values(), key=lambda p: p.name.lower()) if gallery else []

    def get(self, person_id: str) -> Person:
        """Raises NoSuchSubject."""
        gallery = self.gallery()
        if gallery is None or person_id not in gallery.people:
            raise NoSuchSubject(f"There is no subject {person_id!r}.")
        return gallery.people[person_id]

    def named(self, name: str) -> Person | None:
        """Who has this name, in whatever case."""
        gallery = self.gallery()
        return gallery.person_named(name) if gallery else None

    def examples(self, person_id: str) -> list[Example]:
        """Raises NoSuchSubject."""
        self.get(person_id)
        gallery = self.gallery()
        rows = gallery.examples[person_id] if gallery else ()
        kept = example_pictures.kept_of(person_id)
        ids = [galleries.example_id(row) for row in rows]
        return [Example(id=one, picture=one in kept) for one in ids]

    def picture(self, person_id: str, example_id: str | None = None) -> bytes:
        """The cut-out face of one example, or of the newest. Raises NoSuchSubject."""
        found = ExamplePicture.objects.filter(person_id=person_id)
        row = (found.filter(example_id=example_id) if example_id else found).first()
        if row is None:
            raise NoSuchSubject("No picture of this example was kept.")
        try:
            return self._bucket.get(row.key)
        except ObjectMissing:
            raise NoSuchSubject("The picture of this example is gone from storage.") from None

    def rename(self, person_id: str, name: str) -> Person:
        """Raises NoSuchSubject, GalleryError."""
        with lease(GALLERY):
            person = self.get(person_id)
            galleries.rename_person(self._files, person.name, name)
        audit.record(self._actor, "subject renamed", person_id)
        return self.get(person_id)

    def merge(self, person_id: str, into_id: str) -> Person:
        """Give all examples of one person to another, and remove the first.

        Raises NoSuchSubject, GalleryError.
        """
        if person_id == into_id:
            raise GalleryError("a person can't be merged into themselves")
        with lease(GALLERY):
            source, target = self.get(person_id), self.get(into_id)
            gallery = self.gallery()
            assert gallery is not None  # noqa: S101 - both people are in it
            rows = list(gallery.examples[person_id])
            galleries.add_examples(self._files, gallery.model, {target.name: rows})
            galleries.remove_person(self._files, source.name)
        example_pictures.move(person_id, into_id)
        audit.record(self._actor, "subjects merged", into_id, merged=person_id)
        return self.get(into_id)

    def learn(self, job: Job, face_number: int, name: str) -> Person:
        """Make a face of a finished job an example of the person `name`, who may be new.

        Raises NoUsableFace, GalleryError.
        """
        face = _face_with_embedding(job, face_number)
        vector = np.frombuffer(base64.b64decode(face["embedding"]), dtype="<f4")
        with lease(GALLERY):
            galleries.add_examples(self._files, job.model, {name: [vector]})
        person = self.named(name)
        if person is None:
            raise GalleryError(f"{name!r} was removed in the same moment: try again")
        self._keep_picture(job, face["box"], person.id, galleries.example_id(vector))
        _note_name(job, face_number, person.name)
        audit.record(self._actor, "example added", person.id, job=str(job.pk))
        return person

    def _keep_picture(
        self, job: Job, box: Sequence[float], person_id: str, example_id: str
    ) -> None:
        try:
            content = bucket_of(job, self._settings).get(job.input_key)
        except ObjectMissing:
            return
        example_pictures.keep(self._bucket, content, box, person_id, example_id)

    def remove_example(self, person_id: str, example_id: str) -> None:
        """Raises NoSuchSubject, GalleryError."""
        with lease(GALLERY):
            galleries.remove_example(self._files, self.get(person_id).name, example_id)
        of_example = ExamplePicture.objects.filter(person_id=person_id, example_id=example_id)
        example_pictures.delete(self._bucket, of_example)
        audit.record(self._actor, "example removed", person_id, example=example_id)

    def erase(self, person_id: str) -> dict[str, object]:
        """Erase a person everywhere, and return the receipt. Raises NoSuchSubject, GalleryError.

        Gone are: the gallery's entry and embeddings, kept cut-outs, the name in history and
        answers of pictures and of videos, and what was measured of the faces that were answered
        with the name.
        """
        with lease(GALLERY):
            person = self.get(person_id)
            galleries.remove_person(self._files, person.name)
        of_person = ExamplePicture.objects.filter(person_id=person_id)
        pictures = example_pictures.delete(self._bucket, of_person)
        counts = {
            "examples": person.examples,
            "pictures": pictures,
            "jobs": forget_name(person.name, out_bucket(self._settings)),
            "videos": forget_in_videos(person.name, video_buckets(self._settings)),
        }
        entry = audit.record(self._actor, "subject erased", person_id, **counts)
        return {
            "receipt": entry.pk, "subject": person_id, "name": person.name,
            "erased_at": entry.at.isoformat(), **counts,
        }  # fmt: skip


def receipt_in_words(receipt: Mapping[str, object]) -> str:
    """What `Subjects.erase` returned, as a sentence for people."""
    return (
        f"{receipt['name']} was erased: {receipt['examples']} examples, "
        f"{receipt['pictures']} pictures, named in {receipt['jobs']} jobs "
        f"and {receipt['videos']} videos. "
        f"Receipt {receipt['receipt']}, {receipt['erased_at']}."
    )


def subjects(settings: Settings, actor: str) -> Subjects:
    """The configured gallery."""
    return Subjects(gallery_files(settings), gallery_bucket(settings), settings, actor)


def _face_with_embedding(job: Job, number: int) -> dict[str, Any]:
    if not job.faces:
        raise NoUsableFace(job.error or "No face was found in the picture.")
    if not 0 <= number < len(job.faces):
        raise NoUsableFace(f"The picture has {len(job.faces)} faces; there is no face {number}.")
    face: dict[str, Any] = job.faces[number]
    if job.kind == JobKind.EMBED and face.get("left_out"):
        raise NoUsableFace(f"The face is not used: {face['left_out']}.")
    if "embedding" not in face:
        raise NoUsableFace("This face has a name already, or its embedding was erased.")
    return face


def _note_name(job: Job, number: int, name: str) -> None:
    """The history keeps what was answered, and says beside it who it turned out to be."""
    named = {key: value for key, value in job.faces[number].items() if key != "embedding"}
    job.faces[number] = {**named, "named": name}
    job.has_unknown = job.kind == JobKind.RECOGNISE and any("embedding" in f for f in job.faces)
    job.save(update_fields=["faces", "has_unknown"])
