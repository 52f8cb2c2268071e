"""Changes the people of the gallery, for API and pages: rename, merge, teach, erase.

Every change holds the gallery's lease and leaves an audit entry.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from faceweb.access import audit
from faceweb.collections.limits import check_room
from faceweb.jobs.pictures import bucket_of
from faceweb.models import Change, Erasure, ExamplePicture, Face, Job, JobKind, Subject
from faceweb.people.correcting import kept_changes, naming
from faceweb.people.correcting.naming import NoUsableFace
from faceweb.people.erasure import running as erasing
from faceweb.people.erasure.places import places_of
from faceweb.people.erasure.running import Receipt, receipt_of
from faceweb.people.examples import example_pictures
from faceweb.people.examples.checking import checked, new_example, sure_faces
from faceweb.people.faces.known_people import ERASED
from faceweb.people.subject_list import copy_people, refresh_people
from faceweb.people.subject_lookup import NoSuchSubject, SubjectLookup
from faceweb.replies.leases import LeaseTaken, gallery_lease, lease
from foundation.aws.storage import gallery_bucket, gallery_files
from foundation.collections import DEFAULT
from foundation.config import Settings
from foundation.errors import ObjectMissing
from recognition.errors import GalleryError
from recognition.gallery import gallery_changes
from recognition.gallery.gallery import Gallery, GalleryFiles, Person, example_id as id_of
from recognition.gallery.names import clean_name
from recognition.types import Embedding

__all__ = ["Learned", "NoSuchSubject", "NoUsableFace", "Subjects", "subjects"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """Who has a new example, its id (empty where nothing was added), and what to warn of."""

    id: str
    name: str
    examples: int
    warnings: tuple[str, ...]
    example: str


@dataclass(frozen=True, slots=True)
class Subjects(SubjectLookup):
    """The gallery as API and pages change it, in the name of `actor`."""

    def refresh_rows(self) -> None:
        """Let the people's rows follow a gallery that others changed, unless it is just being
        changed. Raises GalleryError, botocore's errors."""
        with suppress(LeaseTaken):
            refresh_people(self.files, self.collection)

    @contextmanager
    def changing(self) -> Iterator[GalleryFiles]:
        """Within this the gallery is changed by nobody else, and at its end its copy follows."""
        with lease(gallery_lease(self.collection)):
            yield self.files
            copy_people(self.files, self.collection)

    def rename(self, person_id: str, name: str) -> Person:
        """Raises NoSuchSubject, GalleryError."""
        with self.changing():
            person = self.get(person_id)
            gallery_changes.rename_person(self.files, person.name, name)
        audit.record(self.actor, "subject renamed", person_id)
        return self.get(person_id)

    def merge(self, person_id: str, into_id: str) -> tuple[Person, Change]:
        """Give all examples of one person to another, and remove the first. The change can be
        undone for a day.

        Raises NoSuchSubject, GalleryError.
        """
        if person_id == into_id:
            raise GalleryError("a person can't be merged into themselves")
        with self.changing():
            gallery = self._with(person_id, into_id)
            source, target = gallery.people[person_id], gallery.people[into_id]
            rows = list(gallery.examples[person_id])
            had = {id_of(row) for row in gallery.examples[into_id]}
            change = kept_changes.note_merge(
                person_id, into_id, gallery.model, rows, had, self.actor
            )
            gallery_changes.add_examples(self.files, gallery.model, {target.name: rows})
            gallery_changes.remove_person(self.files, source.name)
            naming.note_merged(person_id, into_id)
        example_pictures.move(person_id, into_id)
        audit.record(self.actor, "subjects merged", into_id, merged=person_id)
        return self.get(into_id), change

    def learn(
        self, job: Job, face_number: int, name: str, *, only_one_face: bool = False
    ) -> Learned:
        """Make a face of a finished job an example of the person `name`, who may be new.

        `only_one_face` refuses pictures of several. Raises NoUsableFace, GalleryError.
        """
        face = naming.face_to_name(job, face_number)
        faces = sure_faces(job.faces.all())
        if only_one_face and faces > 1:
            raise NoUsableFace(
                f"The picture shows {faces} faces, and only one of one face was asked for."
            )
        # On a page somebody chose the face. Of a picture that was sent it is the picture's own.
        learned = self.teach(job, face, name, faces if job.kind == JobKind.EMBED else 1)
        naming.note_person(face, learned.id)
        return learned

    def teach(self, job: Job, face: Face, name: str, faces: int = 1) -> Learned:
        """Make a face with its embedding an example, and leave its row as it is. `faces` is how
        many faces the example may be taken for. Raises NoUsableFace, GalleryError."""
        source = job.filename or "the picture"
        with self.changing():
            gallery = self.gallery()
            _check_model(gallery, job.model)
            check_room(self.collection, gallery, int(self.named(name) is None), 1)
            new = new_example(face, clean_name(name), source, job.sha256, faces, gallery)
            learnt = checked([new], gallery, job.model)
            if learnt.examples:
                gallery_changes.add_examples(self.files, job.model, {name: [new.embedding]})
        person = self._still_named(name)
        example = id_of(new.embedding) if learnt.examples else ""
        if example:
            self._keep_picture(job, face.box, person.id, example)
        audit.record(self.actor, "example added", person.id, job=str(job.pk))
        warnings = tuple(note.text for note in (*learnt.twice, *learnt.warnings))
        return Learned(
            id=person.id,
            name=person.name,
            examples=person.examples,
            warnings=warnings,
            example=example,
        )

    def _keep_picture(
        self, job: Job, box: Sequence[float], person_id: str, example_id: str
    ) -> None:
        try:
            content = bucket_of(job, self.settings).get(job.input_key)
        except ObjectMissing:
            return
        example_pictures.keep(self.bucket, content, box, person_id, example_id, self.collection)

    def set_cover(self, person_id: str, example_id: str) -> None:
        """Show this example where the person is listed. Raises NoSuchSubject."""
        if not self._pictures_of(person_id).filter(example_id=example_id).exists():
            raise NoSuchSubject("No picture of this example was kept.")
        Subject.objects.filter(pk=person_id).update(cover=example_id)
        audit.record(self.actor, "cover chosen", person_id, example=example_id)

    def remove_example(self, person_id: str, example_id: str) -> Change:
        """The change can be undone for a day. Raises NoSuchSubject, GalleryError."""
        with self.changing():
            gallery = self._with(person_id)
            rows = {id_of(one): one for one in gallery.examples[person_id]}
            gallery_changes.remove_example(self.files, gallery.people[person_id].name, example_id)
            row, picture = rows[example_id], None
            with suppress(NoSuchSubject):
                picture = self.picture(person_id, example_id)
            change = kept_changes.note_removal(
                person_id, example_id, gallery.model, row, picture, self.actor
            )
        of_example = ExamplePicture.objects.filter(person_id=person_id, example_id=example_id)
        example_pictures.delete(self.bucket, of_example)
        audit.record(self.actor, "example removed", person_id, example=example_id)
        return change

    def give_back(self, person_id: str, rows: Sequence[Embedding], model: str) -> Person:
        """Undo: the person has these examples again. Who has left comes back under their name,
        with a new id that the old one leads to. Raises GalleryError."""
        name = Subject.objects.filter(pk=person_id).values_list("name", flat=True).first()
        if not name:
            raise GalleryError("nobody knows any more what they were called: add them again")
        with self.changing():
            gallery = self.gallery()
            here = gallery.people.get(person_id) if gallery else None
            if here is None and self.named(name) is not None:
                raise GalleryError(f"{name!r} is somebody else's name now: rename them first")
            gallery_changes.add_examples(self.files, model, {here.name if here else name: rows})
        person = self._still_named(here.name if here else name)
        if here is None:
            naming.note_merged(person_id, person.id)
        return person

    def erase(self, person_id: str, with_pictures: bool = False) -> Receipt:
        """Erase a person everywhere, however long it takes. Raises as `erase_until` does."""
        receipt = self.erase_until(math.inf, person_id, with_pictures)
        assert receipt is not None  # noqa: S101 - it never goes on later
        return receipt

    def erase_until(
        self, until: float, person_id: str, with_pictures: bool = False
    ) -> Receipt | None:
        """Erase a person everywhere, and return the receipt. Raises NoSuchSubject.

        None where it is not done at `until` (by `time.monotonic`): it goes on by itself. Where
        storage or database stop it, that is raised, and it goes on by itself, too; asked again, it
        goes on at once. `with_pictures` deletes pictures and videos of them, too.
        """
        places = places_of(self.settings)
        self._check_is_here(person_id)
        try:
            erasure = erasing.begin(person_id, self.actor, with_pictures, places)
        except erasing.NobodyToErase as nobody:
            raise NoSuchSubject(str(nobody)) from None
        name = erasure.names[0] if erasure.names else ERASED
        if erasure.receipt is None and not erasing.go_on(erasure, places, until):
            return None
        return receipt_of(erasure, name)

    def receipt(self, person_id: str) -> Receipt | None:
        """The receipt of somebody who was erased; None while that goes on. Raises NoSuchSubject."""
        self._check_is_here(person_id)
        erasure = Erasure.objects.filter(person_id=person_id).first()
        if erasure is None:
            raise NoSuchSubject(f"Nobody was asked to erase {person_id!r}.")
        return receipt_of(erasure, ERASED) if erasure.receipt else None


def _check_model(gallery: Gallery | None, model: str) -> None:
    """Raises NoUsableFace for a face that another model saw."""
    if gallery is not None and gallery.people and gallery.model != model:
        raise NoUsableFace(
            f"This face was seen with the model {model}, and the gallery is of "
            f"{gallery.model} now: send the picture again."
        )


def subjects(settings: Settings, actor: str, collection: str = DEFAULT) -> Subjects:
    """A collection's people."""
    files = gallery_files(settings, collection)
    return Subjects(files, gallery_bucket(settings), settings, actor, collection)
