"""The list of people in the database, for the admin: a copy of what the gallery says."""

from __future__ import annotations

from django.db import transaction

from faceweb.models import Subject
from recognition.gallery import Gallery, GalleryFiles, Person


def refresh_subject_list(files: GalleryFiles) -> None:
    """Read the list anew if the gallery has changed. Raises GalleryError, botocore's errors."""
    version = files.version() or ""
    if _is_current(version):
        return
    gallery = Gallery.open(files)
    people = list(gallery.people.values()) if gallery else []
    with transaction.atomic():
        # Names are unique, and two people may have swapped theirs: old rows go first.
        Subject.objects.all().delete()
        Subject.objects.bulk_create([_row(person, version) for person in people], batch_size=500)


def _is_current(version: str) -> bool:
    if not version:
        return not Subject.objects.exists()
    known = Subject.objects.values_list("gallery_version", flat=True).first()
    return known == version


def _row(person: Person, version: str) -> Subject:
    return Subject(
        person_id=person.id, name=person.name, examples=person.examples, gallery_version=version
    )
