"""Looks up the people of a collection: who they are, their examples and their pictures."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import QuerySet

from faceweb.models import ExamplePicture, Subject
from faceweb.people.examples import example_pictures
from faceweb.people.opened_gallery import opened_gallery
from faceweb.people.people_pages import cover_of
from foundation.aws.storage import Bucket
from foundation.collections import DEFAULT
from foundation.config import Settings
from foundation.errors import ObjectMissing
from recognition.errors import GalleryError
from recognition.gallery.gallery import Gallery, GalleryFiles, Person, example_id as id_of


class NoSuchSubject(Exception):
    """Nobody (or no example, or no face) of that id; the text says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One example of a person. `picture` says whether its cut-out face was kept."""

    id: str
    picture: bool


@dataclass(frozen=True, slots=True)
class SubjectLookup:
    """The people of one collection, as they are now."""

    files: GalleryFiles
    bucket: Bucket
    settings: Settings
    actor: str
    collection: str = DEFAULT

    def gallery(self) -> Gallery | None:
        """The collection's gallery as it is now; None where there is none."""
        return opened_gallery(self.files)

    def get(self, person_id: str) -> Person:
        """Raises NoSuchSubject."""
        return self._with(person_id).people[person_id]

    def _with(self, *person_ids: str) -> Gallery:
        """The gallery, which has these people. Raises NoSuchSubject."""
        gallery = self.gallery()
        for one in person_ids:
            if gallery is None or one not in gallery.people:
                raise NoSuchSubject(f"There is no subject {one!r}.")
        assert gallery is not None  # noqa: S101 - somebody is in it
        return gallery

    def named(self, name: str) -> Person | None:
        """Who has this name, in whatever case."""
        gallery = self.gallery()
        return gallery.person_named(name) if gallery else None

    def _still_named(self, name: str) -> Person:
        """Who just got an example. Raises GalleryError."""
        person = self.named(name)
        if person is None:
            raise GalleryError(f"{name!r} was removed in the same moment: try again")
        return person

    def examples(self, person_id: str) -> list[Example]:
        """Raises NoSuchSubject."""
        rows = self._with(person_id).examples[person_id]
        kept = example_pictures.kept_of(person_id)
        ids = [id_of(row) for row in rows]
        return [Example(id=one, picture=one in kept) for one in ids]

    def picture(self, person_id: str, example_id: str | None = None) -> bytes:
        """The cut-out face of one example, else the cover, else the newest. Raises
        NoSuchSubject."""
        shown = example_id or cover_of(person_id)
        row = self._pictures_of(person_id).filter(example_id=shown).first()
        if row is None:
            raise NoSuchSubject("No picture of this example was kept.")
        try:
            return self.bucket.get(row.key)
        except ObjectMissing:
            raise NoSuchSubject("The picture of this example is gone from storage.") from None

    def _pictures_of(self, person_id: str) -> QuerySet[ExamplePicture]:
        """None of somebody in another collection."""
        here = Subject.objects.filter(pk=person_id, collection=self.collection)
        return ExamplePicture.objects.filter(person_id__in=here.values("pk"))

    def _check_is_here(self, person_id: str) -> None:
        """Raises NoSuchSubject for somebody in another collection."""
        if not self.has_all([person_id]):
            raise NoSuchSubject(f"There is no subject {person_id!r}.")

    def has_all(self, person_ids: Collection[str]) -> bool:
        """Whether none of these people is in another collection."""
        elsewhere = Subject.objects.filter(pk__in=person_ids).exclude(collection=self.collection)
        return not elsewhere.exists()
