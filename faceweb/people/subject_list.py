"""The people in the database: a copy of what the gallery says, kept current in the same change.

A change of the gallery holds its lease, and calls `copy_people` before letting go. What was
changed by others is copied by the sweep. A person who left the gallery keeps a row: answers about
them still have a name.
"""

from django.db import transaction

from faceweb.models import Bookmark, Collection, Subject
from faceweb.people.erasure.their_names import hash_of
from faceweb.replies.leases import gallery_lease, lease
from foundation.collections import DEFAULT
from recognition.gallery.gallery import Gallery, GalleryFiles, Person

COPIED = "gallery copied"
CHANGING = ("name", "name_key", "examples", "merged_into", "former_names")


def refresh_people(files: GalleryFiles, collection: str = DEFAULT) -> None:
    """Copy the gallery if it has changed. Raises GalleryError, LeaseTaken, botocore's errors."""
    if not _is_current(files, collection):
        with lease(gallery_lease(collection)):
            copy_people(files, collection)


def copy_people(files: GalleryFiles, collection: str = DEFAULT) -> None:
    """Make a collection's rows say what its gallery says. The caller holds the gallery's lease."""
    gallery = Gallery.open(files)
    people = gallery.people if gallery else {}
    rows = {row.pk: row for row in Subject.objects.filter(collection=collection)}
    changed = [
        _row(person, rows.get(person.id), collection)
        for person in people.values()
        if _differs(rows.get(person.id), person)
    ]
    left = [row for row in rows.values() if row.examples and row.pk not in people]
    for row in left:
        row.examples = 0
    version = (gallery.version if gallery else None) or ""
    with transaction.atomic():
        Subject.objects.bulk_create(
            [*changed, *left],
            batch_size=500,
            update_conflicts=True,
            unique_fields=["person_id"],
            update_fields=CHANGING,
        )
        Collection.objects.filter(pk=collection).update(model=gallery.model if gallery else "")
        Bookmark.objects.update_or_create(
            name=_bookmark(collection), defaults={"place": {"version": version}}
        )


def _bookmark(collection: str) -> str:
    return COPIED if collection == DEFAULT else f"{COPIED} {collection}"


def _is_current(files: GalleryFiles, collection: str) -> bool:
    copied = Bookmark.objects.filter(name=_bookmark(collection)).first()
    return copied is not None and copied.place["version"] == (files.version() or "")


def _differs(row: Subject | None, person: Person) -> bool:
    """Who was erased stays erased, whatever a restored gallery says."""
    if row is None:
        return True
    return row.erased_at is None and (row.name, row.examples) != (person.name, person.examples)


def _row(person: Person, was: Subject | None, collection: str) -> Subject:
    """A former name is kept as a hash, so that erasing the person can find it."""
    former = set(was.former_names) if was else set()
    if was and was.name != person.name:
        former.add(hash_of(was.name))
    return Subject(
        former_names=sorted(former),
        person_id=person.id,
        collection_id=collection,
        name=person.name,
        name_key=Subject.key_of(person.name),
        examples=person.examples,
    )


def ids_of(person_id: str) -> list[str]:
    """The ids of a person: theirs, and of everybody who was merged into them."""
    merged = Subject.objects.filter(merged_into=person_id).values_list("pk", flat=True)
    return [person_id, *merged]


def ids_called(name: str, collection: str = DEFAULT) -> list[str]:
    """The ids of everybody in a collection who is called so now, in whatever case."""
    called = Subject.objects.filter(
        collection=collection, name_key=Subject.key_of(name), erased_at=None
    )
    return [one for row in called for one in ids_of(row.pk)]


def enrolled_as(name: str, collection: str = DEFAULT) -> str | None:
    """The id of who is enrolled in a collection under a name, in whatever case."""
    found = Subject.objects.filter(
        collection=collection, name_key=Subject.key_of(name), examples__gt=0
    )
    return found.values_list("pk", flat=True).first()
